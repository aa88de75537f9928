//! Ending a busy session.

use crate::support::{Arrival, Call, Database, Node, Pending, Session, Ws, another_email, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Every event of the log.
async fn log(node: &Node, session: &Session) -> Vec<Value> {
    let (http, mut events, mut since) = (session.http(node), Vec::new(), json!(0));
    loop {
        let page = http.ok("account.changes", json!({ "since": since, "limit": 500 })).await;
        events.extend(page["events"].as_array().expect("a list").clone());
        since = page["revision"].clone();
        if page["more"] == false {
            return events;
        }
    }
}

/// The revision at which the session ended.
fn end_of(session: &Session, log: &[Value]) -> i64 {
    let ends = |event: &&Value| {
        let ended = event["data"]["ended"].as_array();
        ended.is_some_and(|ended| ended.iter().any(|entry| entry["session_id"] == session.id))
    };
    log.iter().find(ends).expect("the session ended")["revision"].as_i64().expect("a revision")
}

/// Sends many writes without awaiting any.
fn pipeline(tab: &Ws, count: usize) -> Vec<Pending> {
    let name = || format!("Ann {}", another_email("")); // each another, so that each is a change
    (0..count).map(|_| tab.send_only("profile.update", json!({ "first_name": name() }))).collect()
}

/// After its end a session writes nothing, and no reply reports that it did.
async fn assert_nothing_after_the_end(
    node: &Node,
    witness: &Session,
    ended: &Session,
    pending: Vec<Pending>,
    reason: &str,
) {
    let replies = join_all(pending.into_iter().map(Pending::reply)).await;
    let log = log(node, witness).await;
    let end = end_of(ended, &log);
    for event in &log {
        let revision = event["revision"].as_i64().expect("a revision");
        assert!(revision <= end || event["session_id"] != ended.id, "written after the end: {event:#}");
    }
    let mut done = 0;
    for reply in replies.into_iter().flatten() {
        match reply {
            Ok(profile) => {
                done += 1;
                let revision = profile["revision"].as_i64().expect("a revision");
                assert!(revision < end, "a reply after the end");
                let event = log.iter().find(|e| e["revision"] == revision).expect("an answered change is in the log");
                assert_eq!(event["data"], profile);
            }
            Err(error) => assert_eq!((error.kind.as_str(), &error.data["reason"]), ("session_ended", &json!(reason))),
        }
    }
    let written = log.iter().filter(|e| e["type"] == "profile.changed" && e["session_id"] == ended.id).count();
    assert!(written >= done, "{written} written, {done} answered");
}

/// After the last event replies may follow, and then the close; no other event.
fn assert_last_event(tab: &Ws) {
    let transcript = tab.transcript();
    let is_end = |a: &Arrival| matches!(a, Arrival::Event(event) if event["type"] == "session.revoked");
    let end = transcript.iter().position(is_end).expect("a session.revoked");
    let (last, between) = transcript[end + 1..].split_last().expect("the close");
    assert!(between.iter().all(|arrival| matches!(arrival, Arrival::Reply(_))), "{between:#?}");
    assert!(matches!(last, Arrival::Closed(_)), "{last:?}");
}

async fn assert_powerless(node: &Node, session: &Session, reason: &str) {
    let error = session.http(node).refused("session_ended", "profile.get", json!({})).await;
    assert_eq!(error.data["reason"], reason);
    let refresh = json!({ "refresh_token": session.refresh_token });
    let error = node.http().refused("session_ended", "auth.refresh", refresh).await;
    assert_eq!(error.data["reason"], reason);
    let in_band = json!({ "access_token": session.access_token });
    let error = node.ws().await.refused("session_ended", "session.authenticate", in_band).await;
    assert_eq!(error.data["reason"], reason);
    let bearer = format!("Bearer {}", session.access_token);
    assert_eq!(node.refused_handshake(&[("authorization", &bearer)]).await, 401);
}

both_databases! {
    async fn five_hundred_calls_in_flight_when_another_session_ends_their_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let busy = person.sign_in(&node).await;
        let tab = busy.tab(&node).await;
        tab.snapshot().await;
        let pending = pipeline(&tab, 500);
        tab.next_of("profile.changed").await; // they are on their way
        let answer = mine.http(&node).ok("auth.logout", json!({ "scope": "others" })).await;
        assert_eq!(answer, json!({ "sessions_ended": 1 }));
        let answered = mine.http(&node).ok("account.get", json!({})).await;

        tab.revoked("logout").await;
        assert_last_event(&tab);
        assert_nothing_after_the_end(&node, &mine, &busy, pending, "logout").await;
        assert_powerless(&node, &busy, "logout").await;
        let later = mine.http(&node).ok("account.get", json!({})).await;
        assert_eq!(later["revision"], answered["revision"], "nothing was committed after the logout answered");
    }

    async fn a_session_that_ends_itself_amid_its_own_calls(database: Database) {
        let (node, person, mine) = somebody(database).await;
        for _ in 0..5 {
            let busy = person.sign_in(&node).await;
            let (tab, other) = (busy.tab(&node).await, busy.browser_tab(&node).await);
            tab.snapshot().await;
            other.snapshot().await;
            let mut pending = pipeline(&tab, 40);
            let logout = tab.send_only("auth.logout", json!({ "scope": "local" }));
            pending.extend(pipeline(&tab, 40));
            let answer = logout.reply().await.expect("an answer before the close");
            assert_eq!(answer, Ok(json!({ "sessions_ended": 1 })));
            tab.revoked("logout").await;
            other.revoked("logout").await;
            assert_last_event(&tab);
            assert_last_event(&other);
            assert_nothing_after_the_end(&node, &mine, &busy, pending, "logout").await;
        }
    }

    async fn many_tabs_of_many_sessions_at_once(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let mut tabs = Vec::new();
        for _ in 0..4 {
            let session = person.sign_in(&node).await;
            for _ in 0..5 {
                let tab = session.tab(&node).await;
                tab.snapshot().await;
                tabs.push(tab);
            }
        }
        let silent = person.sign_in(&node).await.tab(&node).await; // a tab that never subscribed
        let answer = mine.http(&node).ok("auth.logout", json!({ "scope": "others" })).await;
        assert_eq!(answer, json!({ "sessions_ended": 5 }));
        for tab in &tabs {
            tab.revoked("logout").await;
            assert_last_event(tab);
        }
        assert_eq!(silent.closed().await, Vec::<Value>::new());
        mine.http(&node).ok("profile.get", json!({})).await;
    }

    async fn authenticating_against_a_logout_leaves_no_socket_open(database: Database) {
        let (node, person, mine) = somebody(database).await;
        for _ in 0..25 {
            let session = person.sign_in(&node).await;
            let ws = node.ws().await;
            let http = mine.http(&node);
            let revoke = http.ok("session.revoke", json!({ "session_id": session.id }));
            let bind = ws.attempt("session.authenticate", json!({ "access_token": session.access_token }));
            let (_, bound) = tokio::join!(revoke, bind);
            match bound {
                // Bound in time: then it is seen and closed.
                Some(Ok(_)) | None => drop(ws.closed().await),
                Some(Err(error)) => assert_eq!(error.kind, "session_ended"),
            }
        }
    }

    async fn subscribing_against_a_logout_ends_with_the_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        for _ in 0..25 {
            let session = person.sign_in(&node).await;
            let tab = session.tab(&node).await;
            let http = mine.http(&node);
            let revoke = http.ok("session.revoke", json!({ "session_id": session.id }));
            let subscribe = tab.attempt("account.subscribe", json!({}));
            let (_, subscribed) = tokio::join!(revoke, subscribe);
            let events = tab.closed().await;
            if let Some(Err(error)) = subscribed {
                assert_eq!(error.kind, "session_ended");
                assert_eq!(events, Vec::<Value>::new());
            }
            // Whatever was sent to it, nothing comes after the event of the session's end.
            if let Some(at) = events.iter().position(|event| event["type"] == "session.revoked") {
                assert_eq!(at, events.len() - 1, "{events:#?}");
            }
            // And nothing of the commit that ended it.
            assert!(!events.iter().any(|e| e["type"] == "sessions.changed"), "{events:#?}");
        }
    }

    async fn refreshing_against_a_logout_revives_nothing(database: Database) {
        let (node, person, mine) = somebody(database).await;
        for _ in 0..25 {
            let session = person.sign_in(&node).await;
            let (http, nobody) = (mine.http(&node), node.http());
            let revoke = http.ok("session.revoke", json!({ "session_id": session.id }));
            let refresh = nobody.call("auth.refresh", json!({ "refresh_token": session.refresh_token }));
            let (_, refreshed) = tokio::join!(revoke, refresh);
            match refreshed {
                Ok(tokens) => {
                    let late = node.http().bearer(tokens["access_token"].as_str().unwrap());
                    late.refused("session_ended", "profile.get", json!({})).await;
                    let next = json!({ "refresh_token": tokens["refresh_token"] });
                    node.http().refused("session_ended", "auth.refresh", next).await;
                }
                Err(error) => assert_eq!(error.kind, "session_ended"),
            }
        }
    }
}
