//! The database goes away and comes back.

use crate::support::{Account, Call, Database, Node, address, eventually, within};
use serde_json::json;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_say_unavailable_and_everything_goes_on_afterwards() {
    let node = Node::start(Database::postgres().await).await;
    let (person, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;

    node.database.outage().await;
    assert_eq!(node.http().get("/healthz").send().await.unwrap().status(), 200);
    let ready = within(A_WHILE, "readiness", node.http().get("/readyz").send()).await.unwrap();
    assert_eq!(ready.status(), 503);
    let why = ready.text().await.unwrap().to_lowercase();
    assert!(why.contains("database"), "it names what does not answer: {why}");
    let calls = [
        ("profile.get", json!({})),
        ("profile.update", json!({ "first_name": "Anne" })),
        ("addresses.create", address("Home")),
        ("account.changes", json!({ "since": 0 })),
        ("auth.login", person.credentials()),
        ("auth.refresh", json!({ "refresh_token": session.refresh_token })),
    ];
    for (method, params) in calls {
        let error = within(A_WHILE, method, http.refused("unavailable", method, params)).await;
        assert!(error.data["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{error:?}");
        assert_eq!(error.data["outcome"], "not_done", "nothing had begun: {error:?}");
    }

    node.database.back().await;
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
async fn letters_are_queued_in_the_database_and_survive_its_outage() {
    let node = Node::start(Database::postgres().await).await;
    node.smtp.down();
    let person = node.unverified("ann").await;
    node.database.outage().await;
    node.smtp.up().await;
    node.database.back().await;
    let letter = node.smtp.letter_within(Duration::from_secs(60), &person.email).await;
    node.http().ok("auth.verify_email", json!({ "token": letter.token() })).await;
}
