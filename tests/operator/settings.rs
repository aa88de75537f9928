//! Settings, the command line, exit statuses.

use crate::support::{Call, DATABASE_PASSWORD, Database, Node, marbelle, signing_key, token_secret};
use reqwest::Method;
use serde_json::{Value, json};
use std::{os::unix::fs::PermissionsExt, process::Output};
use tempfile::TempDir;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The settings that production requires, in order.
fn production<'a>(key: &'a str, secret: &'a str, data: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MARBELLE_ENV", "production"),
        ("MARBELLE_DATA_DIR", data),
        ("MARBELLE_MAIL_URL", "smtps://shop:Mp8uVb3x@mail.shop.example"),
        ("MARBELLE_MAIL_FROM", "Shop <no-reply@shop.example>"),
        ("MARBELLE_FRONTEND_URL", "https://shop.example"),
        ("MARBELLE_ALLOWED_ORIGINS", "https://shop.example"),
        ("MARBELLE_SIGNING_KEY", key),
        ("MARBELLE_TOKEN_SECRET", secret),
    ]
}

#[tokio::test]
async fn every_fault_is_reported_at_once_and_nothing_starts() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let faulty = [
        ("MARBELLE_DATA_DIR", data.to_str().unwrap()),
        ("MARBELLE_LISTEN", "everywhere"),
        ("MARBELLE_DATABASE_URL", "mysql://root:Zq7hunter2@db/shop"),
        ("MARBELLE_MAIL_URL", "smtp://mail.example"),
        ("MARBELLE_LIMITS__SIGN_IN_PER_MINUTE", "five"),
        ("MARBELLE_LIFETIMES__ACCESS_TOKEN", "10"),
        ("MARBELLE_TOKEN_SECRET", "c2hvcnQ="),
        ("MARBELLE_ARGON2__PASSES", "0"),
        ("MARBELLE_SWEEP_PERIDO", "1s"),
    ];
    for command in ["serve", "check-config", "migrate"] {
        let output = marbelle(&[command], &faulty).await;
        assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
        let message = stderr(&output);
        for (name, _) in &faulty[1..] {
            assert!(message.contains(name), "{command} does not tell of {name}:\n{message}");
        }
        assert!(message.contains("MARBELLE_SWEEP_PERIOD"), "the nearest known name:\n{message}");
        for secret in ["Zq7hunter2", "c2hvcnQ="] {
            assert!(!message.contains(secret) && !stdout(&output).contains(secret), "{secret} in\n{message}");
        }
    }
    assert!(!data.exists(), "nothing was created");
}

#[tokio::test]
async fn production_requires_settings_without_a_safe_default() {
    let output = marbelle(&["check-config"], &[("MARBELLE_ENV", "production")]).await;
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    for name in ["MAIL_URL", "MAIL_FROM", "FRONTEND_URL", "ALLOWED_ORIGINS", "SIGNING_KEY", "TOKEN_SECRET"] {
        assert!(message.contains(&format!("MARBELLE_{name}")), "{name}:\n{message}");
    }
    let folder = TempDir::new().unwrap();
    let (key, secret) = (signing_key(1), token_secret(1));
    let mut settings = production(&key, &secret, folder.path().to_str().unwrap());
    let output = marbelle(&["check-config"], &settings).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    settings[4].1 = "http://shop.example";
    let output = marbelle(&["check-config"], &settings).await;
    assert_eq!(output.status.code(), Some(2), "letters carry tokens in their links");
    assert!(stderr(&output).contains("MARBELLE_FRONTEND_URL"));
}

#[tokio::test]
async fn the_settings_in_force_are_printed_without_secrets() {
    let folder = TempDir::new().unwrap();
    let (key, secret) = (signing_key(1), token_secret(1));
    let database = format!("postgres://marbelle:{DATABASE_PASSWORD}@db.shop.example/accounts");
    let mut settings = production(&key, &secret, folder.path().to_str().unwrap());
    settings.push(("MARBELLE_DATABASE_URL", &database));
    settings.push(("MARBELLE_LIFETIMES__ACCESS_TOKEN", "7m"));
    let output = marbelle(&["check-config"], &settings).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = stdout(&output);
    let key_line = key.lines().nth(1).expect("the key");
    for secret in [DATABASE_PASSWORD, "Mp8uVb3x", key_line, &secret] {
        assert!(!printed.contains(secret), "{secret} in\n{printed}");
    }
    for shown in ["7m", "db.shop.example", "mail.shop.example", "https://shop.example", "production"] {
        assert!(printed.contains(shown), "no {shown} in\n{printed}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "checking creates nothing");
}

#[tokio::test]
async fn a_file_is_read_and_the_environment_overrides_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("marbelle.toml");
    let text = "shop_name = \"Larch & Co\"\nsweep_period = \"5s\"\n[limits]\nmax_addresses = 7\n[lifetimes]\naccess_token = \"3m\"\n";
    std::fs::write(&file, text).unwrap();
    let (file_name, data) = (file.to_str().unwrap().to_owned(), folder.path().join("data"));
    let settings = [
        ("MARBELLE_CONFIG", file_name.as_str()),
        ("MARBELLE_DATA_DIR", data.to_str().unwrap()),
        ("MARBELLE_SWEEP_PERIOD", "4s"),
    ];
    let output = marbelle(&["check-config"], &settings).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = stdout(&output);
    for shown in ["Larch & Co", "4s", "3m"] {
        assert!(printed.contains(shown), "no {shown} in\n{printed}");
    }
    assert!(!printed.contains(" 5s"), "{printed}");
    std::fs::write(&file, format!("{text}[limts]\nmax_addresses = 8\n")).unwrap();
    let output = marbelle(&["check-config"], &settings).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("MARBELLE_LIMITS__MAX_ADDRESSES"), "the nearest name: {}", stderr(&output));
    let output = marbelle(&["check-config"], &[("MARBELLE_CONFIG", "/nowhere/marbelle.toml")]).await;
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn later_failures_have_status_1() {
    let node = Node::start(Database::sqlite()).await;
    let folder = TempDir::new().unwrap();
    let (taken, data) = (node.address().to_string(), folder.path().to_str().unwrap());
    let output = marbelle(&["serve"], &[("MARBELLE_LISTEN", &taken), ("MARBELLE_DATA_DIR", data)]).await;
    assert_eq!(output.status.code(), Some(1), "a port that is taken: {}", stderr(&output));
    assert!(stderr(&output).contains(&taken), "{}", stderr(&output));
    let database = format!("postgres://marbelle:{DATABASE_PASSWORD}@{taken}/accounts");
    let nobody =
        [("MARBELLE_DATABASE_URL", database.as_str()), ("MARBELLE_DATA_DIR", data), ("MARBELLE_LISTEN", "127.0.0.1:0")];
    for command in ["serve", "migrate"] {
        let output = marbelle(&[command], &nobody).await;
        assert_eq!(output.status.code(), Some(1), "no database there: {}", stderr(&output));
        assert!(!stderr(&output).contains(DATABASE_PASSWORD) && !stdout(&output).contains(DATABASE_PASSWORD));
    }
}

#[tokio::test]
async fn migrate_creates_a_database_that_a_node_then_serves() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let mut settings = vec![("MARBELLE_DATA_DIR", data.to_str().unwrap())];
        settings.extend(database.url().map(|url| ("MARBELLE_DATABASE_URL", url)));
        for _ in 0..2 {
            let output = marbelle(&["migrate"], &settings).await;
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
        let node = Node::on(database).set("DATA_DIR", data.display()).start().await;
        node.signed_in("ann").await;
    }
}

#[tokio::test]
async fn each_command_explains_itself() {
    let all = stdout(&marbelle(&["--help"], &[]).await);
    for command in ["serve", "check-config", "migrate", "openrpc"] {
        assert!(all.contains(command), "{all}");
        let output = marbelle(&[command, "--help"], &[]).await;
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).len() > 40, "{}", stdout(&output));
    }
    assert_ne!(marbelle(&["dance"], &[]).await.status.code(), Some(0));
}

#[tokio::test]
async fn keys_are_created_once_and_readable_by_their_owner_only() {
    let mut node = Node::start(Database::sqlite()).await;
    let (person, session) = node.signed_in("ann").await;
    let secrets = std::fs::read_dir(node.data()).unwrap().flatten().filter(|entry| {
        let content = std::fs::read(entry.path()).unwrap_or_default();
        entry.path().is_file() && !entry.file_name().to_string_lossy().contains("marbelle.db") && !content.is_empty()
    });
    let modes: Vec<u32> = secrets.map(|entry| entry.metadata().unwrap().permissions().mode() & 0o777).collect();
    assert!(modes.len() >= 2, "a signing key and a token secret");
    assert!(modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
    let keys = async |node: &Node| -> Value {
        node.http().get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap()
    };
    let before = keys(&node).await;
    node.stop().await;
    node.restart().await;
    assert_eq!(keys(&node).await, before);
    session.http(&node).ok("profile.get", json!({})).await;
    session.refreshed(&node).await;
    person.sign_in(&node).await;
}

#[tokio::test]
async fn a_first_start_needs_no_settings_and_prints_the_next_step() {
    let node = Node::on(Database::sqlite()).mail_to_files().start().await;
    let http = format!("http://{}", node.address());
    assert!(node.output().contains(&http), "where it listens:\n{}", node.output());
    let mail = node.data().join("mail");
    node.printed(mail.to_str().unwrap()).await; // where letters are written
    node.printed("curl").await; // the next command to type
    let answer = node.http().request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
