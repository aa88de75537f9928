//! TLS to NATS with a private authority, and the ways of signing in there.

use crate::support::{
    Account, Authority, Call, Cluster, Database, Nats, Node, OperatedNats, RARE_SWEEP, Tap, change_and_wait, readiness,
    rename,
};
use futures_util::future::join_all;
use serde_json::json;

const HERE: &str = "127.0.0.1";

/// A change reaches tabs on every node before the sweep could find it.
async fn assert_delivers<Bus>(cluster: &Cluster<Bus>) {
    cluster.ready().await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    for i in 0..3 {
        let (events, _) = change_and_wait(&session.http(&cluster.nodes[i]), &tabs, rename(i)).await;
        accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_and_server_authenticate_each_other() {
    let authority = Authority::new();
    let (ca, node) = (authority.file().display().to_string(), authority.certify("node.shop.example"));
    let mut arguments = vec!["--user".into(), "mar".into(), "--pass".into(), "belle".into()];
    arguments.extend(["--tlsverify".into(), "--tlscacert".into(), ca.clone()]);
    arguments.extend(authority.certify(HERE).nats_arguments());
    let nats = Nats::start_with(&arguments).await;
    let tap = Tap::on(nats.address()).await;
    let url =
        format!("tls://mar:belle@{}?ca={ca}&cert={}&key={}", tap.address, node.chain.display(), node.key.display());
    let cluster = Cluster::on(Database::postgres().await, nats, RARE_SWEEP, |_, _| url.clone()).await;
    assert_delivers(&cluster).await;
    assert_eq!(tap.heard("CONNECT"), (true, false), "nothing of the protocol is sent in clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unauthenticated_server_is_sent_nothing() {
    let (authority, another) = (Authority::new(), Authority::new());
    let known = Nats::start_with(&authority.certify(HERE).nats_arguments()).await;
    let elsewhere = Nats::start_with(&authority.certify("bus.shop.example").nats_arguments()).await;
    let plain = Nats::start().await;
    for (nats, believed, reason) in
        [(&known, &another, "UnknownIssuer"), (&elsewhere, &authority, "not valid for name"), (&plain, &authority, "")]
    {
        let tap = Tap::on(nats.address()).await;
        let url = format!("tls://mar:belle@{}?ca={}", tap.address, believed.file().display());
        let node = Node::on(Database::postgres().await).set("NATS_URL", url).start().await;
        // It serves without the bus, is not ready, and logs the reason.
        let line = node.printed("the bus cannot be reached").await;
        assert!(line.contains(&tap.address.to_string()) && line.contains(reason), "{line}");
        let (status, why) = readiness(&node).await;
        assert!(status == 503 && why.contains("bus"), "{status} {why}");
        let (_, session) = node.signed_in("ann").await;
        session.http(&node).ok("profile.get", json!({})).await;
        assert!(!tap.heard("CONNECT").1 && !tap.heard("belle").1, "{reason}: nothing is sent in clear");
        assert!(!node.output().contains("belle@"), "{}", node.output());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_signs_in_with_a_credentials_file() {
    let nats = OperatedNats::start().await;
    let cluster = Cluster::on(Database::postgres().await, nats, RARE_SWEEP, |nats, _| nats.url()).await;
    assert_delivers(&cluster).await;
}
