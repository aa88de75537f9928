//! Outages of the database.

use crate::support::{Account, Call, Database, Http, Node, Proxy, Wire, address, eventually, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

/// A call may wait for a connection before it gives up.
const A_WHILE: Duration = Duration::from_secs(40);

async fn unavailable(http: &Http, method: &str, params: Value) -> Value {
    let error = within(A_WHILE, method, http.refused("unavailable", method, params)).await;
    assert!(error.data["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{error:?}");
    error.data["outcome"].clone()
}

/// Calls of every kind during an outage and after it.
async fn outage(node: &Node, go: impl AsyncFnOnce(), back: impl AsyncFnOnce()) {
    let (person, session) = node.signed_in("ann").await;
    let http = session.http(node);
    let tab = session.tab(node).await;
    let mut account = Account::of(&tab).await;

    go().await;
    assert_eq!(node.http().get("/healthz").send().await.unwrap().status(), 200);
    let ready = within(A_WHILE, "readiness", node.http().get("/readyz").send()).await.unwrap();
    assert_eq!(ready.status(), 503);
    let why = ready.text().await.unwrap().to_lowercase();
    assert!(why.contains("database"), "it names the silent part: {why}");
    let calls = [
        ("profile.get", json!({})),
        ("profile.update", json!({ "first_name": "Anne" })),
        ("addresses.create", address("Home")),
        ("account.changes", json!({ "since": 0 })),
        ("auth.login", person.credentials()),
        ("auth.refresh", json!({ "refresh_token": session.refresh_token })),
    ];
    for (method, params) in calls {
        assert_eq!(unavailable(&http, method, params).await, "not_done", "{method}: no work had started");
    }

    back().await;
    let profile = eventually("the database's return", || async {
        http.call("profile.update", json!({ "first_name": "Anna" })).await.ok()
    })
    .await;
    assert_eq!(profile["first_name"], "Anna");
    eventually("readiness", || async {
        (node.http().get("/readyz").send().await.unwrap().status() == 200).then_some(())
    })
    .await;
    // The tab has stayed open, and has missed nothing.
    account.assert_equals_get(&tab, &http).await;
    assert_eq!(account.revision, 2, "what answered `not_done` was not done");
    tab.ok("addresses.create", address("Home")).await;
    account.assert_equals_get(&tab, &http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_reached() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    outage(&node, async || proxy.set(Wire::Cut), async || proxy.set(Wire::Whole)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_connections() {
    let database = Database::postgres().await;
    let node = Node::start(database.clone()).await;
    outage(&node, async || database.outage().await, async || database.back().await).await;
}

/// The database's machine is replaced by another of the same name: nothing shows that the connections are dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silently_dead_connections_are_replaced() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    let (_, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let many = || join_all((0..64).map(|_| http.call("profile.get", json!({}))));
    let connections = || async {
        let metrics = node.http().get("/metrics").send().await.unwrap().text().await.unwrap();
        let of = |line: &str| line.starts_with("marbelle_database_connections{");
        let counts =
            metrics.lines().filter(|line| of(line)).filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok());
        counts.sum::<u32>()
    };
    eventually("as many connections as there may be", || async {
        many().await;
        (connections().await == 16).then_some(())
    })
    .await;
    proxy.forget_connections();
    // One round of calls waits in vain; long before TCP gives up they are answered again.
    within(A_WHILE, "calls that are all answered", async { while many().await.iter().any(Result::is_err) {} }).await;
}

/// After a restart of the database, one call finds all connections dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_one_call_fails_and_not_one_per_connection() {
    let database = Database::postgres().await;
    let node = Node::start(database.clone()).await;
    let (_, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    eventually("several connections", || async {
        join_all((0..64).map(|_| http.ok("profile.get", json!({})))).await;
        let metrics = node.http().get("/metrics").send().await.unwrap().text().await.unwrap();
        let idle = metrics.lines().filter(|line| line.starts_with("marbelle_database_connections{"));
        let idle: u32 = idle.filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok()).sum();
        (idle > 8).then_some(())
    })
    .await;
    database.outage().await;
    database.back().await;
    // It may also be one of the node's own tasks.
    let answered = http.call("profile.get", json!({})).await;
    assert!(answered.as_ref().err().is_none_or(|error| error.kind == "unavailable"), "{answered:?}");
    for _ in 0..64 {
        http.ok("profile.get", json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_reaches_the_tabs() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    let (_, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;
    proxy.set(Wire::CutAfterCommit);
    assert_eq!(unavailable(&http, "profile.update", json!({ "first_name": "Anne" })).await, "unknown");
    proxy.set(Wire::Whole);
    let profile = eventually("an answer", || async { http.call("profile.get", json!({})).await.ok() }).await;
    assert_eq!(profile["first_name"], "Anne", "the client reads first, as instructed");
    // Committed but never announced: the sweep finds it.
    account.apply(&tab.next_of("profile.changed").await);
    account.assert_equals_get(&tab, &http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_has_no_effect() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    let (_, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;
    proxy.set(Wire::CutBeforeCommit);
    assert_eq!(unavailable(&http, "addresses.create", address("Home")).await, "unknown");
    proxy.set(Wire::Whole);
    let made = eventually("an answer", || async { http.call("addresses.create", address("Home")).await.ok() }).await;
    assert_eq!(made["revision"], account.revision + 1, "nothing of the first attempt is left");
    account.assert_equals_get(&tab, &http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_amid_an_outage_can_be_repeated() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    let person = node.unverified("ann").await;
    let token = node.smtp.letter_to(&person.email).await.token();
    proxy.set(Wire::CutAfterCommit);
    assert_eq!(unavailable(&node.http(), "auth.verify_email", crate::support::verification(&token)).await, "unknown");
    proxy.set(Wire::Whole);
    // The count of the password was cut off, before the account was created: the call is repeated.
    let verified = || async { node.http().call("auth.verify_email", crate::support::verification(&token)).await.ok() };
    eventually("a verification", verified).await;
    person.sign_in(&node).await;
    node.http().refused("invalid_token", "auth.verify_email", crate::support::verification(&token)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_queued_in_the_database_and_survive_its_outage() {
    let proxy = Proxy::start().await;
    let node = Node::start(proxy.database()).await;
    node.smtp.down();
    let person = node.unverified("ann").await;
    proxy.set(Wire::Cut);
    unavailable(&node.http(), "auth.login", person.credentials()).await;
    node.smtp.up().await;
    proxy.set(Wire::Whole);
    let letter = node.smtp.letter_within(Duration::from_secs(60), &person.email).await;
    node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
}
