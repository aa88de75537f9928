//! `revocations.*`: the revocations for backends that verify tokens on their own.

use crate::support::{
    Call, Cluster, Database, Node, PATIENCE, RARE_SWEEP, ServiceEndpoint, Ws, both_databases, eventually, median, soon,
    within,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use marbelle::domain::time::Clock;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

const PASSWORD_OF_LATER: &str = "another walk by the sea";

/// More entries than the buffers of a socket hold.
const BULK: usize = 40_000;

/// More than the node keeps for slow subscribers.
const READINGS: usize = 80;

/// Inserts this many entries into the table, of unknown sessions.
async fn insert(node: &Node, count: usize, inserted: &mut BTreeSet<String>) {
    let ids: Vec<uuid::Uuid> = (0..count).map(|_| uuid::Uuid::new_v4()).collect();
    let at = Clock::system().now();
    let rows: Vec<String> = ids
        .iter()
        .map(|id| match node.database {
            Database::Sqlite => format!("(X'{}', '{at}', 'refresh_token_reuse')", id.simple()),
            Database::Postgres(_) => format!("('{id}', '{at}', 'refresh_token_reuse')"),
        })
        .collect();
    for rows in rows.chunks(5_000) {
        let insert = format!("INSERT INTO revocations (session_id, at, reason) VALUES {}", rows.join(", "));
        node.execute(&insert).await;
    }
    inserted.extend(ids.iter().map(ToString::to_string));
}

/// A socket that follows the revocations.
struct Follower {
    socket: Ws,
    /// Entries that the test has not read yet, each with the cursor that came with it.
    waiting: VecDeque<(Value, Value)>,
}

impl Follower {
    /// Subscribes, and returns the content of the first notification.
    async fn subscribe(endpoint: &ServiceEndpoint<'_>, since: Option<&Value>) -> (Self, Value) {
        let socket = endpoint.ws(&endpoint.key("tokens:verify").await).await;
        let params = since.map_or(json!({}), |since| json!({ "since": since }));
        assert_eq!(socket.ok("revocations.subscribe", params).await, "revocations");
        let first = next(&socket).await;
        (Self { socket, waiting: VecDeque::new() }, first)
    }

    /// The next entry, and the cursor that came with it.
    async fn entry(&mut self) -> (Value, Value) {
        loop {
            if let Some(entry) = self.waiting.pop_front() {
                return entry;
            }
            let page = next(&self.socket).await;
            self.waiting.extend(entries(&page).into_iter().map(|entry| (entry, page["cursor"].clone())));
        }
    }

    /// The next entry that matches.
    async fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> (Value, Value) {
        loop {
            let (entry, cursor) = self.entry().await;
            if is_it(&entry) {
                return (entry, cursor);
            }
        }
    }
}

/// The content of the next notification.
async fn next(socket: &Ws) -> Value {
    let notification = socket.next_other().await;
    assert_eq!(notification["method"], "revocations.event", "{notification}");
    assert_eq!(notification["params"]["subscription"], "revocations");
    notification["params"]["result"].clone()
}

/// The epoch of a cursor.
fn history(cursor: &Value) -> Value {
    let json = BASE64_URL_SAFE_NO_PAD.decode(cursor.as_str().expect("text")).expect("Base64url");
    serde_json::from_slice::<Value>(&json).expect("JSON")[0].clone()
}

fn entries(page: &Value) -> Vec<Value> {
    page["revocations"].as_array().expect("a list").clone()
}

both_databases! {
    async fn ended_sessions_and_renewed_credentials_are_announced(database: Database) {
        let (node, person, session) = crate::support::somebody(database).await;
        let user = &session.sign_in["profile"]["id"];
        let endpoint = node.service_endpoint().await;
        let shop = endpoint.with("tokens:verify").await;
        let none = shop.ok("revocations.list", json!({})).await;
        assert_eq!(none["revocations"], json!([]));
        let (mut follower, first) = Follower::subscribe(&endpoint, None).await;
        assert_eq!(first, none, "the subscriber gets its cursor");

        let other = person.sign_in(&node).await;
        other.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        let (ended, cursor) = follower.until(|entry| entry["session_id"] == other.id).await;
        let expected = json!({
            "session_id": other.id, "user_id": user, "at": ended["at"], "reason": "logout", "below": null,
        });
        assert_eq!(ended, expected);
        // Only now: entries that are committed together have one cursor.
        let change = json!({ "current_password": person.password, "new_password": PASSWORD_OF_LATER });
        session.http(&node).ok("auth.change_password", change).await;
        let (renewed, _) = follower.until(|entry| entry["session_id"] == session.id).await;
        assert_eq!((&renewed["reason"], &renewed["below"]), (&json!("password_changed"), &json!(1)));

        let all = shop.ok("revocations.list", json!({})).await;
        assert_eq!(entries(&all), [ended.clone(), renewed.clone()]);
        let later = shop.ok("revocations.list", json!({ "since": cursor })).await;
        assert_eq!((entries(&later), &later["cursor"]), (vec![renewed], &all["cursor"]), "from a cursor on");
        let nothing = shop.ok("revocations.list", json!({ "since": all["cursor"] })).await;
        assert_eq!((entries(&nothing), &nothing["cursor"]), (vec![], &all["cursor"]));
        let elsewhere = BASE64_URL_SAFE_NO_PAD.encode(json!([uuid::Uuid::new_v4(), 4711]).to_string());
        assert_eq!(shop.ok("revocations.list", json!({ "since": elsewhere })).await, all, "from another history");

        assert!(node.command(&["user", "delete", &person.email, "--yes"]).await.status.success());
        let (deleted, _) = follower.until(|entry| entry["reason"] == "account_deleted").await;
        assert_eq!((&deleted["session_id"], &deleted["user_id"]), (&json!(session.id), user));
    }

    async fn missed_entries_are_sent_after_a_reconnect(database: Database) {
        let (node, person, _) = crate::support::somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let (_, first) = Follower::subscribe(&endpoint, None).await;
        let mut ended = Vec::new();
        for _ in 0..3 {
            let session = person.sign_in(&node).await;
            session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
            ended.push(json!(session.id));
        }
        let (_, missed) = Follower::subscribe(&endpoint, Some(&first["cursor"])).await;
        let seen: Vec<Value> = entries(&missed).iter().map(|entry| entry["session_id"].clone()).collect();
        assert_eq!(seen, ended);
    }

    async fn a_restore_voids_every_token_by_one_entry(database: Database) {
        let node = Node::on(database).set("SWEEP_PERIOD", "100ms").start().await;
        let (_, session) = node.signed_in("ann").await;
        let endpoint = node.service_endpoint().await;
        let (mut follower, before) = Follower::subscribe(&endpoint, None).await;
        assert!(node.command(&["new-epoch"]).await.status.success());
        let (entry, cursor) = follower.until(|entry| entry["reason"] == "restored").await;
        assert_eq!((&entry["session_id"], &entry["user_id"], &entry["below"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_ne!(history(&cursor), history(&before["cursor"]));
        let listed = endpoint.with("tokens:verify").await.ok("revocations.list", json!({ "since": before["cursor"] })).await;
        assert!(entries(&listed).iter().all(|entry| entry["session_id"].is_null()), "{listed}");
        session.http(&node).refused("session_ended", "profile.get", json!({})).await;
    }

    async fn a_slow_subscriber_reads_everything_from_the_table(database: Database) {
        let node = Node::on(database).set("LOG", "debug").set("SWEEP_PERIOD", "100ms").start().await;
        let (person, _) = node.signed_in("ann").await;
        let endpoint = node.service_endpoint().await;
        let (mut follower, _) = Follower::subscribe(&endpoint, None).await;
        let key = endpoint.key("tokens:verify").await;
        let mut deaf = endpoint.deaf(&key).await;
        assert!(deaf.send(1, "revocations.subscribe", json!({}), PATIENCE).await);
        deaf.read().await.expect("the answer");
        deaf.read().await.expect("the first notification");
        // More than the socket's buffers hold, and then more readings than the node keeps for slow subscribers.
        let mut expected: BTreeSet<String> = BTreeSet::new();
        insert(&node, BULK, &mut expected).await;
        for _ in 0..READINGS {
            let session = person.sign_in(&node).await;
            session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
            follower.until(|entry| entry["session_id"] == session.id).await;
            expected.insert(session.id);
        }
        // It reads again, slowly at first; sessions keep ending in the meantime.
        let mut seen = BTreeSet::new();
        let mut cursors = Vec::new();
        while !expected.is_subset(&seen) {
            let message = deaf.read().await.expect("it is not cut off");
            let page = &message["params"]["result"];
            seen.extend(entries(page).iter().map(|entry| entry["session_id"].as_str().expect("an id").to_owned()));
            cursors.push(page["cursor"].clone());
            if cursors.len() % 50 == 1 {
                let session = person.sign_in(&node).await;
                session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
                expected.insert(session.id);
            }
        }
        assert!(node.output().contains("a subscriber to the revocations is slow"), "the subscriber lags behind");
        // Wherever its socket broke, it would have missed nothing.
        let shop = endpoint.with("tokens:verify").await;
        let last = shop.ok("revocations.list", json!({ "since": cursors.last() })).await;
        assert!(entries(&last).iter().all(|entry| seen.contains(entry["session_id"].as_str().expect("an id"))), "{last}");
        let session = person.sign_in(&node).await;
        session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        soon("the next one as it is committed", async {
            while !deaf.read().await.expect("open").to_string().contains(&session.id) {}
        })
        .await;
    }

    async fn a_socket_that_breaks_between_two_notifications_of_a_page_misses_nothing(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let mut expected = BTreeSet::new();
        insert(&node, 1000, &mut expected).await;
        // Of a page with several notifications only the first arrives, each time.
        let (mut since, mut seen, mut connections) = (None, BTreeSet::new(), 0);
        while seen.len() < expected.len() {
            let (_, page) = Follower::subscribe(&endpoint, since.as_ref()).await;
            seen.extend(entries(&page).iter().map(|entry| entry["session_id"].as_str().expect("an id").to_owned()));
            since = Some(page["cursor"].clone());
            connections += 1;
            assert!(connections <= 10, "{} of {} after {since:?}", seen.len(), expected.len());
        }
        assert_eq!(seen, expected);
    }

    async fn a_socket_has_one_subscription_and_http_has_none(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let (Follower { socket, .. }, first) = Follower::subscribe(&endpoint, None).await;
        socket.refused("forbidden", "revocations.subscribe", json!({})).await;
        let cursor = json!({ "since": "4711" });
        socket.invalid(&[("since", &["format"])], "revocations.list", cursor.clone()).await;
        let id = |id: &str| json!({ "subscription": id });
        assert_eq!(socket.ok("revocations.unsubscribe", id("account")).await, false);
        assert_eq!(socket.ok("revocations.unsubscribe", id("revocations")).await, true);
        assert_eq!(socket.ok("revocations.unsubscribe", id("revocations")).await, false);
        socket.invalid(&[("since", &["format"])], "revocations.subscribe", cursor).await;
        socket.ok("revocations.subscribe", json!({ "since": first["cursor"] })).await;
        assert_eq!(next(&socket).await["revocations"], json!([]));

        let http = endpoint.with("tokens:verify").await;
        http.refused("forbidden", "revocations.subscribe", json!({})).await;
        let other = endpoint.ws(&endpoint.key("users:read").await).await;
        for method in ["revocations.subscribe", "revocations.list"] {
            let refused = other.refused("forbidden", method, json!({})).await;
            assert_eq!(refused.data["scope"], "tokens:verify");
        }
    }
}

/// On PostgreSQL a number may be committed after a higher one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_committed_late_is_not_missed() {
    within(crate::support::STORY, "the story", async {
        let database = Database::postgres().await;
        let Database::Postgres(url) = &database else { panic!("PostgreSQL") };
        let mut late = PgConnection::connect(url).await.expect("a connection");
        let node = Node::on(database).set("SWEEP_PERIOD", "100ms").start().await;
        let (person, _) = node.signed_in("ann").await;
        let endpoint = node.service_endpoint().await;
        let shop = endpoint.with("tokens:verify").await;
        let (mut follower, first) = Follower::subscribe(&endpoint, None).await;

        let mut transaction = late.begin().await.expect("a transaction");
        sqlx::query("INSERT INTO revocations (at, reason) VALUES (now(), 'logout')")
            .execute(&mut *transaction)
            .await
            .expect("an entry");
        for _ in 0..2 {
            let session = person.sign_in(&node).await;
            session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
            let (_, cursor) = follower.until(|entry| entry["session_id"] == session.id).await;
            assert_eq!(cursor, first["cursor"], "it waits for the lower number");
            let listed = shop.ok("revocations.list", json!({ "since": cursor })).await;
            assert_eq!(listed["cursor"], cursor);
        }
        transaction.commit().await.expect("it commits");
        let (_, cursor) = follower.until(|entry| entry["session_id"].is_null()).await;
        let listed = shop.ok("revocations.list", json!({ "since": first["cursor"] })).await;
        assert_eq!((entries(&listed).len(), &listed["cursor"]), (3, &cursor));
        assert_eq!(entries(&shop.ok("revocations.list", json!({ "since": cursor })).await), Vec::<Value>::new());
        // Entries that were read before are not sent again.
        let session = person.sign_in(&node).await;
        session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        assert_eq!(follower.entry().await.0["session_id"], session.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_on_every_node_get_a_logout_on_one() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let person = cluster.nodes[0].registered("ann").await;
    let mut followers = Vec::new();
    for node in &cluster.nodes {
        followers.push(Follower::subscribe(&node.service_endpoint().await, None).await.0);
    }
    let mut times = Vec::new();
    for round in 0..10 {
        let node = &cluster.nodes[round % cluster.nodes.len()];
        let session = person.sign_in(node).await;
        session.http(node).ok("auth.logout", json!({ "scope": "local" })).await;
        let answered = Instant::now();
        let heard =
            join_all(followers.iter_mut().map(|follower| follower.until(|entry| entry["session_id"] == session.id)));
        soon("every subscriber", heard).await;
        times.push(answered.elapsed());
    }
    println!("from the answer to the logout to the last subscriber on three nodes: median {:?}", median(times));
}

/// Without the bus the sweep finds them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bus_the_sweep_finds_them() {
    let cluster = Cluster::start("100ms").await;
    cluster.ready().await;
    let [first, second, ..] = &cluster.nodes[..] else { panic!("nodes") };
    let person = first.registered("ann").await;
    let (mut follower, _) = Follower::subscribe(&second.service_endpoint().await, None).await;
    cluster.nats.kill().await;
    eventually("the bus is gone", || async {
        (crate::support::readiness(second).await.1.contains("bus")).then_some(())
    })
    .await;
    let session = person.sign_in(first).await;
    session.http(first).ok("auth.logout", json!({ "scope": "local" })).await;
    follower.until(|entry| entry["session_id"] == session.id).await;
}
