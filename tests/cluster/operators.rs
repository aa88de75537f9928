//! An operator's changes reach the sockets of every node over the bus. The sweep is too rare to contribute.

use crate::support::{Call, Cluster, RARE_SWEEP, soon};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_closes_its_sockets_everywhere_at_once() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let endpoints = join_all(cluster.nodes.iter().map(|node| node.service_endpoint())).await;
    let operator = endpoints[0].with("keys").await;
    for by_command in [false, true] {
        let made = operator.ok("keys.create", json!({ "name": "orders", "scopes": ["keys"] })).await;
        let (id, secret) = (&made["key"]["id"], made["secret"].as_str().expect("a secret"));
        let sockets = join_all(endpoints.iter().map(|endpoint| endpoint.ws(secret))).await;
        if by_command {
            let revoked = cluster.nodes[0].run(&["key", "revoke", id.as_str().expect("an id")]).await;
            assert_eq!(revoked.0, 0, "{}", revoked.2);
        } else {
            operator.ok("keys.revoke", json!({ "key_id": id })).await;
        }
        for socket in &sockets {
            soon("the end of a socket", socket.closed()).await;
            assert_eq!(socket.close_frame(), Some((4401, "revoked".into())));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_reaches_the_tabs_of_every_node_at_once() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let node = &cluster.nodes[0];
    let (person, session) = node.signed_in("ann").await;
    let id = session.sign_in["profile"]["id"].as_str().expect("an id").to_owned();
    let service = node.service_endpoint().await.with("users:write,users:delete").await;
    for (command, reason) in
        [("end-sessions", "revoked"), ("disable", "account_disabled"), ("delete", "account_deleted")]
    {
        let session = person.sign_in(node).await;
        let tabs = cluster.tabs(&session).await;
        join_all(tabs.iter().map(|tab| tab.snapshot())).await;
        let yes: &[&str] = if command == "delete" { &["--yes"] } else { &[] };
        let (status, _, message) = node.run(&[&["user", command, &person.email], yes].concat()).await;
        assert_eq!(status, 0, "{message}");
        for tab in &tabs {
            soon("the end of a tab", tab.revoked(reason)).await;
        }
        if command == "disable" {
            service.ok("users.enable", json!({ "user_id": id })).await;
        }
    }
    // A service's call on one node takes effect on all of them.
    let (_, session) = node.signed_in("bob").await;
    let tabs = cluster.tabs(&session).await;
    join_all(tabs.iter().map(|tab| tab.snapshot())).await;
    service.ok("users.delete", json!({ "user_id": session.sign_in["profile"]["id"] })).await;
    for tab in &tabs {
        soon("the end of a tab", tab.revoked("account_deleted")).await;
    }
}
