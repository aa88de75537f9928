//! Wake-ups that arrive late, duplicated and out of order, and forged ones.

use crate::{
    feed::racing_writers::writers_and_tabs,
    support::{Account, Call, Cluster, Database, Disorder, Nats, RARE_SWEEP, rename, within},
};
use futures_util::future::join_all;
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
        assert!(wire.messages() > 40, "only {} wake-ups were sent", wire.messages());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_or_false_wake_up_changes_nothing() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let caller = session.http(&cluster.nodes[0]);
    let subject = format!("marbelle.user.{}", accounts[0].profile["id"].as_str().expect("an id"));
    let lies = ["", "nonsense", "-1", "0", "1", "99999999999999999999", "9223372036854775807", "1000", "{\"a\":1}"];
    for i in 0..40 {
        // Each forged wake-up comes beside a real change, which must be delivered nevertheless; no socket may close.
        let lie = lies[i % lies.len()];
        let lying = cluster.nats.publish(&subject, lie);
        tokio::join!(lying, caller.ok("profile.update", rename(i)));
        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            account.apply(&tab.next_event().await);
            assert!(!tab.is_closed());
        }
    }
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        account.assert_equals_get(tab, &caller).await;
    }
}
