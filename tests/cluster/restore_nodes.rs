//! A backup restored under three running nodes, and `marbelle new-epoch` after it.

use crate::support::{Account, Call, Cluster, RARE_SWEEP, Ws, address, reconnected, rename, within};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

/// The sweep's period, and the time of the sweep and the closing on a busy machine.
const SWEPT: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_closes_its_sockets_and_starts_again() {
    let cluster = Cluster::start("1s").await;
    cluster.ready().await;
    let [first, second, third] = &cluster.nodes[..] else { panic!("three nodes") };
    let person = first.registered("ann").await;
    let (at_home, at_work) = (person.sign_in(first).await, person.sign_in(second).await);
    let backup = first.database.backup().await;
    join_all(cluster.nodes.iter().map(reconnected)).await;

    // Changes that the restore undoes: another session, and a longer log.
    let lost = person.sign_in(third).await;
    let sessions = [&at_home, &at_work, &lost];
    let tabs: Vec<Ws> =
        join_all(sessions.iter().map(|session| cluster.tabs(session))).await.into_iter().flatten().collect();
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let http = at_home.http(second);
    for label in ["B", "C", "D"] {
        http.ok("addresses.create", address(label)).await;
    }
    let known = Account::from_state(&http.ok("account.get", json!({})).await);
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        account.follow(tab, known.revision).await;
    }

    first.database.restore(&backup).await;
    let output = first.command(&["new-epoch"]).await;
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("2 sessions of 1 accounts"), "{printed}");

    let closed = within(SWEPT, "the close of every socket on every node", join_all(tabs.iter().map(Ws::closed))).await;
    for event in closed.iter().flatten() {
        assert_eq!(
            (&event["type"], &event["data"]["reason"]),
            (&json!("session.revoked"), &json!("restored")),
            "{event:#}"
        );
    }
    join_all(cluster.nodes.iter().map(reconnected)).await;
    for node in &cluster.nodes {
        at_home.assert_ended(node, "restored").await;
        at_work.assert_ended(node, "restored").await;
        lost.http(node).refused("unauthenticated", "profile.get", json!({})).await;
        // Sessions that no longer exist end, and all others continue.
        let session = person.sign_in(node).await;
        let tabs = cluster.tabs(&session).await;
        join_all(tabs.iter().map(|tab| tab.subscribe(Some(1), Some(&known.epoch)))).await;
        let snapshots = join_all(tabs.iter().map(|tab| tab.next_of("snapshot"))).await;
        let mut accounts: Vec<_> = snapshots.iter().map(Account::from_snapshot).collect();
        assert!(accounts.iter().all(|account| account.epoch != known.epoch && account.addresses.is_empty()));
        let caller = session.http(node);
        caller.ok("profile.update", rename("again")).await;
        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            account.assert_equals_get(tab, &caller).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_were_stopped_for_it_start_on_the_new_epoch() {
    let mut cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let (person, session) = cluster.nodes[0].signed_in("ann").await;
    let backup = cluster.nodes[0].database.backup().await;
    reconnected(&cluster.nodes[0]).await;
    session.http(&cluster.nodes[0]).ok("profile.update", rename("lost")).await;
    for node in &mut cluster.nodes {
        node.stop().await;
    }
    cluster.nodes[0].database.restore(&backup).await;
    let output = cluster.nodes[0].command(&["new-epoch"]).await;
    assert!(output.status.success(), "{output:?}");
    for node in &mut cluster.nodes {
        node.restart().await;
    }
    cluster.ready().await;
    for node in &cluster.nodes {
        session.assert_ended(node, "restored").await;
        let profile = person.sign_in(node).await.http(node).ok("profile.get", json!({})).await;
        assert_eq!(profile["first_name"], "Ann");
    }
}
