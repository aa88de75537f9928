//! A receiver that takes nothing, with a hundred thousand events before its door.

use super::{deliveries, operator, webhook};
use crate::support::{Answers, Call, Database, Node, Receiver, both_databases, within};
use serde_json::json;
use std::time::{Duration, Instant};

/// Users, and events of each.
const USERS: i64 = 1000;
const EVENTS: i64 = 100;
/// What the node may take more than without, in KiB.
const MEMORY: u64 = 64 * 1024;
/// How long dropping all of it may take.
const DROPPING: Duration = Duration::from_secs(60);

/// Statements that queue all of it for a webhook, of a kilobyte each.
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
    async fn it_costs_nobody_else_anything(database: Database) {
        let node = Node::start(database).await;
        let (operator, dead, good) = (operator(&node).await, Receiver::start().await, Receiver::start().await);
        dead.be(Answers::Never);
        let (hook, _) = webhook(&operator, json!({ "url": dead.url(), "events": ["profile.changed"] })).await;
        webhook(&operator, json!({ "url": good.url(), "events": ["profile.changed"] })).await;
        let (_, session) = node.signed_in("ann").await;
        let page = session.http(&node);
        let change = async |n: usize| {
            let begun = Instant::now();
            page.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
            let called = begun.elapsed();
            good.requests(n + 1).await;
            (called, begun.elapsed())
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
        // The other receiver is told by its beat, and calls take what they took.
        assert!(delivery_beside < delivery * 3 + Duration::from_millis(300), "{delivery:?}, then {delivery_beside:?}");
        assert!(call_beside < call * 3 + Duration::from_millis(20), "{call:?}, then {call_beside:?}");

        let first = operator.ok("webhooks.deliveries", json!({ "webhook_id": hook, "state": "waiting", "limit": 200 })).await;
        assert_eq!((first["deliveries"].as_array().expect("a list").len(), &first["more"]), (200, &json!(true)));
        let off = operator.ok("webhooks.update", json!({ "webhook_id": hook, "disabled": true }));
        within(DROPPING, "all of it to be dropped", off).await;
        assert_eq!(deliveries(&operator, &hook).await.len(), 0);
    }
}
