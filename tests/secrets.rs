//! No password and no token is readable in the database, the data folder or a log at any level (contract §3).

use crate::support::{Call, DATABASE_PASSWORD, Database, Node, both_databases};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use std::path::Path;

/// Everything of the database, as bytes: its rows, or its files with whatever they still hold of the past.
async fn database(node: &Node) -> Vec<u8> {
    match &node.database {
        Database::Postgres(_) => node.database.dump().await.into_bytes(),
        Database::Sqlite => Vec::new(), // in the data folder
    }
}

fn files(folder: &Path, content: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, content),
            path => content.extend(std::fs::read(path).unwrap_or_default()),
        }
    }
}

fn holds(content: &[u8], bytes: &[u8]) -> bool {
    content.windows(bytes.len()).any(|window| window == bytes)
}

/// A secret as it is, and the unguessable end of what it encodes.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    for part in secret.split('.') {
        if let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('='))
            && bytes.len() >= 32
        {
            let end = &bytes[bytes.len() - 16..];
            forms.push(end.to_vec());
            forms.push(end.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes());
        }
    }
    forms
}

both_databases! {
    async fn nothing_secret_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let http = node.http();
        node.smtp.down();
        let person = node.unverified("ann").await;
        let mut content = database(&node).await; // while the letter is queued
        node.smtp.up().await;
        let token = node.smtp.letter_within(std::time::Duration::from_secs(35), &person.email).await.token();
        http.ok("auth.verify_email", json!({ "token": token })).await;
        http.refused("invalid_token", "auth.verify_email", json!({ "token": token })).await;
        let wrong = "wrong larches beside no brook";
        http.refused("invalid_credentials", "auth.login", json!({ "email": person.email, "password": wrong })).await;
        http.refused("invalid_params", "auth.login", json!({ "email": person.email, "password": wrong, "pasword": wrong })).await;
        let first = person.sign_in(&node).await;
        let tab = first.browser_tab(&node).await;
        tab.snapshot().await;
        let second = first.refreshed(&node).await;
        second.tab(&node).await.ok("session.current", json!({})).await;
        http.raw(format!("{{\"id\": 1, \"password\": \"{wrong}\"")).await;
        first.http(&node).refused("invalid_params", "profile.update", json!([wrong])).await;
        second.http(&node).ok("auth.logout", json!({})).await;
        http.refused("session_ended", "auth.refresh", json!({ "refresh_token": second.refresh_token })).await;

        content.extend(database(&node).await);
        files(&node.data(), &mut content);
        content.extend(node.output().into_bytes());
        assert!(holds(&content, person.email.as_bytes()), "the story looks at the right places");
        assert!(node.output().contains("DEBUG"), "the log is at its most talkative");
        let secrets = [
            ("the password", person.password.as_str()),
            ("a wrong password", wrong),
            ("the letter's token", &token),
            ("an access token", &first.access_token),
            ("another access token", &second.access_token),
            ("a refresh token", &first.refresh_token),
            ("another refresh token", &second.refresh_token),
            ("the database's password", DATABASE_PASSWORD),
        ];
        for (what, secret) in secrets {
            for form in forms(secret) {
                if holds(&content, &form) {
                    let log = node.output();
                    let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
                    panic!("{what} is readable; in the log: {lines:#?}");
                }
            }
        }
    }
}
