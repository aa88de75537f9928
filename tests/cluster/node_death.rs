//! One of three nodes is killed with -9 while it writes.

use crate::support::{Account, Call, Cluster, Http, rename, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const ROUNDS: usize = 10;
const WRITERS: usize = 4;

/// Writes until the node dies; returns every answered change.
async fn write(http: Http, name: String) -> Vec<Value> {
    let mut answered = Vec::new();
    while let Some(reply) = http.attempt("profile.update", rename(format!("{name} {}", answered.len()))).await {
        answered.push(reply.expect("nothing to refuse"));
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_committed_reaches_the_tabs_on_the_others() {
    let mut cluster = Cluster::start("500ms").await;
    cluster.ready().await;
    let (_, session) = cluster.nodes[1].signed_in("ann").await;
    let tabs = [session.tab(&cluster.nodes[1]).await, session.tab(&cluster.nodes[2]).await];
    let mut accounts = join_all(tabs.iter().map(Account::of)).await;
    let survivor = session.http(&cluster.nodes[1]);
    let mut total = 0;
    for round in 0..ROUNDS {
        let first_revision = accounts[0].revision;
        let dying = &mut cluster.nodes[0];
        let writers: Vec<_> =
            (0..WRITERS).map(|i| tokio::spawn(write(session.http(dying), format!("{round} {i}")))).collect();
        // At another moment each time.
        for _ in 0..(3 + 4 * round) {
            accounts[0].apply(&tabs[0].next_of("profile.changed").await);
        }
        dying.kill9().await;
        let mut answered = Vec::new();
        for writer in within(Duration::from_secs(20), "the writers", join_all(writers)).await {
            answered.extend(writer.expect("a writer"));
        }
        total += answered.len();

        for (account, tab) in accounts.iter_mut().zip(&tabs) {
            account.assert_equals_get(tab, &survivor).await;
        }
        let since = json!({ "since": first_revision, "limit": 500 });
        let log = survivor.ok("account.changes", since).await;
        assert_eq!(log["more"], false);
        let log = log["events"].as_array().expect("events");
        for profile in &answered {
            assert!(log.iter().any(|event| event["data"] == *profile), "an answered change is missing: {profile}");
        }
        // At most the one unanswered change of each writer.
        assert!(log.len() <= answered.len() + WRITERS, "{} events of {} answers", log.len(), answered.len());
        dying.restart().await;
    }
    assert!(total > 10 * ROUNDS, "only {total} changes were answered");
}
