//! Wake-ups that come late, doubled and out of order, and some that nobody has sent.

use crate::{
    racing_writers::writers_and_tabs,
    support::{Account, Call, Cluster, Database, Disorder, Nats, RARE_SWEEP, rename, within},
};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_is_exact_whatever_the_order_of_wake_ups() {
    let nats = Nats::start().await;
    let wires = join_all((0..3).map(|_| Disorder::before(&nats))).await;
    let cluster = Cluster::on(Database::postgres().await, nats, RARE_SWEEP, |_, i| wires[i].url()).await;
    cluster.ready().await;
    let person = cluster.nodes[0].registered("ann").await;
    let nodes: Vec<_> = cluster.nodes.iter().collect();
    within(Duration::from_secs(150), "the story", writers_and_tabs(&nodes, 9, &person)).await;
    for wire in &wires {
        assert!(wire.messages() > 40, "it was put to the test: {} wake-ups", wire.messages());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_up_that_is_none_or_not_true_changes_nothing() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let caller = session.http(&cluster.nodes[0]);
    let user = accounts[0].profile["id"].as_str().expect("an id").to_owned();
    let lies = ["", "nonsense", "-1", "0", "1", "99999999999999999999", "9223372036854775807", "1000", "{\"a\":1}"];
    for (i, lie) in lies.into_iter().enumerate() {
        cluster.nats.publish(&format!("marbelle.user.{user}"), lie).await;
        caller.ok("profile.update", rename(i)).await;
    }
    // A last one, as a change that comes while a lie is being looked into may have to wait for the next.
    let present = Account::from_state(&caller.ok("account.get", json!({})).await);
    cluster.nats.publish(&format!("marbelle.user.{user}"), &present.revision.to_string()).await;
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        account.follow(tab, present.revision).await;
        assert_eq!(*account, present);
        assert!(!tab.is_closed());
    }
}
