//! A receiver that accepts nothing, with a hundred thousand waiting events.

use super::{NOWHERE, deliveries, operator, webhook};
use crate::support::{
    Answers, Call, Database, Inside, Node, Receiver, another_email, both_databases, eventually,
    inside::{account, disable, email},
    within,
};
use marbelle::{
    account::{Accounts, Operator},
    domain::{ids::ReceiverId, user::UserRef, webhook::WebhookUrl},
    store::{Delivered, DeliveryOutcome, Failed},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Users, and events of each.
const USERS: i64 = 1000;
const EVENTS: i64 = 100;
/// The additional memory that the node may use, in KiB.
const MEMORY: u64 = 64 * 1024;
/// The time limit for dropping all of it.
const DROPPING: Duration = Duration::from_secs(60);

/// Statements that queue all of it for a webhook, a kilobyte each.
fn backlog(database: &Database, webhook: &str) -> String {
    let hex = webhook.replace('-', "");
    let (id, receiver, user, text, planner) = match database {
        Database::Sqlite => (
            "randomblob(16)",
            format!("x'{hex}'"),
            "CAST(printf('%016d', u.n) AS BLOB)",
            "replace(hex(zeroblob(500)), '00', 'ab')",
            "PRAGMA optimize",
        ),
        Database::Postgres(_) => (
            "gen_random_uuid()",
            format!("'{webhook}'::uuid"),
            "lpad(to_hex(u.n), 32, '0')::uuid",
            "repeat('ab', 500)",
            "ANALYZE outgoing_events",
        ),
    };
    let now = match database {
        Database::Sqlite => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
        Database::Postgres(_) => "now()",
    };
    format!(
        "INSERT INTO outgoing_events (id, receiver_id, user_id, place, type, at, revision, object, state, attempts, \
         next_attempt_at, claimed, doomed) \
         WITH RECURSIVE u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u WHERE n < {USERS}), \
         e(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM e WHERE n < {EVENTS}) \
         SELECT {id}, {receiver}, {user}, e.n, 'profile.changed', {now}, e.n, '{{\"a\":\"' || {text} || '\"}}', 'waiting', 0, \
         CASE WHEN e.n = 1 THEN {now} END, FALSE, FALSE FROM u, e; {planner}"
    )
}

both_databases! {
    async fn it_slows_nobody_else_down(database: Database) {
        let node = Node::start(database).await;
        let (operator, dead, good) = (operator(&node).await, Receiver::start().await, Receiver::start().await);
        dead.be(Answers::Never);
        let (hook, _) = webhook(&operator, json!({ "url": dead.url(), "events": ["profile.changed"] })).await;
        webhook(&operator, json!({ "url": good.url(), "events": ["profile.changed"] })).await;
        let (_, session) = node.signed_in("ann").await;
        let page = session.http(&node);
        let change = async |n: usize| {
            let started = Instant::now();
            page.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
            let called = started.elapsed();
            good.requests(n + 1).await;
            (called, started.elapsed())
        };
        let (mut before, mut beside) = (Vec::new(), Vec::new());
        for n in 0..10 {
            before.push(change(n).await);
        }
        let memory = node.resident_kib();
        node.execute(&backlog(&node.database, &hook)).await;
        dead.requests(8).await;
        for n in 10..40 {
            beside.push(change(n).await);
        }
        let more = node.resident_kib().saturating_sub(memory);
        assert!(more < MEMORY, "{more} KiB more");
        assert_eq!(dead.most_at_a_time(), 8);
        let slowest = |samples: &[(Duration, Duration)]| {
            let of = |part: fn(&(Duration, Duration)) -> Duration| {
                let mut sorted: Vec<_> = samples.iter().map(part).collect();
                sorted.sort_unstable();
                sorted[sorted.len() / 2]
            };
            (of(|sample| sample.0), of(|sample| sample.1))
        };
        let ((call, delivery), (call_beside, delivery_beside)) = (slowest(&before), slowest(&beside));
        // The other receiver gets its events in its usual interval, and calls take their usual time.
        assert!(delivery_beside < delivery * 3 + Duration::from_millis(300), "{delivery:?}, then {delivery_beside:?}");
        assert!(call_beside < call * 3 + Duration::from_millis(20), "{call:?}, then {call_beside:?}");

        let first = operator.ok("webhooks.deliveries", json!({ "webhook_id": hook, "state": "waiting", "limit": 200 })).await;
        assert_eq!((first["deliveries"].as_array().expect("a list").len(), &first["more"]), (200, &json!(true)));
        let off = operator.ok("webhooks.update", json!({ "webhook_id": hook, "disabled": true }));
        within(DROPPING, "all of it to be dropped", off).await;
        assert_eq!(deliveries(&operator, &hook).await.len(), 0);
    }

    async fn no_statement_of_the_queue_scans_the_table(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        let hook = inside.with(async |accounts| {
            account(accounts, &ann).await;
            let url = WebhookUrl::parse(NOWHERE).expect("a URL");
            accounts.create_webhook(url, None, None, Operator::CommandLine).await.expect("a webhook").0.id
        }).await;
        inside.execute(&database, &backlog(&database, &hook.0.to_string())).await;
        if database.url().is_some() {
            forget_scans(&database).await;
        }
        let (measured, works) = inside.measuring(async |measuring| {
            let accounts = &measuring.accounts;
            let user = accounts.get_user(&UserRef::Email(ann.clone())).await.expect("an account").profile.id;
            measuring.measure(async || {
                // Two changes, so that one waits behind the other.
                disable(accounts, &ann).await;
                accounts.enable_user(user, None, Operator::CommandLine).await.expect("enabled");
                deliver(accounts, hook.into()).await;
            }).await.1
        }).await;
        let of_queue: Vec<&str> =
            works[&measured].texts.iter().map(String::as_str).filter(|text| text.contains("outgoing_events")).collect();
        assert!(of_queue.len() > 10, "{of_queue:#?}");
        match &database {
            Database::Sqlite => {
                let mut file = inside.file().await;
                for text in of_queue.iter().flat_map(|text| text.split("; ")) {
                    for step in plan(&mut file, text).await {
                        assert!(!step.starts_with("SCAN outgoing_events"), "{step}: {text}");
                    }
                }
            }
            Database::Postgres(_) => {
                // A connection hands its counts in when it ends.
                let counts = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'outgoing_events'";
                let (read_through, _) = eventually("the counts are there", async || {
                    let counts: (i64, i64) = sqlx::query_as(counts).fetch_one(&mut database.connect().await).await.expect("counts");
                    (counts.1 >= 10).then_some(counts)
                }).await;
                assert_eq!(read_through, 0, "{of_queue:#?}");
            }
        }
    }
}

/// A worker's statements for the events of a receiver: it delivers one, fails with the next, and delivers again.
async fn deliver(accounts: &Arc<Accounts>, receiver: ReceiverId) {
    let (store, now) = (&accounts.store, accounts.clock.now());
    let until = now.after(Duration::from_secs(60));
    assert!(store.event_is_due(receiver, now).await.expect("an answer"));
    let mut tx = store.write().await.expect("a transaction");
    let heads = tx.claim_events(receiver, now, until, (8, 8)).await.expect("claims");
    let head = heads.first().expect("a head is due");
    let user = head.user_id.expect("it is a user's");
    assert!(tx.renew_event(head.id, head.attempts, until).await.expect("an answer"));
    tx.commit().await.expect("committed");
    let next = store.next_event(user, receiver, head.place).await.expect("an answer").expect("another waits");
    let retry_at = Some(until);
    let failed = Failed { id: next.id, attempts: 1, status: Some(500), error: "it fails".to_owned(), retry_at };
    let outcome = DeliveryOutcome {
        head: head.id,
        claim: head.attempts,
        user: Some(user),
        delivered: vec![Delivered { id: head.id, status: Some(200) }],
        failed: Some(failed),
    };
    let mut tx = store.write().await.expect("a transaction");
    assert!(tx.settle_events(receiver, &outcome, now).await.expect("settled"));
    tx.commit().await.expect("committed");
    let mut tx = store.write().await.expect("a transaction");
    tx.recall_events(receiver, now, until.after(Duration::from_secs(60)), 100).await.expect("recalled");
    tx.requeue_event(head.id, now).await.expect("queued again");
    tx.commit().await.expect("committed");
    store.list_deliveries(receiver, None, None, 50).await.expect("a page");
}

/// Resets PostgreSQL's statistics of the tables, such as the scans that built their indexes.
async fn forget_scans(database: &Database) {
    let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // A connection hands its counts in when it ends.
    eventually("the other connections have ended", async || {
        let left: i64 = sqlx::query_scalar(others).fetch_one(&mut database.connect().await).await.expect("a number");
        (left == 0).then_some(())
    })
    .await;
    sqlx::query("SELECT pg_stat_reset()").execute(&mut database.connect().await).await.expect("it is reset");
}

/// How SQLite runs a statement.
async fn plan(file: &mut SqliteConnection, text: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
    let steps = sqlx::raw_sql(explain).fetch_all(file).await.expect("a plan");
    steps.iter().map(|step| step.get("detail")).collect()
}
