//! Settings of the listener, as seen by a client.

use crate::support::{Database, Node};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The page of an app has its shell's own scheme.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apps_shell_signs_in_by_cookie() {
    const APP: &str = "capacitor://localhost";
    let node = Node::on(Database::sqlite()).set("ALLOWED_ORIGINS", format!("{APP},https://shop.example")).start().await;
    let person = node.registered("ann").await;
    let mut login = person.credentials();
    login["credentials"] = json!("cookie");
    let exchange = node.http().with("origin", APP).exchange("auth.login", login.clone()).await;
    assert_eq!(exchange.header("access-control-allow-origin"), APP);
    assert!(!exchange.header("set-cookie").is_empty());
    for foreign in ["capacitor://localhost:8100", "ionic://localhost", "https://localhost"] {
        let exchange = node.http().with("origin", foreign).exchange("auth.login", login.clone()).await;
        assert_eq!(exchange.status, 403, "{foreign}");
    }
}

/// Longer than proxies keep theirs, or a call is sent on a connection that is just being closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_kept_for_the_configured_time() {
    const IDLE: Duration = Duration::from_secs(2);
    let node = Node::on(Database::sqlite()).set("HTTP_IDLE", "2s").start().await;
    let mut connection = TcpStream::connect(node.address()).await.unwrap();
    let mut answer = [0; 4096];
    for _ in 0..2 {
        connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        assert!(connection.read(&mut answer).await.unwrap() > 0, "it is used again");
        tokio::time::sleep(IDLE / 2).await;
    }
    let started = Instant::now();
    let end = tokio::time::timeout(IDLE * 3, connection.read(&mut answer)).await.expect("it is closed").unwrap_or(0);
    assert_eq!(end, 0);
    assert!(started.elapsed() > IDLE / 4, "not too early: {:?}", started.elapsed());
}
