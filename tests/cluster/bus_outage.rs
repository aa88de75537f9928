//! Outages of the message bus.

use crate::support::{
    Account, Call, Cluster, Database, Nats, RARE_SWEEP, Ws, address, change_and_wait, eventually, median, readiness,
    rename, soon, within,
};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_secs(3);
/// Beyond the period: the time of the sweep and the delivery themselves, on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_bus_the_sweep_delivers_and_calls_go_on() {
    let cluster = Cluster::start("3s").await;
    cluster.ready().await;
    let [first, others @ ..] = &cluster.nodes[..] else { panic!("three nodes") };
    let person = first.registered("ann").await;
    let (staying, leaving) = (person.sign_in(first).await, person.sign_in(first).await);
    let (tabs, closing) = (cluster.tabs(&staying).await, cluster.tabs(&leaving).await);
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    join_all(closing.iter().map(Ws::snapshot)).await;

    // Killed during changes.
    let caller = staying.http(first);
    let writing = async {
        for i in 0..60 {
            soon("a call without the bus", caller.ok("profile.update", rename(i))).await;
        }
    };
    let killing = async {
        accounts[2].apply(&tabs[2].next_event().await); // the first change has come through
        cluster.nats.kill().await;
    };
    tokio::join!(writing, killing);
    let started = Instant::now();
    leaving.http(first).ok("auth.logout", json!({ "scope": "local" })).await;
    for node in others {
        leaving.http(node).refused("session_ended", "profile.get", json!({})).await;
        let refresh = json!({ "refresh_token": leaving.refresh_token });
        node.http().refused("session_ended", "auth.refresh", refresh).await;
        assert_eq!(
            node.refused_handshake(&[("authorization", &format!("Bearer {}", leaving.access_token))]).await,
            401
        );
        let (status, why) = readiness(node).await;
        assert!(status == 503 && why.contains("bus") && !why.contains("database"), "{status} {why}");
    }
    within(PERIOD + SLACK, "the close of every tab", join_all(closing.iter().map(|tab| tab.revoked("logout")))).await;
    println!("the bus down: from the logout to the close of the last tab {:?} (sweep every 3 s)", started.elapsed());
    let present = Account::from_state(&caller.ok("account.get", json!({})).await);
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        within(PERIOD + SLACK, "every event by the sweep", account.follow(tab, present.revision)).await;
        assert_eq!(*account, present);
    }

    cluster.nats.restart().await;
    cluster.ready().await;
    let mut times = Vec::new();
    let started = Instant::now();
    for i in 100..120 {
        let (events, took) = change_and_wait(&caller, &tabs, rename(i)).await;
        accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
        times.push(took);
    }
    // One after the other: by the sweep, twenty would take a minute.
    assert!(started.elapsed() < 2 * PERIOD, "the bus is back and delivery is slow: {times:?}");
    println!("the bus back: from the call to the last of three tabs, median {:?}", median(times));
    for (account, tab) in accounts.iter_mut().zip(&tabs) {
        account.assert_equals_get(tab, &caller).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missed_changes_are_swept_at_once_when_the_bus_is_back() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let caller = session.http(&cluster.nodes[0]);
    for round in 0..3 {
        cluster.nats.kill().await;
        caller.ok("profile.update", rename(round)).await;
        // A follower that starts without the bus, as well.
        let late = session.tab(&cluster.nodes[1]).await;
        let mut account = Account::of(&late).await;
        caller.ok("addresses.create", address(&format!("Label {round}"))).await;
        cluster.nats.restart().await;
        // Long before the next sweep would be due.
        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            soon("what was missed", account.assert_equals_get(tab, &caller)).await;
        }
        soon("what was missed", account.assert_equals_get(&late, &caller)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_start_without_the_bus_and_use_it_once_it_is_up() {
    let nats = Nats::start().await;
    nats.kill().await;
    let cluster = Cluster::on(Database::postgres().await, nats, RARE_SWEEP, |nats, _| nats.url()).await;
    for node in &cluster.nodes {
        let (status, why) = readiness(node).await;
        assert!(status == 503 && why.contains("bus"), "{status} {why}");
    }
    let (_, session) = soon("a sign-in without the bus", cluster.nodes[0].signed_in("ann")).await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    cluster.nats.restart().await;
    cluster.ready().await;
    for i in 0..5 {
        let (events, _) = change_and_wait(&session.http(&cluster.nodes[i % 3]), &tabs, rename(i)).await;
        accounts.iter_mut().zip(&events).for_each(|(account, event)| account.apply(event));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_one_of_several_servers_is_used() {
    let (dead, alive) = (Nats::start().await, Nats::start().await);
    dead.kill().await;
    let urls = format!("{}, {}", dead.url(), alive.url());
    let cluster = Cluster::on(Database::postgres().await, alive, RARE_SWEEP, |_, _| urls.clone()).await;
    cluster.ready().await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    join_all(tabs.iter().map(Account::of)).await;
    change_and_wait(&session.http(&cluster.nodes[0]), &tabs, rename(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_the_url_is_sent_to_a_server_that_demands_one() {
    for (arguments, url_user) in
        [(&["--user", "mar", "--pass", "b:l@e"][..], "mar:b%3Al%40e@"), (&["--auth", "t/oken"], "t%2Foken@")]
    {
        let nats = Nats::start_with(arguments).await;
        let address = nats.address();
        let cluster =
            Cluster::on(Database::postgres().await, nats, RARE_SWEEP, |_, _| format!("nats://{url_user}{address}"));
        let cluster = cluster.await;
        cluster.ready().await;
        for node in &cluster.nodes {
            assert!(!node.output().contains("b:l@e") && !node.output().contains("oken"), "{}", node.output());
        }
    }
    // A wrong one: the node runs, and logs what is missing.
    let nats = Nats::start_with(&["--user", "mar", "--pass", "belle"]).await;
    let address = nats.address();
    let url = |_: &Nats, _| format!("nats://mar:wrong@{address}");
    let cluster = Cluster::on(Database::postgres().await, nats, RARE_SWEEP, url).await;
    let node = &cluster.nodes[0];
    node.printed("authorization violation").await;
    eventually("a node that is not ready", || async { (readiness(node).await.0 == 503).then_some(()) }).await;
    node.signed_in("ann").await;
}
