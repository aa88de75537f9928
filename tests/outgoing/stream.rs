//! The JetStream stream: each event once, in the order of its user, over restarts of all parts.

use crate::support::{Call, Database, Nats, Node, Session, eventually, within};
use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tempfile::TempDir;

const STREAM: &str = "ACCOUNTS";
/// Longer than the lease of a worker that was killed.
const AFTER_A_KILL: Duration = Duration::from_secs(60);

/// A NATS server with JetStream, and the folder of its streams.
struct Servers {
    nats: Nats,
    _folder: TempDir,
}

impl Servers {
    async fn start() -> Self {
        let folder = TempDir::with_prefix("marbelle-jetstream-").expect("a temporary folder");
        let nats = Nats::start_with(&["-js", "-sd", &folder.path().display().to_string()]).await;
        Self { nats, _folder: folder }
    }

    async fn node(&self, database: Database) -> Node {
        let node = Node::on(database).shared_keys().set("NATS_URL", self.nats.url());
        node.set("STREAM", STREAM).start().await
    }

    async fn client(&self) -> Client {
        async_nats::connect(self.nats.url()).await.expect("it connects")
    }

    /// A request to JetStream.
    async fn ask(&self, what: &str, params: Value) -> Value {
        let asked = self.client().await.request(format!("$JS.API.{what}"), params.to_string().into()).await;
        serde_json::from_slice(&asked.expect("an answer").payload).expect("JSON")
    }

    /// A new consumer of everything in the stream.
    async fn consumer(&self) -> Subscriber {
        let client = self.client().await;
        let inbox = client.new_inbox();
        let messages = client.subscribe(inbox.clone()).await.expect("it subscribes");
        client.flush().await.expect("it is sent");
        let config = json!({ "deliver_subject": inbox, "ack_policy": "none", "deliver_policy": "all" });
        let create = json!({ "stream_name": STREAM, "config": config });
        let made = self.ask(&format!("CONSUMER.CREATE.{STREAM}"), create).await;
        assert!(made["error"].is_null(), "{made}");
        messages
    }

    /// The number of messages in the stream.
    async fn count(&self) -> u64 {
        let info = self.ask(&format!("STREAM.INFO.{STREAM}"), json!({})).await;
        info["state"]["messages"].as_u64().unwrap_or_default()
    }
}

async fn rename(session: &Session, node: &Node, name: &str) {
    session.http(node).ok("profile.update", json!({ "first_name": name })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_gets_each_event_once_and_in_order_over_restarts() {
    let servers = Servers::start().await;
    let mut first = servers.node(Database::postgres().await).await;
    let second = Node::on(first.database.clone()).shared_keys().smtp(&first.smtp).set("NATS_URL", servers.nats.url());
    let second = second.set("STREAM", STREAM).start().await;
    let (_, ann) = first.signed_in("ann").await;
    let (_, bob) = first.signed_in("bob").await;
    let round = async |first: &Node, label: &str| {
        for change in 0..10 {
            rename(&ann, first, &format!("{label} {change}")).await;
            rename(&bob, &second, &format!("{label} {change}")).await;
        }
    };
    round(&first, "Before").await;
    // With the servers down, changes continue, and their events wait.
    servers.nats.kill().await;
    round(&first, "Without").await;
    servers.nats.restart().await;
    round(&first, "After").await;
    first.kill9().await;
    first.restart().await;
    round(&first, "Again").await;
    // Two events of the beginning and forty changes of each.
    let expected = 2 * (2 + 40);
    within(AFTER_A_KILL, "all events", async {
        while servers.count().await < expected {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;

    let mut consumer = servers.consumer().await;
    let (mut by_user, mut ids) = (BTreeMap::<String, Vec<i64>>::new(), Vec::new());
    for _ in 0..expected {
        let message = within(Duration::from_secs(10), "a message", consumer.next()).await.expect("a message");
        let event: Value = serde_json::from_slice(&message.payload).expect("JSON");
        let user = event["data"]["user_id"].as_str().expect("a user").to_owned();
        assert_eq!(message.subject.as_str(), format!("marbelle.events.{user}"));
        ids.push(message.headers.expect("headers").get("Nats-Msg-Id").expect("an id").to_string());
        by_user.entry(user).or_default().push(event["data"]["revision"].as_i64().expect("a revision"));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, expected);
    assert_eq!(by_user.len(), 2);
    for (user, revisions) in by_user {
        assert_eq!(revisions, (0..42).collect::<Vec<_>>(), "{user}");
    }
    // Events in the stream are no longer queued.
    eventually("the queue is empty", async || (!second.rows().await.contains("outgoing_events: ")).then_some(())).await;
    assert_eq!(servers.count().await, expected, "none came twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_stream_is_created_and_an_existing_one_left_as_it_is() {
    let servers = Servers::start().await;
    let node = servers.node(Database::postgres().await).await;
    node.registered("ann").await;
    let made = eventually("the stream", async || {
        let info = servers.ask(&format!("STREAM.INFO.{STREAM}"), json!({})).await;
        (info["state"]["messages"] == 1).then_some(info)
    })
    .await;
    let config = &made["config"];
    assert_eq!(config["subjects"], json!(["marbelle.events.*"]));
    assert_eq!(config["max_age"], json!(7 * 86_400_000_000_000_u64));
    assert_eq!((&config["duplicate_window"], &config["storage"]), (&json!(3_600_000_000_000_u64), &json!("file")));

    // A stream that the operator has created, and created again while the node runs.
    servers.ask(&format!("STREAM.DELETE.{STREAM}"), json!({})).await;
    let own = json!({ "name": STREAM, "subjects": ["marbelle.events.>"], "storage": "memory", "max_msgs": 10 });
    let remade = servers.ask(&format!("STREAM.CREATE.{STREAM}"), own).await;
    assert!(remade["error"].is_null(), "{remade}");
    node.registered("bob").await;
    let kept = eventually("the message", async || {
        let info = servers.ask(&format!("STREAM.INFO.{STREAM}"), json!({})).await;
        (info["state"]["messages"] == 1).then_some(info)
    })
    .await;
    assert_eq!((&kept["config"]["storage"], &kept["config"]["max_msgs"]), (&json!("memory"), &json!(10)));
}
