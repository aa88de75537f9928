//! A clean stop.

use crate::support::{Account, Call, Database, Node, Pending, both_databases, somebody, soon};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both_databases! {
    async fn calls_in_flight_are_answered_and_waits_return_empty(database: Database) {
        let (mut node, _, session) = somebody(database).await;
        let (tab, waiting) = (session.tab(&node).await, session.tab(&node).await);
        let since = tab.ok("account.get", json!({})).await["revision"].clone();
        let wait = waiting.send_only("account.changes", json!({ "since": since, "wait_ms": 30_000 }));
        // A call behind the wait on the same socket is answered, so the wait has been accepted.
        waiting.ok("profile.get", json!({})).await;
        let calls: Vec<Pending> = (0..20).map(|_| tab.send_only("session.list", json!({}))).collect();
        tab.ok("profile.get", json!({})).await;

        let before = Instant::now();
        node.terminate().await;
        let answer = wait.reply().await.expect("the wait is answered").expect("without an error");
        assert_eq!((&answer["events"], &answer["revision"]), (&json!([]), &since));
        for reply in join_all(calls.into_iter().map(Pending::reply)).await {
            assert!(reply.expect("a call in flight is answered").is_ok());
        }
        assert_eq!(node.exited().await.code(), Some(0), "{}", node.output());
        assert!(before.elapsed() < Duration::from_secs(15), "{:?}", before.elapsed());
    }

    async fn sockets_close_without_a_last_event_and_resume_later(database: Database) {
        let (mut node, person, session) = somebody(database).await;
        let (tab, silent) = (session.tab(&node).await, session.tab(&node).await);
        let other = person.sign_in(&node).await.tab(&node).await;
        let mut account = Account::of(&tab).await;
        other.snapshot().await;
        session.http(&node).ok("profile.update", json!({ "first_name": "Anne" })).await;
        node.stop().await;
        let events = tab.closed().await;
        events.iter().for_each(|event| account.apply(event));
        other.closed().await;
        assert_eq!(silent.closed().await, Vec::<Value>::new());
        for socket in [&tab, &silent, &other] {
            assert_eq!(socket.close_frame().map(|(code, _)| code), Some(1001));
        }
        node.restart().await;
        let again = session.tab(&node).await;
        again.subscribe(Some(account.revision), Some(&account.epoch)).await;
        account.assert_equals_get(&again, &again).await;
        assert_eq!(account.profile["first_name"], "Anne");
    }

    async fn no_answered_write_is_lost_when_the_server_stops_amid_writes(database: Database) {
        let (mut node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let calls: Vec<Pending> =
            (0..300).map(|i| tab.send_only("profile.update", json!({ "first_name": format!("Ann {i}") }))).collect();
        tab.ok("session.current", json!({})).await;
        node.stop().await;
        let replies = join_all(calls.into_iter().map(Pending::reply)).await;
        node.restart().await;
        let log = session.http(&node).ok("account.changes", json!({ "since": 0, "limit": 500 })).await;
        let events = log["events"].as_array().unwrap();
        let mut answered = 0;
        for reply in replies.into_iter().flatten() {
            let profile = match reply {
                Ok(profile) => profile,
                // A machine that is too busy may log this; it must be true.
                Err(error) => {
                    assert_eq!((error.kind.as_str(), &error.data["outcome"]), ("unavailable", &json!("not_done")));
                    continue;
                }
            };
            let at = profile["revision"].as_u64().unwrap() as usize - 1;
            assert_eq!(events[at]["data"], profile);
            answered += 1;
        }
        // Every commit was answered: a clean stop leaves no call in doubt.
        let committed = events.iter().filter(|event| event["type"] == "profile.changed").count();
        assert_eq!(answered, committed);
    }

    async fn a_peer_that_does_not_read_does_not_hold_up_the_stop(database: Database) {
        let (mut node, _, session) = somebody(database).await;
        let bearer = format!("Bearer {}", session.access_token);
        let mut deaf = node.deaf(&[("authorization", &bearer)]).await;
        assert!(deaf.send(1, "account.subscribe", json!({}), Duration::from_secs(5)).await);
        let half_a_request = tokio::net::TcpStream::connect(node.address()).await.unwrap();
        session.http(&node).ok("profile.get", json!({})).await;
        soon("the end", node.stop()).await;
        drop((deaf, half_a_request));
    }
}

#[tokio::test]
async fn an_interrupt_also_stops_it_cleanly() {
    let mut node = Node::start(Database::sqlite()).await;
    node.signal("-INT").await;
    assert_eq!(node.exited().await.code(), Some(0), "{}", node.output());
    node.restart().await;
    node.stop().await;
}
