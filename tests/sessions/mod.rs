//! Binding a socket, listing and ending sessions.

mod cookie;
mod cookie_beside;
mod renewal;
mod revocation;
mod tokens;

use crate::support::{Account, Arrival, Call, Database, Node, both_databases, eventually, somebody};
use serde_json::{Value, json};

fn ids(sessions: &Value) -> Vec<&str> {
    sessions.as_array().expect("a list").iter().map(|s| s["id"].as_str().expect("an id")).collect()
}

both_databases! {
    async fn authenticating_binds_a_socket_to_a_session(database: Database) {
        let (node, person, session) = somebody(database).await;
        let ws = node.ws().await;
        let error = ws.refused("unauthenticated", "session.current", json!({})).await;
        assert_eq!(error.data["reason"], "missing");
        for forged in ["garbage", "a.b.c"] {
            let error = ws.refused("unauthenticated", "session.authenticate", json!({ "access_token": forged })).await;
            assert_eq!(error.data["reason"], "invalid");
        }
        ws.invalid(&[("access_token", &["required"])], "session.authenticate", json!({})).await;

        let token = json!({ "access_token": session.access_token });
        let bound = ws.ok("session.authenticate", token.clone()).await;
        assert_eq!(bound["session"]["id"], session.id);
        assert_eq!(bound["session"]["current"], true);
        assert_eq!(bound["profile"]["email"], person.email);
        let current = ws.ok("session.current", json!({})).await;
        assert_eq!((&current["session"]["id"], &current["profile"]), (&bound["session"]["id"], &bound["profile"]));

        // As the same session again: nothing; as another one: refused, and nothing changes.
        ws.ok("session.authenticate", token).await;
        let refreshed = session.refreshed(&node).await;
        ws.ok("session.authenticate", json!({ "access_token": refreshed.access_token })).await;
        let other = person.sign_in(&node).await;
        ws.refused("forbidden", "session.authenticate", json!({ "access_token": other.access_token })).await;
        assert_eq!(ws.ok("session.current", json!({})).await["session"]["id"], session.id);
    }

    async fn authenticating_is_for_sockets_only(database: Database) {
        let (node, _, session) = somebody(database).await;
        let token = json!({ "access_token": session.access_token });
        node.http().refused("forbidden", "session.authenticate", token.clone()).await;
        session.http(&node).refused("forbidden", "session.authenticate", token).await;
    }

    async fn a_bad_credential_still_allows_the_open_methods(database: Database) {
        let (node, person, session) = somebody(database).await;
        session.http(&node).ok("auth.logout", json!({})).await;
        for bearer in ["Bearer garbage".to_owned(), format!("Bearer {}", session.access_token)] {
            assert_eq!(node.refused_handshake(&[("authorization", &bearer)]).await, 401, "{bearer}");
        }
        let garbage = node.http().bearer("garbage");
        let error = garbage.refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "invalid");
        garbage.ok("auth.login", person.credentials()).await;
        let error = node.http().refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "missing");
    }

    async fn sessions_are_listed_newest_first(database: Database) {
        let (node, person, first) = somebody(database).await;
        let second = person.sign_in_on(&node, "telephone").await;
        let third = person.sign_in_on(&node, "tablet").await;
        node.signed_in("bob").await;
        let list = second.http(&node).ok("session.list", json!({})).await;
        assert_eq!(ids(&list), [&third.id, &second.id, &first.id]);
        let current: Vec<&Value> = list.as_array().unwrap().iter().map(|s| &s["current"]).collect();
        assert_eq!(current, [&json!(false), &json!(true), &json!(false)]);
        assert_eq!(list[0]["device_name"], "tablet");
        second.http(&node).ok("session.revoke", json!({ "session_id": third.id })).await;
        assert_eq!(ids(&second.http(&node).ok("session.list", json!({})).await), [&second.id, &first.id]);
    }

    async fn a_session_is_connected_while_a_socket_of_it_is_open(database: Database) {
        let (node, _, session) = somebody(database).await;
        let connected = || async {
            session.http(&node).ok("session.current", json!({})).await["session"]["connected"] == true
        };
        assert!(!connected().await);
        let (one, two) = (session.tab(&node).await, session.browser_tab(&node).await);
        assert!(connected().await);
        drop(one);
        assert!(connected().await);
        drop(two);
        eventually("the session to be unconnected", || async { (!connected().await).then_some(()) }).await;
    }

    async fn revoking_ends_one_other_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let (lost, kept) = (person.sign_in(&node).await, person.sign_in(&node).await);
        let (my_tab, lost_tab, kept_tab) = (mine.tab(&node).await, lost.tab(&node).await, kept.tab(&node).await);
        let mut account = Account::of(&my_tab).await;
        lost_tab.snapshot().await;
        kept_tab.snapshot().await;

        assert_eq!(my_tab.ok("session.revoke", json!({ "session_id": lost.id })).await, json!({}));
        assert_eq!(lost_tab.revoked("revoked").await, Vec::<Value>::new());
        let event = my_tab.next_of("sessions.changed").await;
        assert_eq!(event["session_id"], mine.id, "who did it");
        let ended = json!([{ "session_id": lost.id, "reason": "revoked" }]);
        assert_eq!(event["data"], json!({ "opened": null, "ended": ended }));
        assert_eq!(kept_tab.next_event().await, event);
        account.apply(&event);
        account.assert_equals_get(&my_tab, &my_tab).await;
        let error = lost.http(&node).refused("session_ended", "session.list", json!({})).await;
        assert_eq!(error.data["reason"], "revoked");
        // The second time it no longer exists.
        my_tab.refused("not_found", "session.revoke", json!({ "session_id": lost.id })).await;
        kept_tab.ok("profile.get", json!({})).await;
    }

    async fn revoking_the_present_session_is_answered_first(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        assert_eq!(tab.ok("session.revoke", json!({ "session_id": session.id })).await, json!({}));
        tab.revoked("revoked").await;
    }

    async fn somebody_elses_session_is_not_found(database: Database) {
        let (node, _, ann) = somebody(database).await;
        let (_, bob) = node.signed_in("bob").await;
        let tab = ann.tab(&node).await;
        let theirs = tab.refused("not_found", "session.revoke", json!({ "session_id": bob.id })).await;
        let nobodys = json!({ "session_id": "01890a5d-ac96-774b-bcce-b302099a8057" });
        assert_eq!(tab.refused("not_found", "session.revoke", nobodys).await, theirs);
        tab.invalid(&[("session_id", &["format"])], "session.revoke", json!({ "session_id": "1" })).await;
        tab.invalid(&[("session_id", &["type"])], "session.revoke", json!({ "session_id": 1 })).await;
        tab.invalid(&[("session_id", &["required"])], "session.revoke", json!({})).await;
        bob.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_local_logout_ends_only_this_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let other = person.sign_in(&node).await;
        let (tab, second_tab, other_tab) =
            (mine.tab(&node).await, mine.browser_tab(&node).await, other.tab(&node).await);
        tab.snapshot().await;
        second_tab.snapshot().await;
        other_tab.snapshot().await;
        let answer = tab.ok("auth.logout", json!({ "scope": "local" })).await;
        assert_eq!(answer, json!({ "sessions_ended": 1 }));
        tab.revoked("logout").await;
        second_tab.revoked("logout").await;
        let event = other_tab.next_of("sessions.changed").await;
        assert_eq!(event["data"]["ended"], json!([{ "session_id": mine.id, "reason": "logout" }]));
        other.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_logout_of_the_others_leaves_this_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let others = [person.sign_in(&node).await, person.sign_in(&node).await];
        let tabs = [others[0].tab(&node).await, others[1].tab(&node).await];
        tabs[0].snapshot().await;
        tabs[1].snapshot().await;
        let my_tab = mine.tab(&node).await;
        let mut account = Account::of(&my_tab).await;
        let answer = my_tab.ok("auth.logout", json!({ "scope": "others" })).await;
        assert_eq!(answer, json!({ "sessions_ended": 2 }));
        for tab in &tabs {
            tab.revoked("logout").await;
        }
        account.assert_equals_get(&my_tab, &my_tab).await;
        assert_eq!(account.sessions.keys().collect::<Vec<_>>(), [&mine.id]);
        // No other session is left: nothing ends, nothing is logged.
        let answer = my_tab.ok("auth.logout", json!({ "scope": "others" })).await;
        assert_eq!(answer, json!({ "sessions_ended": 0 }));
        account.assert_equals_get(&my_tab, &my_tab).await;
    }

    async fn a_logout_is_global_by_default(database: Database) {
        let (node, person, first) = somebody(database).await;
        let second = person.sign_in(&node).await;
        let (bob, bobs) = node.signed_in("bob").await;
        let tab = second.tab(&node).await;
        tab.snapshot().await;
        assert_eq!(first.http(&node).ok("auth.logout", json!({})).await, json!({ "sessions_ended": 2 }));
        tab.revoked("logout").await;
        for session in [&first, &second] {
            let error = session.http(&node).refused("session_ended", "auth.logout", json!({})).await;
            assert_eq!(error.data["reason"], "logout");
        }
        let error = node.http().refused("unauthenticated", "auth.logout", json!({})).await;
        assert_eq!(error.data["reason"], "missing");
        assert_eq!(bobs.http(&node).ok("profile.get", json!({})).await["email"], bob.email);
        let again = person.sign_in(&node).await;
        let scope = json!({ "scope": "everywhere" });
        let error = again.http(&node).refused("invalid_params", "auth.logout", scope).await;
        assert_eq!(error.rules().into_keys().collect::<Vec<_>>(), ["scope"]);
    }

    async fn the_answer_to_a_logout_comes_before_the_close(database: Database) {
        let (node, person, _) = somebody(database).await;
        for _ in 0..10 {
            let tab = person.sign_in(&node).await.tab(&node).await;
            tab.snapshot().await;
            let pending = tab.send_only("auth.logout", json!({ "scope": "local" }));
            let id = pending.id;
            pending.reply().await.expect("an answer before the close").expect("a result");
            tab.revoked("logout").await;
            let transcript = tab.transcript();
            assert!(transcript.contains(&Arrival::Reply(id)), "{transcript:#?}");
        }
    }

    async fn a_batch_runs_in_order_so_that_authenticating_holds_for_the_later_entries(database: Database) {
        let (node, _, session) = somebody(database).await;
        let ws = node.ws().await;
        let call = |id: u32, method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let batch = json!([
            call(1001, "profile.get", json!({})),
            call(1002, "session.authenticate", json!({ "access_token": session.access_token })),
            call(1003, "profile.get", json!({})),
        ]);
        ws.send_raw(tokio_tungstenite::tungstenite::Message::text(batch.to_string()));
        let answer = ws.next_other().await;
        let by_id = |id: u32| answer.as_array().unwrap().iter().find(|r| r["id"] == id).unwrap().clone();
        assert_eq!(by_id(1001)["error"]["data"]["kind"], "unauthenticated");
        assert_eq!(by_id(1002)["result"]["session"]["id"], session.id);
        assert_eq!(by_id(1003)["result"]["id"], session.sign_in["profile"]["id"]);
    }

    async fn an_expired_session_fails_at_once_and_its_sockets_close(database: Database) {
        let node = Node::on(database)
            .set("LIFETIMES__SESSION_ABSOLUTE", "5s")
            .set("LIFETIMES__SESSION_IDLE", "5s")
            .set("SWEEP_PERIOD", "100ms")
            .start()
            .await;
        let (_, session) = node.signed_in("ann").await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        let http = session.http(&node);
        let error = eventually("the session's end", || async { http.call("profile.get", json!({})).await.err() }).await;
        match error.kind.as_str() {
            "session_ended" => assert_eq!(error.data["reason"], "expired"),
            // An access token ends with its session at the latest.
            kind => assert_eq!((kind, &error.data["reason"]), ("unauthenticated", &json!("expired"))),
        }
        let refresh = json!({ "refresh_token": session.refresh_token });
        let error = node.http().refused("session_ended", "auth.refresh", refresh).await;
        assert_eq!(error.data["reason"], "expired");
        crate::support::within(std::time::Duration::from_secs(70), "the close", async {
            while !tab.is_closed() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        })
        .await;
        tab.revoked("expired").await;
    }
}
