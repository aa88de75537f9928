//! The feed in its pull form: `account.changes`.

use crate::support::{Account, Call, Database, Http, Node, address, both_databases, somebody, soon};
use futures_util::future::join;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An id that does not exist.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Five changes after the sign-in; the account is at revision 6 then.
async fn five_changes(http: &Http) {
    let home = http.ok("addresses.create", address("Home")).await;
    let work = http.ok("addresses.create", address("Work")).await;
    http.ok("profile.update", json!({ "first_name": "Anne" })).await;
    http.ok("addresses.set_primary", json!({ "address_id": work["id"] })).await;
    http.ok("addresses.delete", json!({ "address_id": home["id"] })).await;
}

both_databases! {
    async fn the_log_of_a_user_has_a_limit(database: Database) {
        let node = Node::on(database).set("LIMITS__EVENTS_PER_USER", 5).start().await;
        let (_, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        for n in 0..8 {
            http.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
        }
        // The sign-in is revision 1: nine entries were written, and the last five are kept.
        let page = http.ok("account.changes", json!({ "since": 4 })).await;
        assert_eq!(page["events"].as_array().expect("events").len(), 5);
        let page = http.ok("account.changes", json!({ "since": 3 })).await;
        assert_eq!(page["snapshot_required"], true);
        let tab = session.tab(&node).await;
        tab.subscribe(Some(3), None).await;
        assert_eq!(tab.next_event().await["type"], "snapshot");
    }

    async fn it_gives_the_same_events_as_a_subscription(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let since = account.revision;
        five_changes(&http).await;
        let mut pushed = Vec::new();
        for _ in 0..5 {
            pushed.push(tab.next_event().await);
        }
        let answer = http.ok("account.changes", json!({ "since": since, "epoch": account.epoch })).await;
        assert_eq!(answer["events"], json!(pushed));
        assert_eq!((&answer["revision"], &answer["epoch"]), (&json!(since + 5), &json!(account.epoch)));
        assert_eq!((&answer["more"], &answer["snapshot_required"]), (&json!(false), &json!(false)));
        pushed.iter().for_each(|event| account.apply(event));
        let present = Account::from_state(&http.ok("account.get", json!({})).await);
        assert_eq!(account, present);
        assert_eq!(tab.ok("account.changes", json!({ "since": since })).await, answer);
    }

    async fn pages_follow_each_other_by_revision(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        five_changes(&http).await;
        let whole = http.ok("account.changes", json!({ "since": 0 })).await;
        assert_eq!(whole["events"].as_array().map(Vec::len), Some(6));
        let (mut since, mut collected, mut pages) = (json!(0), Vec::new(), 0);
        loop {
            let page = http.ok("account.changes", json!({ "since": since, "limit": 2 })).await;
            collected.extend(page["events"].as_array().unwrap().clone());
            pages += 1;
            since = page["revision"].clone();
            assert_eq!(collected.last().unwrap()["revision"], since);
            if page["more"] == false {
                break;
            }
        }
        assert_eq!((json!(collected), pages), (whole["events"].clone(), 3));
        let none = http.ok("account.changes", json!({ "since": since })).await;
        assert_eq!((&none["events"], &none["revision"], &none["more"]), (&json!([]), &since, &json!(false)));
    }

    async fn a_page_is_bounded_in_bytes_whatever_its_limit(database: Database) {
        const PAGE: usize = 256 * 1024;
        let node = Node::on(database).set("LIMITS__CALLS_PER_SECOND", 10_000).start().await;
        let (_, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        let home = http.ok("addresses.create", address("Home")).await;
        let crabs = |length: usize| "🦀".repeat(length);
        for n in 0..100 {
            let longest = json!({
                "address_id": home["id"], "label": format!("{n:03}"), "first_name": crabs(100), "last_name": crabs(100),
                "company": crabs(100), "address_line_1": crabs(255), "address_line_2": crabs(255), "city": crabs(100),
                "state": crabs(100), "postal_code": crabs(20), "country": crabs(100),
            });
            http.ok("addresses.update", longest).await;
        }
        let (mut since, mut labels, mut pages) = (json!(2), Vec::new(), 0);
        loop {
            let page = http.ok("account.changes", json!({ "since": since, "limit": 500 })).await;
            let events = page["events"].as_array().expect("events");
            let size = page.to_string().len();
            assert!(size <= PAGE + 8 * 1024 && !events.is_empty(), "{size} bytes, {} events", events.len());
            labels.extend(events.iter().map(|event| event["data"]["upserted"][0]["label"].clone()));
            pages += 1;
            since = page["revision"].clone();
            if page["more"] == false {
                break;
            }
        }
        let expected: Vec<_> = (0..100).map(|n| json!(format!("{n:03}"))).collect();
        assert_eq!((labels, pages), (expected, 2));
    }

    async fn a_snapshot_is_required_where_the_log_does_not_reach_back(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        five_changes(&http).await;
        for params in [json!({ "since": 7 }), json!({ "since": 0, "epoch": NOBODY }), json!({ "since": i64::MAX, "wait_ms": 30000 })] {
            let answer = soon("an answer without waiting", http.ok("account.changes", params)).await;
            assert_eq!((&answer["snapshot_required"], &answer["events"]), (&json!(true), &json!([])));
            assert_eq!(answer["more"], false);
        }
    }

    async fn faulty_parameters_are_reported(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        http.invalid(&[("since", &["required"])], "account.changes", json!({})).await;
        for (name, value) in [("since", -1), ("limit", 0), ("limit", 501), ("wait_ms", -1), ("wait_ms", 30_001)] {
            let mut params = json!({ "since": 0 });
            params[name] = value.into();
            http.invalid(&[(name, &["out_of_range"])], "account.changes", params).await;
        }
        http.ok("account.changes", json!({ "since": 0, "limit": 500 })).await;
        let error = node.http().refused("unauthenticated", "account.changes", json!({ "since": 0 })).await;
        assert_eq!(error.data["reason"], "missing");
    }

    async fn a_wait_ends_with_the_next_event(database: Database) {
        let (node, _, session) = somebody(database).await;
        let (http, tab) = (session.http(&node), session.tab(&node).await);
        let since = http.ok("account.get", json!({})).await["revision"].clone();
        for round in 0..10 {
            let since = since.as_i64().unwrap() + round;
            let wait = json!({ "since": since, "wait_ms": 30_000 });
            let name = format!("Ann {round}");
            let waiting = join(http.ok("account.changes", wait.clone()), tab.ok("account.changes", wait));
            let writing = http.ok("profile.update", json!({ "first_name": name }));
            let ((by_http, by_socket), profile) = soon("the waits to end", join(waiting, writing)).await;
            assert_eq!(by_http, by_socket);
            assert_eq!(by_http["events"].as_array().map(Vec::len), Some(1));
            assert_eq!(by_http["events"][0]["data"], profile);
        }
    }

    async fn a_wait_without_an_event_ends_in_time(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let since = http.ok("account.get", json!({})).await["revision"].clone();
        let before = Instant::now();
        let answer = http.ok("account.changes", json!({ "since": since, "wait_ms": 400 })).await;
        assert!(before.elapsed() >= Duration::from_millis(400), "{:?}", before.elapsed());
        assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
        assert_eq!((&answer["events"], &answer["revision"]), (&json!([]), &since));
        assert_eq!(answer["snapshot_required"], false);
        // If there is an entry, it does not wait at all.
        let answer = soon("no wait", http.ok("account.changes", json!({ "since": 0, "wait_ms": 30_000 }))).await;
        assert_ne!(answer["events"], Value::Array(vec![]));
    }

    async fn a_wait_reports_the_end_of_its_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let lost = person.sign_in(&node).await;
        let since = mine.http(&node).ok("account.get", json!({})).await["revision"].clone();
        let (tab, http) = (lost.tab(&node).await, lost.http(&node));
        let wait = json!({ "since": since, "wait_ms": 30_000 });
        let over_the_socket = tab.send_only("account.changes", wait.clone());
        let over_http = tokio::spawn(async move { http.call("account.changes", wait).await });
        // Nothing shows when the calls wait. They most likely do by now, and the answer is the same if not.
        tokio::time::sleep(Duration::from_millis(200)).await;
        mine.http(&node).ok("session.revoke", json!({ "session_id": lost.id })).await;
        let over_http = soon("the wait to end", over_http).await.unwrap();
        let over_the_socket = over_the_socket.reply().await; // the close may come first
        for reply in [Some(over_http), over_the_socket].into_iter().flatten() {
            let error = reply.expect_err("the session has ended");
            assert_eq!((error.kind.as_str(), &error.data["reason"]), ("session_ended", &json!("revoked")));
        }
    }
}
