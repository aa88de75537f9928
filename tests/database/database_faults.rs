//! Faults of SQLite: a full disk, another process's lock, a damaged file. Each is a clear error, and no change is half
//! done.

use crate::support::{Account, Call, Database, Http, Node, address, eventually, somebody};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    process::Command,
};
use tempfile::TempDir;

/// A file system of a few MiB that is really full when it is full.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new() -> Self {
        let folder = TempDir::with_prefix("marbelle-small-disk-").unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path()).output();
        let mounted = mounted.expect("mount runs");
        assert!(
            mounted.status.success(),
            "a full disk is shown on a tmpfs of its own, which takes the right to mount (root, or CAP_SYS_ADMIN in \
             a container): {mounted:?}"
        );
        Self(folder)
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Fills the rest of the disk.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        while ballast.write_all(&[7; 4096]).is_ok() {}
        while ballast.write_all(&[7]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(self.0.path()).status();
    }
}

async fn open(node: &Node) -> SqliteConnection {
    SqliteConnectOptions::new().filename(node.data().join("marbelle.db")).connect().await.unwrap()
}

async fn not_done(http: &Http, method: &str, params: Value) {
    let error = http.refused("unavailable", method, params).await;
    assert_eq!(error.data["outcome"], "not_done", "{error:?}");
    assert!(error.data["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk() {
    let disk = SmallDisk::new();
    let node = Node::on(Database::sqlite()).set("DATA_DIR", disk.0.path().join("data").display()).start().await;
    let (ann, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;
    disk.fill();
    // There may be room inside the files, which gets used up.
    let mut edits = 0;
    let refused = loop {
        let name = format!("{}{edits}", "Ann".repeat(30));
        match http.call("profile.update", json!({ "first_name": name })).await {
            Ok(profile) => {
                account.apply(&tab.next_of("profile.changed").await);
                assert_eq!(profile, account.profile);
            }
            Err(error) => break error,
        }
        edits += 1;
        assert!(edits < 5000, "the disk never gets full");
    };
    assert_eq!((refused.kind.as_str(), &refused.data["outcome"]), ("unavailable", &json!("not_done")), "{refused:?}");
    not_done(&http, "profile.update", json!({ "first_name": "A".repeat(90) })).await;
    not_done(&http, "addresses.create", address("Home")).await;
    not_done(&node.http(), "auth.login", ann.credentials()).await;
    // Reads continue, and show nothing of the refused changes.
    account.assert_equals_get(&tab, &http).await;

    disk.make_room();
    eventually("a change after there is room", || async { http.call("addresses.create", address("Home")).await.ok() })
        .await;
    account.apply(&tab.next_of("addresses.changed").await);
    account.assert_equals_get(&tab, &http).await;
    let check: (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut open(&node).await).await.unwrap();
    assert_eq!(check.0, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_another_process() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let http = session.http(&node);
    let tab = session.tab(&node).await;
    let mut account = Account::of(&tab).await;
    let mut other = open(&node).await;
    let lock = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    not_done(&http, "addresses.create", address("Home")).await;
    http.ok("profile.get", json!({})).await;
    account.assert_equals_get(&tab, &http).await;
    lock.rollback().await.unwrap();
    other.close().await.unwrap();
    http.ok("addresses.create", address("Home")).await;
    account.apply(&tab.next_of("addresses.changed").await);
    account.assert_equals_get(&tab, &http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_affects_only_its_own_rows() {
    let (mut node, _, session) = somebody(Database::sqlite()).await;
    session.http(&node).ok("addresses.create", address("Home")).await;
    let before = session.http(&node).ok("account.get", json!({})).await;
    node.stop().await;
    let mut connection = open(&node).await;
    let page: (i64,) = sqlx::query_as("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'addresses'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut file = OpenOptions::new().write(true).open(node.data().join("marbelle.db")).unwrap();
    file.seek(SeekFrom::Start((page.0.unsigned_abs() - 1) * 4096)).unwrap();
    file.write_all(&[0xff; 4096]).unwrap();
    drop(file);

    node.restart().await;
    let http = session.http(&node);
    http.refused("unavailable", "addresses.list", json!({})).await;
    not_done(&http, "addresses.create", address("Work")).await;
    let profile = http.ok("profile.get", json!({})).await;
    assert_eq!(profile, before["profile"]);
    let changes = http.ok("account.changes", json!({ "since": 0 })).await;
    assert_eq!(changes["revision"], before["revision"], "nothing of the refused change is in the log");
    assert!(node.output().contains("malformed"), "the log says what it is:\n{}", node.output());
}

#[tokio::test]
async fn a_file_that_is_not_a_database() {
    let (mut node, ..) = somebody(Database::sqlite()).await;
    node.stop().await;
    fs::write(node.data().join("marbelle.db"), "a letter to grandmother\n".repeat(400)).unwrap();
    let output = node.command(&["serve"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the database could not be opened") && said.contains("not a database"), "{said}");
}
