//! PgBouncer between the nodes and PostgreSQL, configured as in docs/scaling.md.

use crate::support::{Account, Call, Database, Node, PgBouncer, address, rename, within};
use futures_util::future::join_all;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_work_through_a_pgbouncer() {
    let direct = Database::postgres().await;
    // PgBouncer does not pass on startup parameters: the database has to set what the node requests for each
    // connection.
    let mut connection = direct.connect().await;
    let name = direct.url().expect("PostgreSQL").rsplit('/').next().expect("a name").to_owned();
    for setting in ["statement_timeout = '10s'", "lock_timeout = '5s'", "idle_in_transaction_session_timeout = '20s'"] {
        let sql = format!("ALTER DATABASE {name} SET {setting}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("the statement runs");
    }
    let bouncer = PgBouncer::before(&direct).await;

    // Both at once, on an empty database: one of them creates the tables.
    let node = || Node::on(bouncer.database.clone()).shared_keys();
    let first = node();
    let (first, second) = within(Duration::from_secs(30), "two nodes", async {
        let first = first.start().await;
        let second = node().smtp(&first.smtp).start().await;
        (first, second)
    })
    .await;
    let (person, session) = first.signed_in("ann").await;
    let tab = session.tab(&second).await;
    let mut account = Account::of(&tab).await;
    for label in ["A", "B", "C"] {
        session.http(&first).ok("addresses.create", address(label)).await;
        account.apply(&tab.next_of("addresses.changed").await);
    }
    // More calls at once than either node has connections, so that connections change hands between statements.
    let names: Vec<String> = (0..80).map(|i| format!("Ann {i}")).collect();
    let calls = names.iter().enumerate().map(|(i, name)| {
        let http = session.http(if i % 2 == 0 { &first } else { &second });
        async move { http.ok("profile.update", rename(name)).await }
    });
    join_all(calls).await;
    for _ in 0..80 {
        account.apply(&tab.next_of("profile.changed").await);
    }
    account.assert_equals_get(&tab, &session.http(&first)).await;
    let again = person.sign_in(&second).await;
    session.http(&first).ok("auth.logout", serde_json::json!({})).await;
    again.assert_ended(&second, "logout").await;
    for node in [&first, &second] {
        assert!(!node.output().contains("prepared statement"), "{}: {}", bouncer.pool_mode, node.output());
        assert!(!node.output().contains("sets no time limits"), "{}", node.output());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_time_limits_is_reported() {
    let direct = Database::postgres().await;
    let bouncer = PgBouncer::before(&direct).await;
    let node = Node::on(bouncer.database.clone()).start().await;
    node.printed("sets no time limits").await;
    node.signed_in("ann").await;
    let node = Node::on(Database::postgres().await).start().await;
    node.signed_in("ann").await;
    assert!(!node.output().contains("sets no time limits"), "{}", node.output());
}
