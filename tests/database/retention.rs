//! The retention of the log.

use crate::support::{Account, Call, Database, Node, address, both_databases, eventually};
use serde_json::{Value, json};
use std::time::Duration;

both_databases! {
    async fn a_client_that_returns_too_late_gets_a_snapshot(database: Database) {
        let mut node = Node::on(database).set("LIFETIMES__EVENTS", "1s").start().await;
        let (_, session) = node.signed_in("ann").await;
        for label in ["A", "B", "C"] {
            session.http(&node).ok("addresses.create", address(label)).await;
        }
        let before = session.http(&node).ok("account.get", json!({})).await;
        node.stop().await;
        tokio::time::sleep(Duration::from_millis(1200)).await; // what is awaited is age itself
        node.restart().await;
        let http = session.http(&node);
        let answer = eventually("the log's beginning to be gone", || async {
            let answer = http.ok("account.changes", json!({ "since": 1 })).await;
            (answer["snapshot_required"] == true).then_some(answer)
        })
        .await;
        assert_eq!(answer["events"], Value::Array(vec![]));
        // Only the log is shorter: the account is unchanged, and clients that are up to date continue.
        let after = http.ok("account.get", json!({})).await;
        for part in ["revision", "epoch", "profile", "addresses"] {
            assert_eq!(after[part], before[part], "{part}");
        }
        let late = session.tab(&node).await;
        late.subscribe(Some(1), None).await;
        let mut account = Account::from_snapshot(&late.next_of("snapshot").await);
        let in_time = session.tab(&node).await;
        in_time.subscribe(after["revision"].as_i64(), after["epoch"].as_str()).await;
        http.ok("profile.update", json!({ "first_name": "Anne" })).await;
        account.apply(&late.next_of("profile.changed").await);
        assert_eq!(in_time.next_of("profile.changed").await["revision"], account.revision);
    }
}
