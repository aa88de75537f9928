//! The listener of `/metrics`, whose counts of letters and calls could reveal known addresses.

use crate::support::{Call, Database, Node};
use serde_json::json;

async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

/// The address at which the node serves metrics, from its output.
async fn service(node: &Node) -> String {
    let line = node.printed("Metrics are served at ").await;
    line.split_whitespace().last().expect("a URL").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_serves_metrics_only_on_the_configured_listener() {
    let closed = Node::on(Database::sqlite()).production().start().await;
    assert_eq!(get(&format!("http://{}/metrics", closed.address())).await.0, 404, "not at all");

    let open = Node::on(Database::sqlite()).production().set("SERVICE_LISTEN", "127.0.0.1:0").start().await;
    let metrics = service(&open).await;
    open.unverified("ann").await;
    let (status, text) = get(&metrics).await;
    assert_eq!(status, 200);
    assert!(text.contains("marbelle_calls_total{method=\"auth.register\",outcome=\"ok\"} 1"), "{text}");
    assert_eq!(get(&format!("http://{}/metrics", open.address())).await.0, 404, "only there");
    let base = metrics.trim_end_matches("/metrics");
    for path in ["/", "/rpc", "/healthz", "/openrpc.json"] {
        assert_eq!(get(&format!("{base}{path}")).await.0, 404, "{path} is not served there");
    }
    let posted = reqwest::Client::new().post(&metrics).body("x").send().await.expect("an answer");
    assert_eq!((posted.status().as_u16(), &posted.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn development_serves_metrics_on_its_listener_by_default() {
    let node = Node::start(Database::sqlite()).await;
    assert_eq!(get(&format!("http://{}/metrics", node.address())).await.0, 200);
    let node = Node::on(Database::sqlite()).set("SERVICE_LISTEN", "127.0.0.1:0").start().await;
    assert_eq!(get(&service(&node).await).await.0, 200);
    assert_eq!(get(&format!("http://{}/metrics", node.address())).await.0, 404);
    node.http().ok("rpc.discover", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_use_is_named() {
    let node = Node::start(Database::sqlite()).await;
    let output = crate::support::marbelle(
        &["serve"],
        &[
            ("MARBELLE_LISTEN", "127.0.0.1:0"),
            ("MARBELLE_SERVICE_LISTEN", &node.address().to_string()),
            ("MARBELLE_DATA_DIR", node.data().to_str().unwrap()),
        ],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains(&node.address().to_string()), "{message}");
}
