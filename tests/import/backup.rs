//! A copy of the SQLite database, made while the server runs.

use crate::support::{Call, Database, Node, soon};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_whole_private_and_replaces_nothing() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("copy.db");
    let name = file.display().to_string();
    let node = Node::start(Database::sqlite()).await;
    let (person, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    let writes = async {
        for n in 0.. {
            http.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
        }
    };
    let backup = ["backup", name.as_str()];
    let output = tokio::select! {
        output = node.command(&backup) => output,
        () = writes => panic!("writes never end"),
    };
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    let before = std::fs::read(&file).expect("the copy");
    let output = node.command(&backup).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("exists already"), "{output:?}");
    assert!(std::fs::read(&file).expect("the copy") == before);

    // The copy serves.
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    std::fs::copy(&file, data.join("marbelle.db")).expect("copied");
    let restored =
        soon("a node on the copy", Node::on(Database::sqlite()).set("DATA_DIR", data.display()).start()).await;
    person.sign_in(&restored).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_has_its_own_tools() {
    let node = Node::start(Database::postgres().await).await;
    let output = node.command(&["backup", "/nowhere/copy.db"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("pg_dump"), "{output:?}");
}
