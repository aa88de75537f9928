//! The security events of an account: for its owner, in the log, and in a file.

use crate::support::{
    Call, Database, Http, Node, Person, Session, another_email, both_databases, eventually, somebody,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const DEVICE: &str = "Larchfox/7.0";
const NEW: &str = "nine loud herons above a mill";
const WRONG: &str = "wrong larches beside no brook";

async fn log(http: &Http) -> Vec<Value> {
    let log = http.ok("account.security_log", json!({})).await;
    assert_eq!(log["more"], false, "{log:#}");
    log["events"].as_array().expect("events").clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

/// Causes every recorded event; returns the last session and the events, oldest first.
async fn live(node: &Node, http: &Http) -> (Person, Session, Vec<&'static str>) {
    let person = node.registered("ann").await;
    let mut noted = vec!["account_created"];
    let sign_in = async |password: &str| {
        let credentials = json!({ "email": person.email, "password": password });
        Session::from_wire(http.ok("auth.login", credentials).await)
    };
    let first = sign_in(&person.password).await;
    let mine = http.bearer(&first.access_token);
    http.refused("invalid_credentials", "auth.login", json!({ "email": person.email, "password": WRONG })).await;
    let wrong = json!({ "current_password": WRONG, "new_password": NEW });
    mine.refused("invalid_credentials", "auth.change_password", wrong).await;
    noted.extend(["sign_in", "sign_in_failed", "password_check_failed"]);

    let change = json!({ "current_password": person.password, "new_email": another_email("new") });
    mine.ok("profile.request_email_change", change).await;
    mine.ok("profile.cancel_email_change", json!({})).await;
    noted.extend(["email_change_requested", "email_change_cancelled"]);

    let second = sign_in(&person.password).await;
    mine.ok("session.revoke", json!({ "session_id": second.id })).await;
    let change = json!({ "current_password": person.password, "new_password": NEW });
    let changed = mine.ok("auth.change_password", change).await;
    let mine = http.bearer(changed["tokens"]["access_token"].as_str().expect("renewed tokens"));
    noted.extend(["sign_in", "session_revoked", "password_changed"]);

    let stolen = sign_in(NEW).await;
    let newer = stolen.refreshed(node).await.refreshed(node).await;
    http.refused("session_ended", "auth.refresh", json!({ "refresh_token": stolen.refresh_token })).await;
    newer.assert_ended(node, "refresh_token_reuse").await;
    noted.extend(["sign_in", "refresh_token_reuse"]);

    mine.ok("auth.logout", json!({ "scope": "local" })).await;
    let token = node.reset_token(&person.email).await;
    let reset = json!({ "token": token, "new_password": person.password });
    http.ok("auth.confirm_password_reset", reset).await;
    noted.extend(["logout", "password_reset_requested", "password_reset"]);

    let third = sign_in(&person.password).await;
    let moved = another_email("moved");
    let token = third.email_change_token(node, &person.password, &moved).await;
    http.ok("profile.confirm_email_change", json!({ "token": token, "password": person.password })).await;
    noted.extend(["sign_in", "email_change_requested", "email_changed"]);

    let person = Person { email: moved, ..person };
    let last = Session::from_wire(http.ok("auth.login", person.credentials()).await);
    noted.push("sign_in");
    (person, last, noted)
}

both_databases! {
    async fn everything_is_recorded_newest_first(database: Database) {
        let node = Node::start(database).await;
        let (_, bobs) = node.signed_in("bob").await;
        let http = node.http().with("user-agent", DEVICE);
        let (_, session, mut noted) = live(&node, &http).await;
        let events = log(&session.http(&node)).await;
        noted.reverse();
        assert_eq!(types(&events), noted, "{events:#?}");
        let ids: Vec<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {ids:?}");
        let newest = &events[0];
        assert_eq!(newest["session_id"], session.id);
        assert_eq!((&newest["ip"], &newest["user_agent"]), (&json!("127.0.0.1"), &json!(DEVICE)));
        let of = |kind: &str| events.iter().find(|event| event["type"] == kind).expect("it was recorded");
        assert_eq!(of("sign_in_failed")["session_id"], Value::Null, "nobody's");
        assert_eq!((&of("sign_in_failed")["ip"], &of("sign_in_failed")["user_agent"]), (&json!("127.0.0.1"), &json!(DEVICE)));
        assert_ne!(of("session_revoked")["session_id"], of("session_revoked")["detail"]["session_id"]);
        assert_eq!(of("logout")["detail"], json!({ "scope": "local", "sessions_ended": 1 }));
        assert!(of("refresh_token_reuse")["session_id"].is_string());
        assert_eq!(types(&log(&bobs.http(&node)).await), ["sign_in", "account_created"], "each user sees only their own");
    }

    async fn it_is_read_in_pages(database: Database) {
        let node = Node::start(database).await;
        let (person, _) = node.signed_in("ann").await;
        let mut http = node.http();
        for _ in 0..9 {
            http = person.sign_in(&node).await.http(&node);
        }
        let whole = log(&http).await;
        assert_eq!(whole.len(), 11);
        let mut pages: Vec<Value> = Vec::new();
        loop {
            let mut params = json!({ "limit": 4 });
            if let Some(last) = pages.last() {
                params["before"] = last["id"].clone();
            }
            let page = http.ok("account.security_log", params).await;
            let events = page["events"].as_array().unwrap();
            assert!(events.len() <= 4);
            pages.extend(events.iter().cloned());
            assert_eq!(page["more"], pages.len() < 11, "{page:#}");
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(pages, whole);
        for limit in [0, 201] {
            http.invalid(&[("limit", &["out_of_range"])], "account.security_log", json!({ "limit": limit })).await;
        }
        node.http().refused("unauthenticated", "account.security_log", json!({})).await;
    }

    async fn nothing_happens_that_cannot_be_recorded(database: Database) {
        let (node, person, session) = somebody(database.clone()).await;
        let other = person.sign_in(&node).await;
        let tab = other.tab(&node).await;
        tab.snapshot().await;
        node.execute(match database {
            Database::Sqlite => "CREATE TRIGGER full BEFORE INSERT ON security_events BEGIN SELECT RAISE(ABORT, 'full'); END",
            Database::Postgres(_) => "CREATE FUNCTION full_disk() RETURNS trigger AS 'BEGIN RAISE ''full''; END' LANGUAGE plpgsql; \
                CREATE TRIGGER full_disk BEFORE INSERT ON security_events EXECUTE FUNCTION full_disk()",
        })
        .await;
        let http = session.http(&node);
        for (method, params) in [
            ("session.revoke", json!({ "session_id": other.id })),
            ("auth.logout", json!({ "scope": "others" })),
            ("auth.login", person.credentials()),
        ] {
            let error = http.refused("internal", method, params).await;
            let incident = error.data["incident"].as_str().expect("an id");
            assert!(!format!("{error:?}").contains("full"), "nothing of the cause: {error:?}");
            node.printed(incident).await;
        }
        tab.ok("profile.get", json!({})).await;
        assert_eq!(http.ok("session.list", json!({})).await.as_array().map(Vec::len), Some(2));
        assert_eq!(tab.waiting_events(), Vec::<Value>::new());
    }
}

/// The security events among lines of JSON, as type and user.
fn logged_events(lines: &str) -> Vec<(String, Option<String>)> {
    let events = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let security = events.filter(|event| event["target"] == "security");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    security.map(|event| (text(&event["message"]).expect("a message"), text(&event["user"]))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_written_as_json_lines_to_the_log_and_to_a_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("security.log");
    let mut node =
        Node::on(Database::sqlite()).production().set("SECURITY_LOG", path.display()).set("LOG", "off").start().await;
    let (_, session, noted) = live(&node, &node.http()).await;
    let user = session.sign_in["profile"]["id"].as_str().unwrap().to_owned();
    node.http().refused("unauthenticated", "auth.refresh", json!({ "refresh_token": "garbage" })).await;
    node.stop().await;
    let logged = logged_events(&node.output());
    // Each end of a session is logged as well; the owner's log has its cause.
    let of_user = logged.iter().filter(|(what, who)| who.as_deref() == Some(&user) && what != "session_ended");
    assert_eq!(of_user.map(|(what, _)| what.as_str()).collect::<Vec<_>>(), noted, "under the same names");
    assert!(logged.iter().any(|(what, who)| what == "credentials_refused" && who.is_none()), "{logged:?}");

    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    for file in &files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "its owner alone reads {}: {mode:o}", file.display());
    }
    let name = files[0].file_name().unwrap().to_str().unwrap();
    let date = name.strip_prefix("security.log.").unwrap_or_else(|| panic!("{name}"));
    assert!(date.len() == 10 && date.split('-').count() == 3, "a file a day: {name}");
    let written: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert_eq!(logged_events(&written), logged, "the file has the same events as the log");
    assert!(written.lines().all(|line| line.contains("\"target\":\"security\"")), "and nothing else:\n{written}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_commands_are_written_to_the_file_as_well() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("security.log");
    let node = Node::on(Database::sqlite()).set("SECURITY_LOG", path.display()).start().await;
    let person = node.registered("ann").await;
    for arguments in [&["disable"] as &[&str], &["delete", "--yes"]] {
        let arguments = [&["user"], arguments, &[person.email.as_str()]].concat();
        assert!(node.command(&arguments).await.status.success());
    }
    let read = || {
        let files = std::fs::read_dir(folder.path()).unwrap().flatten();
        logged_events(&files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect::<String>())
    };
    let events = eventually("the file", || async { Some(read()).filter(|events| events.len() == 3) }).await;
    let what: Vec<&str> = events.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["account_created", "account_disabled", "account_deleted"]);
    assert!(events.iter().all(|(_, user)| *user == events[0].1 && user.is_some()), "{events:?}");
}
