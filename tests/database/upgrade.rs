//! A rolling upgrade: this program on the tables of a newer one.

use crate::{
    feed::racing_writers::writers_and_tabs,
    support::{Account, Call, Database, Node, Person, address, both_databases, marbelle, rename},
};
use serde_json::json;
use std::process::Output;

/// A migration that no version of this program knows.
const FUTURE: i64 = 9999;

/// The changes that migrations of a newer version may make, to every table: columns, another table, an index.
async fn migrate_to_the_future(node: &Node) {
    for table in node.tables().await.iter().filter(|table| !table.starts_with("_sqlx")) {
        node.execute(&format!("ALTER TABLE {table} ADD COLUMN newer TEXT DEFAULT 'x'")).await;
    }
    // The name of a column of another table, with which this one is joined.
    node.execute("ALTER TABLE users ADD COLUMN device_name TEXT").await;
    node.execute("CREATE TABLE newer_things (id TEXT NOT NULL PRIMARY KEY)").await;
    node.execute("CREATE INDEX users_by_newer ON users (newer)").await;
    node.execute(&format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT {FUTURE}, 'of the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1"
    ))
    .await;
}

/// The calls of clients, so that every table is read and written.
async fn use_everything(node: &Node, person: &Person) {
    let session = person.sign_in(node).await;
    let tab = session.tab(node).await;
    let mut account = Account::of(&tab).await;
    let http = session.http(node);
    http.ok("profile.update", rename(account.revision)).await;
    // With a second address, so that the deleted one is never the only one.
    http.ok("addresses.create", address(&format!("A {}", account.revision))).await;
    let created = http.ok("addresses.create", address(&format!("B {}", account.revision))).await;
    http.ok("addresses.update", json!({ "address_id": created["id"], "city": "Vlorë" })).await;
    http.ok("addresses.list", json!({})).await;
    http.ok("addresses.delete", json!({ "address_id": created["id"] })).await;
    http.ok("session.list", json!({})).await;
    http.ok("account.security_log", json!({})).await;
    http.ok("account.changes", json!({ "since": 0 })).await;
    node.reset_token(&person.email).await;
    let renewed = session.refreshed(node).await;
    account.assert_equals_get(&tab, &http).await;
    renewed.http(node).ok("auth.logout", json!({ "scope": "local" })).await;
    tab.revoked("logout").await;
    node.signed_in("another").await;
}

fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Tries to start the program on the node's database and settings, which must fail.
async fn assert_does_not_start(node: &Node, reason: &str) {
    for command in ["serve", "migrate", "new-epoch"] {
        let output = node.command(&[command]).await;
        assert_eq!(output.status.code(), Some(1), "{command}: {}", error_text(&output));
        assert!(error_text(&output).contains(reason), "{command}: {}", error_text(&output));
    }
}

both_databases! {
    async fn it_runs_on_newer_tables_and_starts_on_them(database: Database) {
        let mut node = Node::start(database).await;
        let person = node.registered("ann").await;
        // Twice before, so that statements are prepared; then without a restart; then with one.
        use_everything(&node, &person).await;
        use_everything(&node, &person).await;
        migrate_to_the_future(&node).await;
        use_everything(&node, &person).await;
        assert!(!node.output().contains("incident"), "{}", node.output());
        node.kill9().await;
        node.restart().await;
        node.printed("the tables belong to a newer version").await;
        use_everything(&node, &person).await;
    }

    async fn it_does_not_start_below_the_floor(database: Database) {
        let mut node = Node::start(database).await;
        migrate_to_the_future(&node).await;
        node.execute(&format!("UPDATE schema_floor SET migration = {FUTURE}")).await;
        node.stop().await;
        assert_does_not_start(&node, &format!("need a program that knows migration {FUTURE}")).await;
    }

    async fn it_does_not_start_if_a_migration_differs(database: Database) {
        let mut node = Node::start(database).await;
        node.execute("UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 2").await;
        node.stop().await;
        assert_does_not_start(&node, "migration 2 was previously applied but has been modified").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_nodes_keep_working_while_another_migrates() {
    let (first, second) = Node::pair().await;
    let person = first.registered("ann").await;
    let writing = async { writers_and_tabs(&[&first, &second], 4, &person).await };
    let migrating = async {
        let tab = person.sign_in(&first).await.tab(&first).await;
        let mut account = Account::of(&tab).await;
        for _ in 0..10 {
            account.apply(&tab.next_event().await);
        }
        migrate_to_the_future(&second).await;
    };
    tokio::join!(writing, migrating);
    for node in [&first, &second] {
        use_everything(node, &person).await;
        assert!(!node.output().contains("incident"), "{}", node.output());
    }
    let settings = [("MARBELLE_DATABASE_URL", first.database.url().unwrap())];
    let output = marbelle(&["migrate"], &settings).await;
    assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
}
