//! PostgreSQL is killed with -9 and restarted, while three nodes write.

use crate::support::{Account, Call, Cluster, Http, Nats, OwnPostgres, eventually, rename, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const CRASHES: usize = 3;
const WRITERS: usize = 6;

/// Writes until it is stopped; returns every answered change. `unavailable` is the only error allowed.
async fn write(http: Http, name: usize, stop: Arc<AtomicBool>, unavailable: Arc<AtomicUsize>) -> Vec<Value> {
    let mut answered = Vec::new();
    let mut n = 0;
    while !stop.load(Ordering::SeqCst) {
        n += 1;
        match http.call("profile.update", rename(format!("{name} {n}"))).await {
            Ok(profile) => answered.push(profile),
            Err(error) => {
                assert_eq!(error.kind, "unavailable", "{error:?}");
                assert!(error.data["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{error:?}");
                assert!(["not_done", "unknown"].contains(&error.data["outcome"].as_str().unwrap_or_default()));
                unavailable.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answered_change_is_lost_and_no_tab_misses_any() {
    let postgres = OwnPostgres::start().await;
    let nats = Nats::start().await;
    let cluster = Cluster::on(postgres.database.clone(), nats, "1s", |nats, _| nats.url()).await;
    let (_, session) = cluster.nodes[0].signed_in("ann").await;
    let tabs = cluster.tabs(&session).await;
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let (stop, unavailable) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|i| tokio::spawn(write(session.http(&cluster.nodes[i % 3]), i, stop.clone(), unavailable.clone())))
        .collect();
    for _ in 0..CRASHES {
        for _ in 0..20 {
            accounts[0].apply(&tabs[0].next_event().await);
        }
        let before = unavailable.load(Ordering::SeqCst);
        postgres.kill().await;
        eventually("a client that is told", || async { (unavailable.load(Ordering::SeqCst) > before).then_some(()) })
            .await;
        postgres.restart().await;
    }
    for _ in 0..20 {
        accounts[0].apply(&tabs[0].next_event().await);
    }
    stop.store(true, Ordering::SeqCst);
    let mut answered = Vec::new();
    for writer in within(Duration::from_secs(60), "the writers", join_all(writers)).await {
        answered.extend(writer.expect("a writer"));
    }
    for ((account, tab), node) in accounts.iter_mut().zip(&tabs).zip(&cluster.nodes) {
        account.assert_equals_get(tab, &session.http(node)).await;
    }
    let http = session.http(&cluster.nodes[0]);
    let (mut since, mut log) = (json!(0), Vec::new());
    loop {
        let page = http.ok("account.changes", json!({ "since": since, "limit": 500 })).await;
        log.extend(page["events"].as_array().expect("events").clone());
        if page["more"] == false {
            break;
        }
        since = page["revision"].clone();
    }
    for profile in &answered {
        let at = profile["revision"].as_u64().expect("a revision") as usize;
        assert_eq!(log.get(at - 1).map(|event| &event["data"]), Some(profile), "an answered change is kept");
    }
    println!("{} changes answered, {} times unavailable", answered.len(), unavailable.load(Ordering::SeqCst));
}
