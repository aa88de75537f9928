//! Three NATS servers in a cluster, each of which fails and comes back.

use crate::support::{
    Account, Call, Cluster, Database, NatsCluster, Ws, change_and_wait, eventually, median, rename, within,
};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_secs(3);
/// Beyond the period: the time of the sweep and the delivery themselves, on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// Nodes that are connected to any server.
async fn connected(nats: &NatsCluster) -> usize {
    nats.nodes().await.iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_server_dies_connects_to_another() {
    let cluster = Cluster::on(Database::postgres().await, NatsCluster::start().await, "3s", |nats, _| nats.url()).await;
    cluster.ready().await;
    let person = cluster.nodes[0].registered("ann").await;
    let session = person.sign_in(&cluster.nodes[0]).await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let caller = session.http(&cluster.nodes[0]);
    for round in 0..3 {
        // The one with the most nodes, during changes and a sign-out.
        let nodes = cluster.nats.nodes().await;
        let (busiest, at_it) = nodes.iter().copied().enumerate().max_by_key(|(_, nodes)| *nodes).unwrap();
        assert!(at_it > 0, "{nodes:?}");
        let leaving = person.sign_in(&cluster.nodes[1]).await;
        let closing = cluster.tabs(&leaving).await;
        join_all(closing.iter().map(Ws::snapshot)).await;
        let writing = async {
            for i in 0..30 {
                caller.ok("profile.update", rename(format!("{round} {i}"))).await;
            }
            leaving.http(&cluster.nodes[2]).ok("auth.logout", json!({ "scope": "local" })).await;
        };
        let killing = async {
            accounts[1].apply(&tabs[1].next_event().await);
            cluster.nats.servers[busiest].kill().await;
        };
        tokio::join!(writing, killing);
        within(PERIOD + SLACK, "the close of every tab", join_all(closing.iter().map(|tab| tab.revoked("logout"))))
            .await;
        let present = Account::from_state(&caller.ok("account.get", json!({})).await);
        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            within(PERIOD + SLACK, "every event", account.follow(tab, present.revision)).await;
        }

        cluster.ready().await;
        let (mut times, started) = (Vec::new(), Instant::now());
        for i in 0..20 {
            let caller = session.http(&cluster.nodes[i % 3]);
            let (events, took) = change_and_wait(&caller, &tabs, rename(format!("{round} at another {i}"))).await;
            accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
            times.push(took);
        }
        // One after the other: by the sweep, twenty would take a minute.
        assert!(started.elapsed() < 2 * PERIOD, "delivery is slow at two servers: {times:?}");
        println!("two of three servers: from the call to the last of three tabs, median {:?}", median(times));
        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            account.assert_equals_get(tab, &caller).await;
        }

        cluster.nats.servers[busiest].restart().await;
        cluster.nats.joined().await;
        assert_eq!(connected(&cluster.nats).await, cluster.nodes.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_reconnect_after_an_outage_of_the_whole_cluster() {
    let cluster = Cluster::on(Database::postgres().await, NatsCluster::start().await, "3s", |nats, _| nats.url()).await;
    cluster.ready().await;
    join_all(cluster.nats.servers.iter().map(|server| server.kill())).await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let caller = session.http(&cluster.nodes[2]);
    caller.ok("profile.update", rename("without")).await;
    for server in &cluster.nats.servers {
        server.restart().await;
    }
    cluster.ready().await;
    let back = || async { (connected(&cluster.nats).await == cluster.nodes.len()).then_some(()) };
    eventually("every node at a server", back).await;
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        within(PERIOD + SLACK, "what was missed", account.assert_equals_get(tab, &caller)).await;
    }
}
