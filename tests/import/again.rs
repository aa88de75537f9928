//! Repeated imports: after an interruption, after changes on either side, beside a running server.

use super::source::{Source, import, reported};
use crate::support::{Call, Database, Node, Session, address, both_databases};
use serde_json::{Value, json};
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

const EMAIL: &str = "customer000@example.org";
const PASSWORD: &str = "sea walk number 0";

async fn sign_in(node: &Node, email: &str, password: &str) -> Session {
    Session::from_wire(node.http().ok("auth.login", json!({ "email": email, "password": password })).await)
}

/// All accounts of a node, without the ids and times that every import generates.
async fn exported(node: &Node) -> Vec<Value> {
    let output = node.command(&["export", "jsonl"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let mut accounts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for account in &mut accounts {
        account["id"] = Value::Null;
        account["disabled_at"] = json!(!account["disabled_at"].is_null());
        for address in account["addresses"].as_array_mut().expect("addresses") {
            address["id"] = Value::Null;
        }
    }
    accounts.sort_by_key(|account| account["external_id"].as_str().map(str::to_owned));
    accounts
}

both_databases! {
    async fn killed_at_ten_random_moments_it_ends_with_the_same_result(database: Database) {
        let source = Source::like(&database).await;
        let whole = Node::start(match database {
            Database::Sqlite => Database::sqlite(),
            Database::Postgres(_) => Database::postgres().await,
        }).await;
        let started = std::time::Instant::now();
        let (status, report, _) = import(&whole, &source, &["--batch", "3"]).await;
        let takes = started.elapsed();
        assert_eq!(status, Some(1));

        let node = Node::start(database).await;
        let mut cut_short = 0;
        for _ in 0..10 {
            let mut child = Command::new(env!("CARGO_BIN_EXE_marbelle"))
                .env_clear()
                .envs(node.environment())
                .args(["import", "django", "--from", &source.url, "--batch", "3"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("the binary starts");
            tokio::time::sleep(takes.mul_f64(rand::random_range(0.05..0.9))).await;
            child.start_kill().expect("it accepts the signal");
            cut_short += usize::from(child.wait().await.expect("its end").code().is_none());
        }
        assert!(cut_short > 0, "none was killed in time");
        let (status, resumed, _) = import(&node, &source, &["--batch", "3"]).await;
        assert_eq!(status, Some(1));
        assert_eq!(exported(&node).await, exported(&whole).await);
        assert_eq!(resumed, report);
    }

    async fn local_changes_are_kept_and_reported(database: Database) {
        let source = Source::like(&Database::sqlite()).await;
        let node = Node::start(database).await;
        import(&node, &source, &[]).await;
        let session = sign_in(&node, EMAIL, PASSWORD).await;
        let http = session.http(&node);
        http.ok("profile.update", json!({ "first_name": "Käthe" })).await;
        let list = http.ok("addresses.list", json!({})).await;
        http.ok("addresses.delete", json!({ "address_id": list[1]["id"] })).await;
        let before = exported(&node).await;

        let (status, report, printed) = import(&node, &source, &[]).await;
        assert_eq!(status, Some(1));
        assert!(printed.contains("0  accounts made"), "{printed}");
        assert_eq!(reported(&report, "users", 1), ["differs first_name"]);
        assert_eq!(reported(&report, "addresses", 2), ["differs -"]);
        assert_eq!(exported(&node).await, before);
        let texts = report.iter().map(Value::to_string).collect::<String>();
        assert!(!texts.contains("Käthe") && !texts.contains("Katrin"), "no values");
    }
}

const MORE: &str = "
    INSERT INTO users SELECT 900, password, NULL, 0, 'new@example.org', 'New', 'Comer', 0, 1, '2099-01-01 00:00:00',
        'new@example.org', NULL, NULL FROM users WHERE id = 1;
    INSERT INTO addresses SELECT 900, 'SEA', first_name, last_name, company, address_line_1, address_line_2, city,
        state, postal_code, country, phone, 1, created_at, updated_at, 1 FROM addresses WHERE id = 1;
    UPDATE users SET first_name = 'Other' WHERE id = 2;
    UPDATE users SET is_active = 1 WHERE id = 185;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_rows_of_the_source_are_imported() {
    let (before, after) = (Source::changed("").await, Source::changed(MORE).await);
    let node = Node::start(Database::sqlite()).await;
    import(&node, &before, &[]).await;
    let map = after.file("map.csv");
    let (_, report, printed) = import(&node, &after, &["--map", &map.display().to_string()]).await;
    assert!(printed.contains("2  accounts made") && printed.contains("1  addresses made"), "{printed}");
    assert_eq!(reported(&report, "users", 900), ["replaced date_joined"]);
    assert_eq!(reported(&report, "users", 2), ["differs first_name"]);
    assert_eq!(reported(&report, "addresses", 900), ["replaced is_primary", "renamed label"]);
    let session = sign_in(&node, EMAIL, PASSWORD).await;
    let list = session.http(&node).ok("addresses.list", json!({})).await;
    let labels: Vec<&Value> = list.as_array().unwrap().iter().map(|address| &address["label"]).collect();
    assert_eq!(labels.len(), 5);
    assert!(labels.contains(&&json!("SEA 2")), "{labels:?}");
    sign_in(&node, "new@example.org", PASSWORD).await;
    sign_in(&node, "unverified@example.org", "never saw the letter").await;

    // The mapping has every imported user and address, for the tables of the orders.
    let map = std::fs::read_to_string(map).expect("the mapping");
    let mut rows = map.lines();
    assert_eq!(rows.next(), Some("table,old_id,new_id"));
    let user = format!("users,1,{}", session.sign_in["profile"]["id"].as_str().unwrap());
    assert!(rows.any(|row| row == user), "{user}");
    let address = format!("addresses,1,{}", list[0]["id"].as_str().unwrap());
    assert!(map.lines().any(|row| row == address), "{address}");
    assert_eq!(map.lines().filter(|row| row.starts_with("users,")).count(), 191);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_has_an_account_here_is_not_taken_over() {
    let node = Node::start(Database::sqlite()).await;
    let (person, _) = node.signed_in("ann").await;
    let taken =
        Source::changed(&format!("UPDATE users SET email = '{}' WHERE id = 1", person.email.to_uppercase())).await;
    let (status, report, _) = import(&node, &taken, &[]).await;
    assert_eq!(status, Some(1));
    assert!(
        reported(&report, "users", 1).contains(&"kept_out email".to_owned()),
        "{:?}",
        reported(&report, "users", 1)
    );
    person.sign_in(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_answered_during_an_import() {
    let source = Source::like(&Database::sqlite()).await;
    let node = Node::start(Database::sqlite()).await;
    let (_, session) = node.signed_in("ann").await;
    let http = session.http(&node);
    http.ok("addresses.create", address("Home")).await;
    let calls = async {
        for n in 0.. {
            http.ok("profile.update", json!({ "first_name": format!("Ann {n}") })).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        (status, _, _) = import(&node, &source, &["--batch", "5"]) => assert_eq!(status, Some(1)),
        () = calls => panic!("calls never end"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_source_is_reported() {
    let node = Node::start(Database::sqlite()).await;
    for (url, word) in
        [("mysql://localhost/shop", "sqlite://"), ("sqlite:///nowhere/shop.sqlite3", "could not be read")]
    {
        let output = node.command(&["import", "django", "--from", url]).await;
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{output:?}");
    }
    let both = ["import", "django", "--from", "sqlite://x", "--dry-run", "--map", "x"];
    assert_eq!(node.command(&both).await.status.code(), Some(2));
}
