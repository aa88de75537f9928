//! No password, token or other secret is readable in the database, the data folder, a log at any level or an error.

mod events_and_keys;
mod sign_in_methods;

use crate::support::{Call, DATABASE_PASSWORD, Database, Node, Person, another_email, both_databases};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::json;
use std::path::Path;

const SECOND: &str = "nine loud herons above a mill";
const THIRD: &str = "eleven slow trams in the rain";

/// The content of the database as bytes: its rows, or its files with deleted data that they still hold.
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
    // Of a webhook (Standard Webhooks).
    if let Some(bytes) = secret.strip_prefix("whsec_").and_then(|secret| BASE64_STANDARD.decode(secret).ok()) {
        forms.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes());
        forms.push(bytes);
    }
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

/// Everything that must not contain secrets: the database, the data folder, the log, and the errors of callers.
async fn everything(node: &Node, answers: &[String]) -> Vec<u8> {
    let mut content = database(node).await;
    files(&node.data(), &mut content);
    content.extend(node.output().into_bytes());
    content.extend(answers.concat().into_bytes());
    content
}

/// Whether a code is in a text, without digits around it: six digits occur in a log by chance.
fn holds_code(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_hexdigit());
        !digit(text[..at].chars().last()) && !digit(text[at + code.len()..].chars().next())
    })
}

/// Asserts that none of the secrets is readable, in any form.
fn assert_unreadable(content: &[u8], node: &Node, secrets: &[(&str, &str)]) {
    for (what, secret) in secrets {
        for form in forms(secret) {
            if holds(content, &form) {
                let log = node.output();
                let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
                panic!("{what} is readable; in the log: {lines:#?}");
            }
        }
    }
}

both_databases! {
    async fn no_secret_of_a_sign_in_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let http = node.http();
        node.smtp.down();
        let person = node.unverified("ann").await;
        let mut content = database(&node).await; // while the letter is queued
        node.smtp.up().await;
        let token = node.smtp.letter_within(std::time::Duration::from_secs(35), &person.email).await.token();
        http.ok("auth.verify_email", crate::support::verification(&token)).await;
        http.refused("invalid_token", "auth.verify_email", crate::support::verification(&token)).await;
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
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        assert!(node.output().contains("DEBUG"), "the log is at its most verbose");
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
        assert_unreadable(&content, &node, &secrets);
    }

    async fn no_secret_of_the_other_flows_is_readable_anywhere(database_kind: Database) {
        let log_folder = tempfile::TempDir::new().unwrap();
        let security_log = log_folder.path().join("security.log");
        let node = Node::on(database_kind).set("LOG", "trace").set("SECURITY_LOG", security_log.display()).start().await;
        let http = node.http();
        let mut refusals = Vec::new();
        let (wrong, weak, second, third) = ("wrong larches beside no brook", "annleeannlee", SECOND, THIRD);
        let (person, session) = node.signed_in("ann").await;
        let mine = session.http(&node);

        // By cookie: valid, from a foreign origin, forged, dead.
        let page = http.with("origin", "http://localhost:5173");
        let mut by_cookie = person.credentials();
        by_cookie["credentials"] = "cookie".into();
        let answer = page.exchange("auth.login", by_cookie.clone()).await;
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let value = cookie.split_once('=').expect("a value").1.to_owned();
        let browser = page.with("cookie", &cookie);
        browser.ok("session.current", json!({})).await;
        let headers = [("origin", "http://localhost:5173"), ("cookie", cookie.as_str())];
        node.ws_with(&headers).await.expect("the handshake").snapshot().await;
        http.with("origin", "https://evil.example").with("cookie", &cookie).exchange("profile.get", json!({})).await;
        browser.bearer(&value).refused("unauthenticated", "profile.get", json!({})).await;
        refusals.push(browser.ok("auth.logout", json!({ "scope": "local" })).await.to_string());
        refusals.push(format!("{:?}", browser.refused("session_ended", "profile.get", json!({})).await));
        let ws = node.ws().await;
        refusals.push(format!("{:?}", ws.refused("invalid_params", "auth.login", by_cookie).await));

        // A change of e-mail, cancelled and confirmed, with a password that is wrong and one that is right.
        let change = |password: &str| json!({ "current_password": password, "new_email": another_email("new") });
        refusals.push(format!("{:?}", mine.refused("invalid_credentials", "profile.request_email_change", change(wrong)).await));
        let cancelled = session.email_change_token(&node, &person.password, &another_email("cancelled")).await;
        mine.ok("profile.cancel_email_change", json!({})).await;
        let void = json!({ "token": cancelled });
        refusals.push(format!("{:?}", http.refused("invalid_token", "profile.confirm_email_change", void).await));

        // A change of password, refused and done; a reset, refused and done.
        let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
        for (kind, params) in [("invalid_credentials", change(wrong, second)), ("invalid_params", change(&person.password, weak))] {
            refusals.push(format!("{:?}", mine.refused(kind, "auth.change_password", params).await));
        }
        mine.ok("auth.change_password", change(&person.password, second)).await;
        let reset = node.reset_token(&person.email).await;
        let weakly = json!({ "token": reset, "new_password": weak });
        refusals.push(format!("{:?}", http.refused("invalid_params", "auth.confirm_password_reset", weakly).await));
        let misspelt = json!({ "token": reset, "new_pasword": third });
        refusals.push(format!("{:?}", http.refused("invalid_params", "auth.confirm_password_reset", misspelt).await));
        let rightly = json!({ "token": reset, "new_password": third });
        http.ok("auth.confirm_password_reset", rightly.clone()).await;
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.confirm_password_reset", rightly).await));

        let again = Person { password: third.into(), ..person.clone() };
        let session = again.sign_in(&node).await;
        node.smtp.down(); // the link is made when the letter is sent: until then nobody has it
        let moved = another_email("moved");
        session.http(&node).ok("profile.request_email_change", json!({ "current_password": third, "new_email": moved })).await;
        let mut content = database(&node).await;
        files(&node.data(), &mut content);
        node.smtp.up().await;
        let confirm = node.smtp.letter_within(std::time::Duration::from_secs(35), &moved).await.token();
        http.ok("profile.confirm_email_change", json!({ "token": confirm, "password": third })).await;
        assert!(node.command(&["user", "disable", &moved]).await.status.success());
        let disabled = Person { email: moved, ..again };
        refusals.push(format!("{:?}", http.refused("account_disabled", "auth.login", disabled.credentials()).await));

        content.extend(database(&node).await);
        files(&node.data(), &mut content);
        files(log_folder.path(), &mut content);
        content.extend(node.output().into_bytes());
        content.extend(refusals.concat().into_bytes());
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        let secrets = [
            ("the password", person.password.as_str()),
            ("the second password", second),
            ("the third password", third),
            ("a wrong password", wrong),
            ("a refused password", weak),
            ("a cookie", &value),
            ("a cancelled token", &cancelled),
            ("a reset token", &reset),
            ("an e-mail-change token", &confirm),
            ("an access token", &session.access_token),
            ("a refresh token", &session.refresh_token),
            ("the database's password", DATABASE_PASSWORD),
        ];
        assert_unreadable(&content, &node, &secrets);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_their_owner_can_read_the_databases_files() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    let mut node = Node::start(Database::sqlite()).await;
    node.signed_in("ann").await;
    let files = ["marbelle.db", "marbelle.db-wal", "marbelle.db-shm"].map(|name| node.data().join(name));
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    node.stop().await;
    // A backup that was restored.
    std::fs::set_permissions(&files[0], Permissions::from_mode(0o644)).expect("its owner may read it");
    node.restart().await;
    node.signed_in("bob").await;
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert!(node.output().contains("only its owner"), "the log says so:\n{}", node.output());
}
