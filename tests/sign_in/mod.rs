//! Signing in, refreshing, the limit of sessions.

mod breached_passwords;
mod change_password;
mod devices;
mod email_change;
mod enumeration;
mod every_public_method;
mod guesses;
mod invitations;
mod passkeys;
mod password_reset;
mod proof;
mod providers;
mod second_factor;
mod security_log;
mod sign_up;
mod sign_up_handle;
mod sign_up_policy;
mod standing;
mod totp;
mod written;

use crate::support::{Account, Call, Database, Node, Session, another_email, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Milliseconds between two times of the wire.
fn millis_between(earlier: &Value, later: &Value) -> i64 {
    let at = |time: &Value| {
        let time = time.as_str().expect("a time");
        chrono::DateTime::parse_from_rfc3339(time).expect("RFC 3339").timestamp_millis()
    };
    at(later) - at(earlier)
}

async fn refuse_refresh(node: &Node, token: &str) -> (String, Value) {
    let error = node.http().call("auth.refresh", json!({ "refresh_token": token })).await.expect_err("refused");
    (error.kind, error.data["reason"].clone())
}

fn ended(reason: &str) -> (String, Value) {
    ("session_ended".into(), reason.into())
}

both_databases! {
    async fn a_sign_in_opens_a_session_with_its_tokens(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let session = person.sign_in_on(&node, "Ann's telephone").await;
        let entry = &session.sign_in["session"];
        assert_eq!(entry["device_name"], "Ann's telephone");
        assert_eq!((&entry["current"], &entry["ip"]), (&json!(true), &json!("127.0.0.1")));
        assert_eq!(session.sign_in["profile"]["email"], person.email);
        let created = &entry["created_at"];
        let minutes = millis_between(created, &session.sign_in["access_expires_at"]) as f64 / 60_000.0;
        assert!((9.9..10.1).contains(&minutes), "{minutes} minutes");
        let days = millis_between(created, &session.sign_in["refresh_expires_at"]) as f64 / 86_400_000.0;
        assert!((27.9..90.1).contains(&days), "{days} days");
        let secret = session.refresh_token.trim_end_matches('=');
        assert!(secret.len() >= 43, "256 unguessable bits do not fit into {secret}");
        session.http(&node).ok("session.current", json!({})).await;
    }

    async fn a_session_records_its_client(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let mut post = node.http().post().header("user-agent", "x".repeat(300));
        post = post.json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": person.credentials() }));
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["result"]["session"]["user_agent"], "x".repeat(255), "cut at 255");
        let mut credentials = person.credentials();
        credentials["device_name"] = "d".repeat(101).into();
        node.http().invalid(&[("device_name", &["too_long"])], "auth.login", credentials).await;
    }

    async fn a_wrong_address_and_a_wrong_password_are_one_error(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let wrong = |email: &str, password: &str| {
            let (http, params) = (node.http(), json!({ "email": email, "password": password }));
            async move { http.refused("invalid_credentials", "auth.login", params).await }
        };
        let of_the_password = wrong(&person.email, "some other larches").await;
        let of_the_address = wrong(&another_email("nobody"), &person.password).await;
        assert_eq!(of_the_password, of_the_address);
    }

    async fn a_registration_is_revealed_to_nobody(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        let pending = node.unverified("ann").await;
        let right = http.refused("invalid_credentials", "auth.login", pending.credentials()).await;
        let guess = json!({ "email": pending.email, "password": "some other larches" });
        assert_eq!(http.refused("invalid_credentials", "auth.login", guess).await, right);
    }

    async fn a_sign_in_over_a_socket_does_not_bind_it(database: Database) {
        let (node, person, _) = somebody(database).await;
        let ws = node.ws().await;
        let session = Session::from_wire(ws.ok("auth.login", person.credentials()).await);
        let error = ws.refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "missing");
        ws.ok("session.authenticate", json!({ "access_token": session.access_token })).await;
        ws.ok("profile.get", json!({})).await;
    }

    async fn a_refresh_gives_a_new_pair_for_the_same_session(database: Database) {
        let (node, _, first) = somebody(database).await;
        let second = first.refreshed(&node).await;
        assert_ne!(second.refresh_token, first.refresh_token);
        let third = second.refreshed(&node).await;
        assert_ne!(third.refresh_token, second.refresh_token);
        for session in [&first, &second, &third] {
            let current = session.http(&node).ok("session.current", json!({})).await;
            assert_eq!(current["session"]["id"], first.id, "each access token is valid until its own expiry");
        }
        let sessions = third.http(&node).ok("session.list", json!({})).await;
        assert_eq!(sessions.as_array().map(Vec::len), Some(1));
    }

    async fn racing_tabs_get_the_same_successor(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tabs = (0..20).map(|_| session.refreshed(&node));
        let successors: BTreeSet<String> = join_all(tabs).await.into_iter().map(|s| s.refresh_token).collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        assert!(!successors.contains(&session.refresh_token));
        // A lost answer is requested again, and both callers continue from it.
        let again = session.refreshed(&node).await;
        assert!(successors.contains(&again.refresh_token));
        again.refreshed(&node).await.refreshed(&node).await.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_superseded_refresh_token_ends_the_session(database: Database) {
        let (node, person, first) = somebody(database).await;
        let bystander = person.sign_in(&node).await;
        let bystanders_tab = bystander.tab(&node).await;
        let mut account = Account::of(&bystanders_tab).await;
        let tab = first.tab(&node).await;
        tab.snapshot().await;
        let second = first.refreshed(&node).await;
        let third = second.refreshed(&node).await;

        let stolen = refuse_refresh(&node, &first.refresh_token).await;
        assert_eq!(stolen, ended("refresh_token_reuse"));
        assert_eq!(tab.revoked("refresh_token_reuse").await, Vec::<Value>::new());
        for token in [&first.refresh_token, &second.refresh_token, &third.refresh_token] {
            assert_eq!(refuse_refresh(&node, token).await, ended("refresh_token_reuse"));
        }
        let error = third.http(&node).refused("session_ended", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "refresh_token_reuse");

        let event = bystanders_tab.next_of("sessions.changed").await;
        let expected = json!([{ "session_id": first.id, "reason": "refresh_token_reuse" }]);
        assert_eq!(event["data"], json!({ "opened": null, "ended": expected }));
        account.apply(&event);
        account.assert_equals_get(&bystanders_tab, &bystanders_tab).await;
    }

    async fn an_invalid_refresh_token_is_unauthenticated(database: Database) {
        let (node, _, session) = somebody(database).await;
        let token = &session.refresh_token;
        let middle = token.len() / 2;
        let flipped = format!("{}{}{}", &token[..middle], if &token[middle..=middle] == "A" { "B" } else { "A" }, &token[middle + 1..]);
        let forged = [
            flipped,
            token[..token.len() - 2].to_owned(),
            format!("{token}A"),
            token.chars().rev().collect(),
            session.access_token.clone(),
            "garbage".into(),
            "\u{1F980}".repeat(50),
            "A".repeat(4000),
        ];
        for forged in forged {
            assert_eq!(refuse_refresh(&node, &forged).await, ("unauthenticated".into(), "invalid".into()), "{forged}");
        }
        node.http().invalid(&[("refresh_token", &["required"])], "auth.refresh", json!({})).await;
        session.refreshed(&node).await; // and no guess did any harm
    }

    async fn the_tokens_of_an_ended_session_give_the_reason(database: Database) {
        let (node, _, session) = somebody(database).await;
        session.http(&node).ok("auth.logout", json!({})).await;
        assert_eq!(refuse_refresh(&node, &session.refresh_token).await, ended("logout"));
        let error = session.http(&node).refused("session_ended", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "logout");
    }

    async fn beyond_the_limit_the_oldest_session_ends(database: Database) {
        let node = Node::on(database).set("LIMITS__SESSIONS_PER_USER", 3).start().await;
        let (person, oldest) = node.signed_in("ann").await;
        let second = person.sign_in(&node).await;
        let third = person.sign_in(&node).await;
        let (oldest_tab, tab) = (oldest.tab(&node).await, second.tab(&node).await);
        oldest_tab.snapshot().await;
        let mut account = Account::of(&tab).await;

        let fourth = person.sign_in(&node).await;
        assert_eq!(oldest_tab.revoked("session_limit").await, Vec::<Value>::new());
        let event = tab.next_of("sessions.changed").await;
        assert_eq!(event["data"]["opened"]["id"], fourth.id);
        assert_eq!(event["data"]["ended"], json!([{ "session_id": oldest.id, "reason": "session_limit" }]));
        account.apply(&event);
        account.assert_equals_get(&tab, &tab).await;
        let ids: Vec<String> = account.sessions.into_keys().collect();
        assert_eq!(ids, BTreeSet::from([second.id, third.id, fourth.id]).into_iter().collect::<Vec<_>>());
        let error = oldest.http(&node).refused("session_ended", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "session_limit");
    }

    async fn racing_sign_ins_stay_within_the_limit(database: Database) {
        let node = Node::on(database).set("LIMITS__SESSIONS_PER_USER", 4).start().await;
        let (person, _) = node.signed_in("ann").await;
        let sessions = join_all((0..12).map(|_| person.sign_in(&node))).await;
        let mut alive = 0;
        for session in &sessions {
            match session.http(&node).call("session.list", json!({})).await {
                Ok(list) => {
                    alive += 1;
                    assert_eq!(list.as_array().map(Vec::len), Some(4));
                }
                Err(error) => assert_eq!((error.kind.as_str(), &error.data["reason"]), ("session_ended", &json!("session_limit"))),
            }
        }
        assert_eq!(alive, 4);
    }

    async fn an_access_token_expires_while_its_tabs_stay_connected(database: Database) {
        let node = Node::on(database).set("LIFETIMES__ACCESS_TOKEN", "3s").start().await;
        let (_, session) = node.signed_in("ann").await;
        let tab = session.tab(&node).await;
        let error = crate::support::eventually("the token's end", || async {
            session.http(&node).call("profile.get", json!({})).await.err()
        })
        .await;
        assert_eq!((error.kind.as_str(), &error.data["reason"]), ("unauthenticated", &json!("expired")));
        tab.ok("profile.get", json!({})).await;
        let bearer = format!("Bearer {}", session.access_token);
        assert_eq!(node.refused_handshake(&[("authorization", &bearer)]).await, 401);
        session.refreshed(&node).await.http(&node).ok("profile.get", json!({})).await;
    }
}
