//! A call can be found in the log by its trace.

use crate::support::{Call, Database, Node};
use serde_json::json;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn traceparent(trace: &str) -> String {
    format!("00-{trace}-b7ad6b7169203331-01")
}

#[tokio::test]
async fn the_callers_trace_is_adopted() {
    let node = Node::start(Database::sqlite()).await;
    let ann = node.registered("ann").await;
    let login = json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": ann.credentials() });
    node.http().post().header("traceparent", traceparent(TRACE)).json(&login).send().await.unwrap();
    // Without any setting: every line has its trace.
    let line = node.printed(TRACE).await;
    assert!(line.contains("auth.login"), "{line}");
}

#[tokio::test]
async fn a_socket_has_the_trace_of_its_handshake() {
    let node = Node::on(Database::sqlite()).set("LOG", "marbelle=debug").start().await;
    let ws = node.ws_with(&[("traceparent", &traceparent(TRACE))]).await.unwrap();
    ws.refused("unauthenticated", "profile.get", json!({})).await;
    let line = node.printed(TRACE).await;
    assert!(line.contains("profile.get") && line.contains("unauthenticated"), "{line}");
}

#[tokio::test]
async fn a_call_without_a_trace_gets_one_of_its_own() {
    let node = Node::on(Database::sqlite()).set("LOG", "marbelle=debug").start().await;
    let broken = json!({ "jsonrpc": "2.0", "id": 1, "method": "session.list" });
    node.http().post().header("traceparent", "00-zz").json(&broken).send().await.unwrap();
    node.http().refused("unauthenticated", "profile.get", json!({})).await;
    let mut traces = Vec::new();
    for method in ["session.list", "profile.get"] {
        let line = node.printed(method).await;
        let trace = line.split("trace=").nth(1).unwrap_or_else(|| panic!("{line}"));
        let trace: String = trace.chars().take_while(char::is_ascii_hexdigit).collect();
        assert_eq!(trace.len(), 32, "{line}");
        traces.push(trace);
    }
    assert_ne!(traces[0], traces[1]);
}
