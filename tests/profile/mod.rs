//! Reading and editing the profile.

mod written;

use crate::support::{Account, Call, Database, address, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

both_databases! {
    async fn an_edit_changes_what_it_names_and_nothing_else(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        let before = http.ok("profile.get", json!({})).await;
        let edit = json!({ "company_name": " Lärche & Co ", "phone": "+49 (151) 2345-67.89" });
        let after = http.ok("profile.update", edit).await;
        assert_eq!((&after["company_name"], &after["phone"]), (&json!("Lärche & Co"), &json!("+4915123456789")));
        assert_eq!(after["is_business_customer"], true);
        for kept in ["id", "email", "first_name", "last_name", "locale", "pending_email", "created_at"] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        assert_eq!(after["email"], person.email);
        assert_eq!(after["revision"], 2, "the account's revision at the change");
        assert_eq!(http.ok("profile.get", json!({})).await, after);

        let all = json!({ "first_name": "Zoe\u{308}", "last_name": "O’Neill", "company_name": null, "phone": "  ", "locale": "sq" });
        let last = http.ok("profile.update", all).await;
        assert_eq!((&last["first_name"], &last["last_name"]), (&json!("Zoë"), &json!("O’Neill")));
        assert_eq!((&last["company_name"], &last["phone"]), (&Value::Null, &Value::Null));
        assert_eq!((&last["locale"], &last["is_business_customer"]), (&json!("sq"), &json!(false)));
        assert_eq!(last["revision"], 3);
    }

    async fn an_edit_without_effect_adds_no_event_and_no_revision(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let profile = tab.ok("profile.get", json!({})).await;
        for same in [json!({}), json!({ "first_name": " Ann " }), json!({ "company_name": null, "phone": "" })] {
            assert_eq!(tab.ok("profile.update", same).await, profile);
        }
        let changed = tab.ok("profile.update", json!({ "first_name": "Anne" })).await;
        assert_eq!(changed["revision"], account.revision + 1);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.profile, changed);
    }

    async fn every_tab_gets_an_edit_and_its_author(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (writer, same) = (session.tab(&node).await, session.tab(&node).await);
        let other = person.sign_in(&node).await.tab(&node).await;
        for tab in [&writer, &same, &other] {
            tab.snapshot().await;
        }
        let profile = writer.ok("profile.update", json!({ "last_name": "Larch" })).await;
        for tab in [&writer, &same, &other] {
            let event = tab.next_of("profile.changed").await;
            assert_eq!((&event["data"], &event["session_id"]), (&profile, &json!(session.id)));
            assert_eq!(event["revision"], profile["revision"]);
        }
    }

    async fn each_faulty_field_is_reported(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let faulty = json!({
            "first_name": "",
            "last_name": "x".repeat(101),
            "company_name": "x".repeat(101),
            "phone": "+49 151 call me",
            "is_business_customer": true,
            "expected_revision": "1",
        });
        http.invalid(
            &[
                ("first_name", &["too_short"]),
                ("last_name", &["too_long"]),
                ("company_name", &["too_long"]),
                ("phone", &["format"]),
                ("is_business_customer", &["unknown"]),
                ("expected_revision", &["type"]),
            ],
            "profile.update",
            faulty,
        )
        .await;
        http.invalid(&[("first_name", &["control_characters"])], "profile.update", json!({ "first_name": "A\u{7}nn" })).await;
        for locale in [json!("fr"), json!(5), json!(null)] {
            let error = http.refused("invalid_params", "profile.update", json!({ "locale": locale })).await;
            assert_eq!(error.rules().into_keys().collect::<Vec<_>>(), ["locale"]);
        }
        let longest = json!({ "first_name": "🦀".repeat(100), "company_name": "é".repeat(100) });
        http.ok("profile.update", longest).await;
    }

    async fn the_email_address_cannot_be_edited_here(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        let params = json!({ "email": "other@example.test", "first_name": "Anne" });
        let error = http.refused("invalid_params", "profile.update", params).await;
        assert_eq!(error.rules().into_keys().collect::<Vec<_>>(), ["email"]);
        let message = error.data["fields"]["email"][0]["message"].as_str().unwrap();
        assert!(message.contains("profile.request_email_change"), "{message}");
        let profile = http.ok("profile.get", json!({})).await;
        assert_eq!((&profile["email"], &profile["first_name"]), (&json!(person.email), &json!("Ann")));
    }

    async fn an_edit_of_a_stale_revision_is_refused(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let seen = http.ok("profile.get", json!({})).await["revision"].clone();
        // Changes of other objects do not count for this one.
        http.ok("addresses.create", address("Home")).await;
        let edit = |name: &str| json!({ "first_name": name, "expected_revision": seen });
        let present = http.ok("profile.update", edit("Anne")).await;
        let error = http.refused("stale_revision", "profile.update", edit("Anna")).await;
        assert_eq!(error.data["current"], present);
        let edit = json!({ "first_name": "Anna", "expected_revision": present["revision"] });
        assert_eq!(http.ok("profile.update", edit).await["first_name"], "Anna");
    }

    async fn one_of_many_editors_of_one_revision_wins(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let seen = account.profile["revision"].clone();
        let edits = (0..12).map(|i| {
            let (http, seen) = (session.http(&node), seen.clone());
            async move { http.call("profile.update", json!({ "first_name": format!("Ann {i}"), "expected_revision": seen })).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(edits).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 11));
        let winner = won[0].clone().unwrap();
        for error in lost.into_iter().map(Result::unwrap_err) {
            assert_eq!((error.kind.as_str(), &error.data["current"]), ("stale_revision", &winner));
        }
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.profile, winner);
    }

    async fn a_profile_is_only_its_owners(database: Database) {
        let (node, ann, anns) = somebody(database).await;
        let (bob, bobs) = node.signed_in("bob").await;
        bobs.http(&node).ok("profile.update", json!({ "first_name": "Bob" })).await;
        let profile = anns.http(&node).ok("profile.get", json!({})).await;
        assert_eq!((&profile["email"], &profile["first_name"]), (&json!(ann.email), &json!("Ann")));
        assert_eq!(bobs.http(&node).ok("profile.get", json!({})).await["email"], bob.email);
        for method in ["profile.get", "profile.update"] {
            let error = node.http().refused("unauthenticated", method, json!({})).await;
            assert_eq!(error.data["reason"], "missing");
        }
    }
}
