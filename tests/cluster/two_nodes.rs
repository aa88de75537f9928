//! Two server processes on one PostgreSQL, with only the sweep between them.

use crate::support::{Account, Call, Database, Node, Smtp, address, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_one_reaches_the_tabs_of_the_other() {
    let (first, second) = Node::pair().await;
    let (_, session) = first.signed_in("ann").await;
    let tab = session.tab(&second).await;
    let mut account = Account::of(&tab).await;
    for label in ["A", "B", "C"] {
        session.http(&first).ok("addresses.create", address(label)).await;
    }
    for _ in 0..3 {
        account.apply(&tab.next_of("addresses.changed").await);
    }
    account.assert_equals_get(&tab, &session.http(&first)).await;
    // A wait on one node ends with a change on the other.
    let (http, since) = (session.http(&second), account.revision);
    let wait =
        tokio::spawn(async move { http.ok("account.changes", json!({ "since": since, "wait_ms": 30_000 })).await });
    session.http(&first).ok("profile.update", json!({ "first_name": "Anne" })).await;
    assert_eq!(wait.await.unwrap()["events"][0]["type"], "profile.changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_on_one_ends_calls_and_sockets_on_the_other() {
    let (first, second) = Node::pair().await;
    let person = first.registered("ann").await;
    for _ in 0..10 {
        let session = person.sign_in(&first).await;
        let (tab, silent) = (session.tab(&second).await, session.tab(&second).await);
        tab.snapshot().await;
        session.http(&first).ok("auth.logout", json!({ "scope": "local" })).await;
        // At once: no later call on any node acts for it, on a socket that is still open either.
        let error = session.http(&second).refused("session_ended", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "logout");
        if let Some(reply) = silent.attempt("profile.update", json!({ "first_name": "Mallory" })).await {
            assert_eq!(reply.expect_err("refused").kind, "session_ended");
        }
        let refresh = json!({ "refresh_token": session.refresh_token });
        second.http().refused("session_ended", "auth.refresh", refresh).await;
        let bearer = format!("Bearer {}", session.access_token);
        assert_eq!(second.refused_handshake(&[("authorization", &bearer)]).await, 401);
        tab.revoked("logout").await;
        silent.closed().await;
    }
    let profile = person.sign_in(&second).await.http(&second).ok("profile.get", json!({})).await;
    assert_eq!(profile["first_name"], "Ann");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_one_are_valid_on_the_other() {
    let (first, second) = Node::pair().await;
    let person = first.unverified("ann").await;
    let token = first.smtp.letter_to(&person.email).await.token();
    second.http().ok("auth.verify_email", crate::support::verification(&token)).await;
    let session = person.sign_in(&second).await;
    session.http(&first).ok("profile.get", json!({})).await;
    let refreshes = (0..10).map(|i| session.refreshed(if i % 2 == 0 { &first } else { &second }));
    let refreshed = join_all(refreshes).await;
    assert!(refreshed.iter().all(|other| other.refresh_token == refreshed[0].refresh_token));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_on_one_shows_as_connected_on_the_other() {
    let (first, second) = Node::pair().await;
    let (_, session) = first.signed_in("ann").await;
    let tab = session.tab(&first).await;
    let connected =
        || async { session.http(&second).ok("session.current", json!({})).await["session"]["connected"] == true };
    eventually("connected on the other node", || async { connected().await.then_some(()) }).await;
    drop(tab);
    eventually("unconnected on the other node", || async { (!connected().await).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_death_of_one_does_not_touch_the_other() {
    let (mut first, second) = Node::pair().await;
    let (_, session) = second.signed_in("ann").await;
    let (dying, tab) = (session.tab(&first).await, session.tab(&second).await);
    dying.snapshot().await;
    let mut account = Account::of(&tab).await;
    // Committed on the first one, which dies before it could announce it.
    session.http(&first).ok("profile.update", json!({ "first_name": "Anne" })).await;
    first.kill9().await;
    dying.closed().await;
    account.apply(&tab.next_of("profile.changed").await);
    tab.ok("addresses.create", address("Home")).await;
    account.assert_equals_get(&tab, &tab).await;
    let resumed = session.tab(&second).await;
    resumed.subscribe(Some(account.revision - 1), Some(&account.epoch)).await;
    assert_eq!(resumed.next_event().await["revision"], account.revision);
    assert_eq!(resumed.waiting_events(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_start_on_an_empty_database_at_once() {
    let database = Database::postgres().await;
    let smtp = Smtp::start().await;
    let nodes = (0..4).map(|_| Node::on(database.clone()).shared_keys().smtp(&smtp).start());
    let nodes = join_all(nodes).await;
    for node in &nodes {
        let ready = node.http().get("/readyz").send().await.unwrap();
        assert_eq!(ready.status(), 200);
    }
    let (_, session) = nodes[0].signed_in("ann").await;
    session.http(&nodes[3]).ok("profile.get", json!({})).await;
}
