//! One account on three nodes with the bus. The sweep is too rare to contribute, so every event has come over the bus.

use crate::{
    feed::racing_writers::writers_and_tabs,
    support::{
        Account, Call, Cluster, Person, RARE_SWEEP, Ws, address, change_and_wait, eventually, median, rename, soon,
        within,
    },
};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const CHANGES: usize = 50;
const LOGOUTS: usize = 20;

async fn cluster_with_ann() -> (Cluster, Person) {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let person = cluster.nodes[0].registered("ann").await;
    (cluster, person)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_one_reaches_the_tabs_of_all_in_order() {
    let (cluster, person) = cluster_with_ann().await;
    let session = person.sign_in(&cluster.nodes[0]).await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let mut times = Vec::new();
    for i in 0..CHANGES {
        let caller = session.http(&cluster.nodes[i % 3]);
        let (events, took) = change_and_wait(&caller, &tabs, rename(i)).await;
        accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
        times.push(took);
    }
    // Not one at a time: the order is that of the log.
    let callers: Vec<_> = cluster.nodes.iter().map(|node| session.http(node)).collect();
    for label in ["A", "B", "C", "D", "E", "F"] {
        join_all(callers.iter().map(|caller| caller.call("profile.update", rename(label)))).await;
        callers[0].ok("addresses.create", address(label)).await;
    }
    for ((account, tab), caller) in accounts.iter_mut().zip(&tabs).zip(&callers) {
        account.assert_equals_get(tab, caller).await;
    }
    println!("from the call on one node to its event on the last of three: median {:?}", median(times));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_on_one_closes_the_tabs_of_all_and_ends_the_tokens_at_once() {
    let (cluster, person) = cluster_with_ann().await;
    let [first, others @ ..] = &cluster.nodes[..] else { panic!("three nodes") };
    let mut times = Vec::new();
    for _ in 0..LOGOUTS {
        let session = person.sign_in(first).await;
        let tabs = cluster.tabs(&session).await;
        join_all(tabs.iter().map(Ws::snapshot)).await;
        let started = Instant::now();
        let http = session.http(first);
        let logout = async {
            http.ok("auth.logout", json!({ "scope": "local" })).await;
            // At once: no later call on any node acts for it.
            for node in others {
                let error = session.http(node).refused("session_ended", "profile.get", json!({})).await;
                assert_eq!(error.data["reason"], "logout");
                let refresh = json!({ "refresh_token": session.refresh_token });
                node.http().refused("session_ended", "auth.refresh", refresh).await;
            }
        };
        let closed = join_all(tabs.iter().map(|tab| async {
            tab.revoked("logout").await;
            started.elapsed()
        }));
        let ((), closed) = soon("every tab closed", async { tokio::join!(logout, closed) }).await;
        times.extend(closed.into_iter().max());
    }
    println!("from the logout on one node to the close of the last tab on three: median {:?}", median(times));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_writers_on_three_nodes() {
    let (cluster, person) = cluster_with_ann().await;
    let nodes: Vec<_> = cluster.nodes.iter().collect();
    within(Duration::from_secs(150), "the story", writers_and_tabs(&nodes, 9, &person)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_on_one_ends_with_a_change_on_another() {
    let (cluster, person) = cluster_with_ann().await;
    let session = person.sign_in(&cluster.nodes[0]).await;
    let (waiting, caller) = (session.http(&cluster.nodes[1]), session.http(&cluster.nodes[2]));
    for i in 0..10 {
        let since = caller.ok("account.get", json!({})).await["revision"].clone();
        let wait = waiting.ok("account.changes", json!({ "since": since, "wait_ms": 25_000 }));
        let (page, _) =
            soon("the end of the wait", async { tokio::join!(wait, caller.ok("profile.update", rename(i))) }).await;
        assert_eq!(page["events"].as_array().map(Vec::len), Some(1), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_listens_again_for_a_user_who_comes_back() {
    let (cluster, person) = cluster_with_ann().await;
    let session = person.sign_in(&cluster.nodes[0]).await;
    for i in 0..20 {
        // The first events after the subscription, each time on a fresh socket.
        let tabs = cluster.tabs(&session).await;
        let mut accounts = join_all(tabs.iter().map(Account::of)).await;
        let (events, _) = change_and_wait(&session.http(&cluster.nodes[i % 3]), &tabs, rename(i)).await;
        accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
        // Disconnected everywhere, and shown as such.
        drop(tabs);
        let caller = session.http(&cluster.nodes[0]);
        eventually("no open socket", || async {
            let session = caller.ok("session.current", json!({})).await["session"].clone();
            (session["connected"] == false).then_some(())
        })
        .await;
    }
}
