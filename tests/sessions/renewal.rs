//! A change of the password renews the credentials of the caller's session (docs/protocol.md, "Sessions").

use crate::support::{Account, Call, Database, Exchange, Http, Node, Person, Session, Ws, both_databases, somebody};
use serde_json::{Value, json};

const NEW: &str = "nine loud herons above a mill";

fn change(person: &Person) -> Value {
    json!({ "current_password": person.password, "new_password": NEW })
}

fn bearer(node: &Node, tokens: &Value) -> Http {
    node.http().bearer(tokens["access_token"].as_str().expect("a token"))
}

/// The tab is closed with 4402 after these events, and no other.
async fn assert_renewed(tab: &Ws, events: &[Value]) {
    assert_eq!(tab.closed().await, events);
    let (code, _) = tab.close_frame().expect("a Close frame");
    assert_eq!(code, 4402);
}

async fn assert_void(node: &Node, session: &Session) {
    let error = session.http(node).refused("unauthenticated", "profile.get", json!({})).await;
    assert_eq!(error.data["reason"], "renewed");
    let refresh = json!({ "refresh_token": session.sign_in["refresh_token"] });
    let error = node.http().refused("unauthenticated", "auth.refresh", refresh).await;
    assert_eq!(error.data["reason"], "renewed", "never reuse");
}

both_databases! {
    async fn every_former_credential_is_void_and_the_session_lives_on(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tabs = [session.tab(&node).await, session.browser_tab(&node).await];
        for tab in &tabs {
            tab.snapshot().await;
        }
        let answer = session.http(&node).ok("auth.change_password", change(&person)).await;
        assert_eq!(answer["sessions_ended"], 0);
        for tab in &tabs {
            assert_renewed(tab, &[]).await;
        }
        assert_void(&node, &session).await;
        let renewed = &answer["tokens"];
        let http = bearer(&node, renewed);
        assert_eq!(http.ok("session.current", json!({})).await["session"]["id"], session.id);
        let next = node.http().ok("auth.refresh", json!({ "refresh_token": renewed["refresh_token"] })).await;
        bearer(&node, &next).ok("profile.get", json!({})).await;
        // Even long after, an earlier token ends nothing.
        assert_void(&node, &session).await;
        bearer(&node, &next).ok("profile.get", json!({})).await;
        // An earlier socket is refused, one by the new token opens and resumes.
        let ws = node.ws().await;
        let old = json!({ "access_token": session.access_token });
        assert_eq!(ws.refused("unauthenticated", "session.authenticate", old).await.data["reason"], "renewed");
        ws.ok("session.authenticate", json!({ "access_token": next["access_token"] })).await;
        ws.snapshot().await;
    }

    async fn the_calling_socket_stays_open_and_the_others_get_no_event(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other_session = person.sign_in(&node).await;
        let (mine, other) = (session.tab(&node).await, session.tab(&node).await);
        let mut account = Account::of(&mine).await;
        other.snapshot().await;
        let answer = mine.ok("auth.change_password", change(&person)).await;
        assert_renewed(&other, &[]).await;
        other_session.assert_ended(&node, "password_changed").await;
        account.apply(&mine.next_of("sessions.changed").await);
        // It acts by the new credentials without any action.
        mine.ok("profile.update", json!({ "first_name": "Anna" })).await;
        account.apply(&mine.next_of("profile.changed").await);
        account.assert_equals_get(&mine, &bearer(&node, &answer["tokens"])).await;
        let again = json!({ "access_token": answer["tokens"]["access_token"] });
        mine.ok("session.authenticate", again).await;
        assert_void(&node, &session).await;
    }

    async fn a_wait_and_a_change_by_former_credentials_have_no_effect(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let waiting = tab.send_only("account.changes", json!({ "since": 1, "wait_ms": 30_000 }));
        let answer = session.http(&node).ok("auth.change_password", change(&person)).await;
        if let Some(reply) = waiting.reply().await {
            assert_eq!(reply.expect_err("no page").data["reason"], "renewed");
        }
        let error = session.http(&node).refused("unauthenticated", "profile.update", json!({ "first_name": "Eve" })).await;
        assert_eq!(error.data["reason"], "renewed");
        let profile = bearer(&node, &answer["tokens"]).ok("profile.get", json!({})).await;
        assert_eq!(profile["first_name"], "Ann");
    }

    async fn a_session_by_cookie_gets_a_new_cookie_only_over_http(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let origin = "http://localhost:5173";
        let mut credentials = person.credentials();
        credentials["credentials"] = "cookie".into();
        let cookie = |answer: &Exchange| answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let old = cookie(&node.http().with("origin", origin).exchange("auth.login", credentials).await);
        let page = |cookie: &str| node.http().with("origin", origin).with("cookie", cookie);

        let ws = node.ws_with(&[("origin", origin), ("cookie", &old)]).await.expect("a handshake");
        ws.invalid(&[("params", &["not_allowed"])], "auth.change_password", change(&person)).await;
        let replies = page(&old).batch(&[("auth.change_password", change(&person))]).await;
        assert_eq!(replies[0].as_ref().expect_err("not in a batch").kind, "invalid_params");

        let answer = page(&old).exchange("auth.change_password", change(&person)).await;
        let new = cookie(&answer);
        assert_eq!(answer.reply.expect("a reply").expect("changed"), json!({ "sessions_ended": 0 }));
        assert_renewed(&ws, &[]).await;
        page(&new).ok("profile.get", json!({})).await;
        let refused = page(&old).exchange("profile.get", json!({})).await;
        assert_eq!(refused.header("set-cookie"), "", "the browser has a newer one by now");
        assert_eq!(refused.reply.expect("a reply").expect_err("void").data["reason"], "renewed");
        assert!(node.ws_with(&[("origin", origin), ("cookie", &new)]).await.is_ok());
    }
}
