//! The event feed over a subscription: the snapshot, the order, resuming, what is forbidden.

mod changes;
mod crash;
mod off_the_shelf_client;
pub mod racing_writers;
mod slow_readers;

use crate::support::{Account, Call, Database, address, both_databases, somebody};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// An id that does not exist.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

both_databases! {
    async fn the_snapshot_comes_first_then_every_change_in_order(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        http.ok("addresses.create", address("Home")).await;
        let tab = session.tab(&node).await;
        let subscription = tab.subscribe(None, None).await;
        let snapshot = tab.next_of("snapshot").await;
        let state = http.ok("account.get", json!({})).await;
        assert_eq!((&snapshot["revision"], &state["revision"]), (&json!(2), &json!(2)));
        for part in ["epoch", "profile", "addresses"] {
            assert_eq!(snapshot["data"][part], state[part], "{part}");
        }
        assert_eq!(snapshot["data"]["sessions"][0]["id"], session.id);
        assert_eq!(snapshot["session_id"], Value::Null);

        let mut account = Account::from_snapshot(&snapshot);
        http.ok("profile.update", json!({ "first_name": "Anne" })).await;
        http.ok("addresses.create", address("Work")).await;
        http.ok("profile.update", json!({ "first_name": "Anna" })).await;
        for kind in ["profile.changed", "addresses.changed", "profile.changed"] {
            account.apply(&tab.next_of(kind).await);
        }
        account.assert_equals_get(&tab, &http).await;
        assert_eq!(tab.subscriptions(), [subscription]);
    }

    async fn a_new_session_is_an_event(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let second = person.sign_in_on(&node, "telephone").await;
        let event = tab.next_of("sessions.changed").await;
        assert_eq!(event["data"]["opened"]["id"], second.id);
        assert_eq!(event["data"]["opened"]["device_name"], "telephone");
        assert_eq!(event["data"]["ended"], json!([]));
        account.apply(&event);
        account.assert_equals_get(&tab, &tab).await;
    }

    async fn a_subscriber_resumes_at_its_revision(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        drop(tab);
        let home = http.ok("addresses.create", address("Home")).await;
        let work = http.ok("addresses.create", address("Work")).await;
        http.ok("addresses.delete", json!({ "address_id": home["id"] })).await;
        http.ok("profile.update", json!({ "locale": "de" })).await;
        let second = person.sign_in(&node).await;
        second.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;

        let again = session.tab(&node).await;
        again.subscribe(Some(account.revision), Some(&account.epoch)).await;
        let missed = ["addresses.changed", "addresses.changed", "addresses.changed", "profile.changed", "sessions.changed", "sessions.changed"];
        for kind in missed {
            account.apply(&again.next_of(kind).await);
        }
        http.ok("addresses.update", json!({ "address_id": work["id"], "city": "Fulda" })).await;
        account.apply(&again.next_of("addresses.changed").await);
        account.assert_equals_get(&again, &http).await;

        // A client that knows no epoch resumes as well, from the beginning of the log if it likes.
        let from_the_start = session.tab(&node).await;
        from_the_start.subscribe(Some(0), None).await;
        for revision in 1..=account.revision {
            assert_eq!(from_the_start.next_event().await["revision"], revision);
        }
    }

    async fn a_subscriber_that_is_up_to_date_gets_the_next_change_first(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let state = tab.ok("account.get", json!({})).await;
        tab.subscribe(state["revision"].as_i64(), state["epoch"].as_str()).await;
        tab.ok("profile.update", json!({ "first_name": "Anne" })).await;
        let event = tab.next_of("profile.changed").await;
        assert_eq!(event["revision"], state["revision"].as_i64().unwrap() + 1);
    }

    async fn a_revision_of_the_future_or_another_epoch_gets_a_snapshot(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        http.ok("profile.update", json!({ "first_name": "Anne" })).await;
        let state = http.ok("account.get", json!({})).await;
        let (revision, epoch) = (state["revision"].as_i64().unwrap(), state["epoch"].as_str().unwrap());
        for (since, epoch) in [(revision + 1, None), (i64::MAX, Some(epoch)), (revision, Some(NOBODY)), (0, Some(NOBODY))] {
            let tab = session.tab(&node).await;
            tab.subscribe(Some(since), epoch).await;
            let mut account = Account::from_snapshot(&tab.next_of("snapshot").await);
            account.assert_equals_get(&tab, &http).await;
        }
    }

    async fn faulty_parameters_are_reported(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        tab.invalid(&[("since", &["out_of_range"])], "account.subscribe", json!({ "since": -1 })).await;
        tab.invalid(&[("since", &["type"])], "account.subscribe", json!({ "since": "1" })).await;
        tab.invalid(&[("from", &["unknown"])], "account.subscribe", json!({ "from": 1 })).await;
        // A refused subscription does not count: the next one is the first.
        tab.snapshot().await;
    }

    async fn a_connection_has_one_subscription(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        tab.refused("forbidden", "account.subscribe", json!({})).await;
        tab.refused("forbidden", "account.subscribe", json!({ "since": 0 })).await;
        tab.ok("profile.update", json!({ "first_name": "Anne" })).await;
        account.apply(&tab.next_event().await);
        assert_eq!(tab.waiting_events(), Vec::<Value>::new());
        Account::of(&session.tab(&node).await).await;
    }

    async fn subscribing_is_for_sockets_of_a_session_and_not_for_batches(database: Database) {
        let (node, _, session) = somebody(database).await;
        node.ws().await.refused("unauthenticated", "account.subscribe", json!({})).await;
        session.http(&node).refused("forbidden", "account.subscribe", json!({})).await;
        let calls = [("account.subscribe", json!({})), ("profile.get", json!({}))];
        let replies = session.http(&node).batch(&calls).await;
        assert_eq!(replies[0].as_ref().unwrap_err().kind, "forbidden");
        assert!(replies[1].is_ok());

        let tab = session.tab(&node).await;
        let batch = json!([
            { "jsonrpc": "2.0", "id": 1001, "method": "account.subscribe", "params": {} },
            { "jsonrpc": "2.0", "id": 1002, "method": "profile.get" },
        ]);
        tab.send_raw(Message::text(batch.to_string()));
        let answer = tab.next_other().await;
        let by_id = |id: u32| answer.as_array().unwrap().iter().find(|r| r["id"] == id).unwrap();
        assert_eq!(by_id(1001)["error"]["data"]["kind"], "forbidden");
        assert!(by_id(1002)["result"].is_object());
        tab.snapshot().await;
    }

    async fn after_unsubscribing_no_event_comes(database: Database) {
        let (node, _, session) = somebody(database).await;
        let (tab, witness) = (session.tab(&node).await, session.tab(&node).await);
        let subscription = tab.subscribe(None, None).await;
        tab.next_of("snapshot").await;
        witness.snapshot().await;
        assert_eq!(tab.ok("account.unsubscribe", json!({ "subscription": "another" })).await, false);
        assert_eq!(tab.ok("account.unsubscribe", json!({ "subscription": subscription })).await, true);
        assert_eq!(tab.ok("account.unsubscribe", json!({ "subscription": subscription })).await, false);
        tab.ok("profile.update", json!({ "first_name": "Anne" })).await;
        witness.next_of("profile.changed").await;
        tab.ok("profile.get", json!({})).await;
        assert_eq!(tab.waiting_events(), Vec::<Value>::new());
        // The connection is still the session's, and is still closed with it.
        session.http(&node).ok("auth.logout", json!({})).await;
        assert_eq!(tab.closed().await, Vec::<Value>::new());
    }

    async fn nobody_gets_the_events_of_another_user(database: Database) {
        let (node, _, anns) = somebody(database).await;
        let (_, bobs) = node.signed_in("bob").await;
        let (ann, bob) = (anns.tab(&node).await, bobs.tab(&node).await);
        ann.snapshot().await;
        let mut account = Account::of(&bob).await;
        ann.ok("addresses.create", address("Secret lair")).await;
        ann.next_of("addresses.changed").await;
        bob.ok("profile.update", json!({ "first_name": "Bob" })).await;
        account.apply(&bob.next_of("profile.changed").await);
        account.assert_equals_get(&bob, &bob).await;
        let seen = format!("{:?}", bob.transcript());
        assert!(!seen.contains("Secret lair"));
    }

    async fn subscribing_amid_changes_misses_none_and_repeats_none(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let writing = tokio::spawn(async move {
            for i in 0..60 {
                http.ok("profile.update", json!({ "first_name": format!("Ann {i}") })).await;
            }
        });
        let mut tabs = Vec::new();
        for since in [None, Some(0), None, Some(1), None, Some(0), None, None] {
            let tab = session.tab(&node).await;
            let revision = match since {
                None => Account::of(&tab).await.revision,
                Some(since) => {
                    tab.subscribe(Some(since), None).await;
                    since
                }
            };
            tabs.push((tab, revision));
        }
        writing.await.unwrap();
        for (tab, mut revision) in tabs {
            while revision < 61 {
                revision += 1;
                assert_eq!(tab.next_event().await["revision"], revision);
            }
            tab.ok("profile.get", json!({})).await;
            assert_eq!(tab.waiting_events(), Vec::<Value>::new());
        }
    }
}
