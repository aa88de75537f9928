//! A database restored from an older backup, and `marbelle new-epoch` after it.

use crate::support::{
    Account, Browser, Call, Database, IdentityProvider, Manner, Node, PASSWORD, Person, Session, Ws, address,
    another_email, answer, both_databases, eventually, reconnected,
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{path::PathBuf, time::Duration};

/// A backup of a node's database, taken while the node runs.
enum Backup {
    Sqlite(PathBuf),
    Postgres(Database),
}

async fn back_up(node: &Node) -> Backup {
    if node.database != Database::Sqlite {
        let backup = node.database.backup().await;
        reconnected(node).await;
        return Backup::Postgres(backup);
    }
    let copy = node.data().join("backup.db");
    let options = SqliteConnectOptions::new().filename(node.data().join("marbelle.db")).read_only(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(copy.display().to_string()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    Backup::Sqlite(copy)
}

/// Restores the backup: on PostgreSQL while the node runs, which SQLite's file does not allow.
async fn restore(node: &mut Node, backup: Backup) {
    match backup {
        Backup::Postgres(backup) => {
            node.database.restore(&backup).await;
            reconnected(node).await;
        }
        Backup::Sqlite(copy) => {
            node.stop().await;
            for suffix in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(node.data().join(format!("marbelle.db{suffix}")));
            }
            std::fs::rename(copy, node.data().join("marbelle.db")).unwrap();
            node.restart().await;
        }
    }
}

async fn new_epoch(node: &Node) -> String {
    let output = node.command(&["new-epoch"]).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// This session can do nothing any more, even if it ended in the lost time.
async fn assert_restored(node: &Node, session: &Session) {
    let error = session.http(node).refused("session_ended", "profile.get", json!({})).await;
    assert_eq!(error.data["reason"], "restored");
    let refresh = json!({ "refresh_token": session.refresh_token });
    let error = node.http().refused("session_ended", "auth.refresh", refresh).await;
    assert_eq!(error.data["reason"], "restored");
    let bearer = format!("Bearer {}", session.access_token);
    assert_eq!(node.refused_handshake(&[("authorization", &bearer)]).await, 401);
}

/// After a new sign-in the client gets a snapshot, whatever it asks for, and follows the new log.
async fn assert_starts_anew(node: &Node, person: &Person, known: &Account) {
    let session = person.sign_in(node).await;
    let http = session.http(node);
    for since in [0, 1, known.revision] {
        let changes = http.ok("account.changes", json!({ "since": since, "epoch": known.epoch })).await;
        assert_eq!((&changes["snapshot_required"], &changes["events"]), (&json!(true), &json!([])), "{changes:#}");
    }
    let tab = session.tab(node).await;
    tab.subscribe(Some(1), Some(&known.epoch)).await;
    let mut account = Account::from_snapshot(&tab.next_of("snapshot").await);
    assert_ne!(account.epoch, known.epoch);
    account.assert_equals_get(&tab, &http).await;
    // Past the revision that the lost history had reached.
    while account.revision <= known.revision + 1 {
        http.ok("profile.update", json!({ "first_name": format!("Ann {}", account.revision) })).await;
        account.apply(&tab.next_of("profile.changed").await);
    }
    account.assert_equals_get(&tab, &http).await;
}

async fn letter_token(node: &Node, email: &str) -> String {
    node.smtp.letter_to(email).await.token()
}

/// Subscribes and makes the account's history longer.
async fn move_on(node: &Node, session: &Session) -> (Ws, Account) {
    let tab = session.tab(node).await;
    let mut account = Account::of(&tab).await;
    for label in ["B", "C", "D"] {
        session.http(node).ok("addresses.create", address(label)).await;
        account.apply(&tab.next_of("addresses.changed").await);
    }
    (tab, account)
}

both_databases! {
    async fn nothing_started_before_it_can_be_completed(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let node = Node::on(database).provider("shop", &provider).start().await;
        let (ann, session) = node.signed_in("ann").await;
        let mut browser = Browser::default();
        session.add_passkey(&node, &mut browser, "key").await;
        let claims = json!({ "sub": "bea", "email": another_email("bea"), "email_verified": true });
        let begin = async || node.http().ok("auth.begin_provider_login", json!({ "provider": "shop" })).await;
        let come_back = |flow: &Value| provider.agree(flow, claims.clone()).params(flow);

        let (passkey, flow) = (node.passkey_login(&mut browser).await, begin().await);
        let provider_login = come_back(&flow);
        // As in the lost time: it is unknown whether they were used.
        new_epoch(&node).await;
        node.http().refused("invalid_token", "auth.login_passkey", passkey).await;
        node.http().refused("invalid_token", "auth.login_provider", provider_login).await;
        let passkey = node.passkey_login(&mut browser).await;
        node.http().ok("auth.login_passkey", passkey).await;
        node.http().ok("auth.login_provider", come_back(&begin().await)).await;

        let session = ann.sign_in(&node).await;
        let factor = session.second_factor(&node).await;
        let challenged = async || {
            node.http().refused("second_factor_required", "auth.login", ann.credentials()).await.data["challenge"].clone()
        };
        let challenge = challenged().await;
        new_epoch(&node).await;
        let answer = |challenge: &Value| answer(challenge, "recovery_code", &factor.recovery_codes[0]);
        node.http().refused("invalid_token", "auth.login_second_factor", answer(&challenge)).await;
        node.http().ok("auth.login_second_factor", answer(&challenged().await)).await;
    }

    async fn after_it_nobody_continues_from_a_lost_state(database: Database) {
        let mut node = Node::on(database).set("SWEEP_PERIOD", "200ms").start().await;
        let (ann, at_home) = node.signed_in("ann").await;
        let at_work = ann.sign_in(&node).await;
        at_home.http(&node).ok("addresses.create", address("A")).await;
        let backup = back_up(&node).await;

        // Changes that the restore undoes.
        at_work.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        let lost = ann.sign_in(&node).await;
        let (tab, known) = move_on(&node, &at_home).await;

        restore(&mut node, backup).await;
        let tab = if tab.is_closed() { eventually("a tab", || async {
            Some(at_home.tab(&node).await)
        }).await } else { tab };
        let printed = new_epoch(&node).await;
        assert!(printed.contains("2 sessions of 1 accounts"), "{printed}");

        for event in tab.closed().await {
            assert_eq!(event["type"], "session.revoked", "nothing else reaches the old tab: {event:#}");
            assert_eq!(event["data"]["reason"], "restored");
        }
        assert_restored(&node, &at_home).await;
        assert_restored(&node, &at_work).await;
        lost.http(&node).refused("unauthenticated", "profile.get", json!({})).await;
        assert_starts_anew(&node, &ann, &known).await;

        let again = ann.sign_in(&node).await;
        let log = again.http(&node).ok("account.security_log", json!({})).await;
        let restored = log["events"].as_array().unwrap().iter().find(|event| event["type"] == "account_restored");
        assert_eq!(restored.map(|event| &event["detail"]["sessions_ended"]), Some(&json!(2)), "{log:#}");
    }

    async fn links_that_may_have_been_used_are_void(database: Database) {
        let mut node = Node::start(database).await;
        let (ann, session) = node.signed_in("ann").await;
        node.http().ok("auth.request_password_reset", json!({ "email": ann.email })).await;
        let reset = letter_token(&node, &ann.email).await;
        let new_email = another_email("ann.new");
        let change = json!({ "current_password": PASSWORD, "new_email": new_email });
        session.http(&node).ok("profile.request_email_change", change).await;
        let email_change = letter_token(&node, &new_email).await;
        let dora = node.unverified("dora").await;
        let verification = letter_token(&node, &dora.email).await;
        let backup = back_up(&node).await;

        node.http().ok("auth.verify_email", crate::support::verification(&verification)).await;
        let new_password = json!({ "token": reset, "new_password": "nine loud herons above a pond" });
        node.http().ok("auth.confirm_password_reset", new_password.clone()).await;

        restore(&mut node, backup).await;
        let printed = new_epoch(&node).await;
        assert!(printed.contains("the links of 1 registrations"), "{printed}");
        node.http().refused("invalid_token", "auth.confirm_password_reset", new_password).await;
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": email_change })).await;
        node.http().refused("invalid_token", "auth.verify_email", crate::support::verification(&verification)).await;
        let profile = ann.sign_in(&node).await.http(&node).ok("profile.get", json!({})).await;
        assert_eq!(profile["pending_email"], Value::Null);
        // A new link differs, and is valid.
        node.http().ok("auth.resend_verification", json!({ "email": dora.email })).await;
        let renewed = letter_token(&node, &dora.email).await;
        assert_ne!(renewed, verification);
        node.http().ok("auth.verify_email", crate::support::verification(&renewed)).await;
        dora.sign_in(&node).await;
    }

    async fn it_can_be_run_again_and_on_an_empty_database(database: Database) {
        let node = Node::start(database).await;
        let (first, second) = (new_epoch(&node).await, new_epoch(&node).await);
        assert_ne!(first, second, "each has its epoch");
        assert!(second.contains("0 sessions of 0 accounts"), "{second}");
        node.signed_in("ann").await;
        assert!(new_epoch(&node).await.contains("1 sessions of 1 accounts"));
        assert!(new_epoch(&node).await.contains("0 sessions of 0 accounts"));
    }

    async fn letters_of_the_time_before_the_backup_are_not_sent_again(database: Database) {
        let mut node = Node::start(database).await;
        node.smtp.down();
        let ann = node.unverified("ann").await;
        let backup = back_up(&node).await;
        node.smtp.up().await;
        node.smtp.letter_within(Duration::from_secs(60), &ann.email).await;
        node.smtp.down();
        restore(&mut node, backup).await;
        assert!(new_epoch(&node).await.contains("1 letters will not be sent"));
        node.smtp.up().await;
        // A letter queued later does not overtake: the worker takes due letters in order.
        let bob = node.unverified("bob").await;
        node.smtp.letter_within(Duration::from_secs(60), &bob.email).await;
        assert_eq!(node.smtp.letters_to(&ann.email).len(), 1);
    }
}
