//! `/metrics`: every documented metric exists, and changes.

use crate::support::{Call, Database, Mood, Node, Session, address, another_email, eventually, within};
use futures_util::future::join_all;
use marbelle::meters::DOCUMENTED;
use serde_json::json;
use std::time::Duration;

/// The text of `/metrics`.
struct Metrics(String);

impl Metrics {
    async fn of(node: &Node) -> Self {
        let answer = node.http().get("/metrics").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        Self(answer.text().await.unwrap())
    }

    /// The sum of every line with this prefix.
    fn sum(&self, metric: &str, label: &str) -> f64 {
        let of_metric = self.0.lines().filter(|line| {
            let rest = line.strip_prefix(metric);
            rest.is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(label)
        });
        of_metric.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }
}

async fn awaits(node: &Node, metric: &str, label: &str, good: impl Fn(f64) -> bool) {
    let seen = async {
        while !good(Metrics::of(node).await.sum(metric, label)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within(Duration::from_secs(60), &format!("{metric} {label} to move"), seen).await;
}

async fn moved(node: &Node, metric: &str, label: &str) {
    awaits(node, metric, label, |value| value > 0.0).await;
}

/// Makes events until a tab that does not read has fallen behind.
async fn outrun(node: &Node, session: &Session) {
    let http = session.http(node);
    let made = http.ok("addresses.create", address("Home")).await;
    for i in 0..8000 {
        let line = format!("{i} {}", "🦀".repeat(240));
        let long = "🦀".repeat(100);
        let edit = json!({ "address_id": made["id"], "address_line_1": line, "address_line_2": line, "city": long, "state": long, "country": long });
        http.ok("addresses.update", edit).await;
        if i % 100 == 0 && Metrics::of(node).await.sum("marbelle_slow_readers_total", "fell_behind") >= 2.0 {
            return;
        }
    }
    panic!("no socket falls behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_metric_exists() {
    let node = Node::start(Database::sqlite()).await;
    let handbook = include_str!("../../docs/operations.md");
    let text = Metrics::of(&node).await.0;
    for (name, kind, _) in DOCUMENTED {
        assert!(text.contains(&format!("# TYPE {name} {}", kind.to_lowercase())), "{name} is not in\n{text}");
        assert!(handbook.contains(&format!("`{name}`")), "{name} is not in docs/operations.md");
    }
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(DOCUMENTED.iter().any(|(documented, ..)| *documented == name), "{name} is not documented");
    }
    let post = node.http().request(reqwest::Method::POST, "/metrics").send().await.unwrap();
    assert_eq!(post.status(), 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_sockets_and_events_are_counted() {
    let node = Node::on(Database::sqlite()).set("SWEEP_PERIOD", "200ms").start().await;
    let (person, session) = node.signed_in("ann").await;
    let tab = session.tab(&node).await;
    tab.snapshot().await;
    session.http(&node).ok("profile.update", json!({ "first_name": "Anne" })).await;
    tab.next_of("profile.changed").await;
    tab.refused("not_found", "addresses.get", json!({ "address_id": session.id })).await;
    node.http().call("no.such", json!({})).await.unwrap_err();
    let metrics = Metrics::of(&node).await;
    let calls = "marbelle_calls_total";
    assert_eq!(metrics.sum(calls, r#"method="profile.update",outcome="ok""#), 1.0);
    assert_eq!(metrics.sum(calls, r#"method="addresses.get",outcome="not_found""#), 1.0);
    assert_eq!(metrics.sum(calls, r#"method="unknown",outcome="method_not_found""#), 1.0);
    assert_eq!(metrics.sum("marbelle_call_duration_seconds_count", r#"method="profile.update""#), 1.0);
    assert_eq!((metrics.sum("marbelle_open_sockets", ""), metrics.sum("marbelle_followers", "")), (1.0, 1.0));
    assert_eq!(metrics.sum("marbelle_bus_connected", ""), 1.0);
    for metric in ["marbelle_events_sent_total", "marbelle_delivery_seconds_count", "marbelle_sweep_seconds_count"] {
        moved(&node, metric, "").await;
    }
    assert_eq!(metrics.sum("marbelle_sweep_repaired_total", ""), 0.0, "announced changes need no repair");
    for (pool, state) in [("read", "idle"), ("write", "idle")] {
        moved(&node, "marbelle_database_connections", &format!(r#"pool="{pool}",state="{state}""#)).await;
    }
    // Another process changes the account without announcing it.
    assert!(node.command(&["user", "disable", &person.email]).await.status.success());
    tab.revoked("account_disabled").await;
    moved(&node, "marbelle_sweep_repaired_total", "").await;
    awaits(&node, "marbelle_open_sockets", "", |sockets| sockets == 0.0).await;
    let (bob, session) = node.signed_in("bob").await;
    let tab = session.tab(&node).await;
    assert!(node.command(&["user", "delete", "--yes", &bob.email]).await.status.success());
    tab.closed().await;
    moved(&node, "marbelle_realigned_total", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_are_counted() {
    let node = Node::start(Database::sqlite()).await;
    let (_, session) = node.signed_in("ann").await;
    let bearer = format!("Bearer {}", session.access_token);
    let (mut late, mut never) =
        (node.deaf(&[("authorization", &bearer)]).await, node.deaf(&[("authorization", &bearer)]).await);
    for deaf in [&mut late, &mut never] {
        assert!(deaf.send(1, "account.subscribe", json!({}), Duration::from_secs(5)).await);
    }
    outrun(&node, &session).await;
    let reading = tokio::spawn(async move { while late.read().await.is_some() {} });
    moved(&node, "marbelle_slow_readers_total", "caught_up").await;
    moved(&node, "marbelle_slow_readers_total", r#"outcome="cut""#).await;
    reading.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_are_counted() {
    let node = Node::on(Database::sqlite()).set("ARGON2__MEMORY_KIB", 19456).set("ARGON2__PASSES", 4).start().await;
    let person = node.registered("ann").await;
    let calls = (0..150).map(|_| {
        let (http, credentials) = (node.http(), person.credentials());
        tokio::spawn(async move { http.call("auth.login", credentials).await })
    });
    let calls: Vec<_> = calls.collect();
    moved(&node, "marbelle_password_queue", "").await;
    join_all(calls).await;
    awaits(&node, "marbelle_password_queue", "", |waiting| waiting == 0.0).await;
    for metric in ["wait_seconds_count", "hash_seconds_count", "refused_total"] {
        moved(&node, &format!("marbelle_password_{metric}"), "").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_and_failed_jobs_are_counted() {
    let database = Database::postgres().await;
    let node = Node::start(database.clone()).await;
    node.registered("ann").await;
    moved(&node, "marbelle_mails_total", "sent").await;
    moved(&node, "marbelle_mail_age_seconds_count", "").await;
    node.smtp.be(Mood::RefuseForNow);
    node.unverified("bob").await;
    moved(&node, "marbelle_mails_total", "postponed").await;
    moved(&node, "marbelle_mail_waiting", "").await;
    moved(&node, "marbelle_mail_oldest_seconds", "").await;
    node.smtp.be(Mood::RefuseForGood);
    let carol = json!({ "email": another_email("carol"), "password": crate::support::PASSWORD, "first_name": "C", "last_name": "D" });
    node.http().ok("auth.register", carol).await;
    moved(&node, "marbelle_mails_total", "given_up").await;
    moved(&node, "marbelle_database_connections", r#"pool="all""#).await;
    database.outage().await;
    moved(&node, "marbelle_jobs_failed_total", "").await;
    database.back().await;
    eventually("readiness", || async {
        (node.http().get("/readyz").send().await.unwrap().status() == 200).then_some(())
    })
    .await;
}
