//! `account.export`.

use crate::support::{Call, Database, Http, Node, address, both_databases, somebody};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// All pages, joined.
async fn whole(http: &Http) -> Value {
    let mut whole = http.ok("account.export", json!({})).await;
    while whole["more"] == true {
        let page = http.ok("account.export", json!({ "after": whole["cursor"] })).await;
        for list in ["security_events", "letters", "events"] {
            let more = page[list].as_array().expect("a list").clone();
            whole[list].as_array_mut().expect("a list").extend(more);
        }
        whole["more"] = page["more"].clone();
        whole["cursor"] = page["cursor"].clone();
    }
    whole
}

both_databases! {
    async fn all_data_about_the_caller_and_none_about_others(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (bob, bobs) = node.signed_in("bob").await;
        bobs.http(&node).ok("addresses.create", address("Bob's den")).await;
        let ended = person.sign_in_on(&node, "Larchfox").await;
        ended.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        let http = session.http(&node);
        http.ok("addresses.create", address("Home")).await;
        http.ok("totp.begin", json!({})).await;

        session.unproven(&node).await;
        http.refused("proof_required", "account.export", json!({})).await;
        http.ok("session.prove", json!({ "password": person.password })).await;
        let export = whole(&http).await;
        let account = http.ok("account.get", json!({})).await;
        for part in ["profile", "addresses", "sessions", "sign_in_methods"] {
            assert_eq!(export[part], account[part], "{part}");
        }
        assert_eq!(export["ended_sessions"][0]["id"], ended.id);
        assert_eq!(export["ended_sessions"][0]["device_name"], "Larchfox");
        assert_eq!(export["ended_sessions"][0]["reason"], "logout");
        assert_eq!(export["devices"].as_array().map(Vec::len), Some(2));
        let kinds = |list: &str, name: &str| -> BTreeSet<String> {
            let entries = export[list].as_array().expect("a list").iter();
            entries.map(|entry| entry[name].as_str().expect("text").to_owned()).collect()
        };
        assert!(kinds("letters", "kind").contains("verify_email") && kinds("letters", "kind").contains("new_device"));
        assert!(kinds("security_events", "type").contains("session_proven"));
        let events = http.ok("account.changes", json!({ "since": 0 })).await;
        assert_eq!(export["events"], events["events"]);
        let text = export.to_string();
        for other in [bob.email.as_str(), "Bob's den", bobs.id.as_str()] {
            assert!(!text.contains(other), "{other} is in {text}");
        }
        for secret in [session.access_token.as_str(), session.refresh_token.as_str(), "$argon2"] {
            assert!(!text.contains(secret), "{secret}");
        }
        http.invalid(&[("after", &["format"])], "account.export", json!({ "after": "x" })).await;
    }

    async fn long_lists_continue_from_page_to_page(database: Database) {
        let node = Node::on(database).set("LIMITS__WRITES_PER_MINUTE", "10000").start().await;
        let (_, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        for n in 0..210 {
            http.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
        }
        let first = http.ok("account.export", json!({})).await;
        assert_eq!(first["more"], true);
        let export = whole(&http).await;
        let events = export["events"].as_array().expect("a list");
        let revisions: Vec<i64> = events.iter().map(|event| event["revision"].as_i64().expect("a number")).collect();
        assert!(revisions.len() > 210 && revisions.windows(2).all(|two| two[0] + 1 == two[1]), "{revisions:?}");
        let events = export["security_events"].as_array().expect("a list");
        let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
        assert_eq!(ids.len(), events.len(), "each once");
    }
}
