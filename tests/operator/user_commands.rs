//! `marbelle user disable|enable|delete EMAIL`: through the log of running nodes.

use crate::support::{Call, Database, Node, Person, another_email, both_databases, somebody};
use serde_json::{Value, json};

const NEW: &str = "nine loud herons above a mill";

async fn user(node: &Node, action: &str, email: &str) {
    let yes: &[&str] = if action == "delete" { &["--yes"] } else { &[] };
    let output = node.command(&[&["user", action, email], yes].concat()).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{action}: {message}");
}

/// Asserts that nobody can sign in to a disabled or deleted account by a link.
async fn assert_no_way_back(node: &Node, person: &Person, tokens: &[(&str, Value)]) {
    for (method, params) in tokens {
        node.http().refused("invalid_token", method, params.clone()).await;
    }
    let email = json!({ "email": person.email });
    node.http().ok("auth.request_password_reset", email.clone()).await;
    node.http().ok("auth.resend_verification", email).await;
    let marker = node.unverified("marker").await;
    node.smtp.letter_to(&marker.email).await; // queued later, and arrived
}

/// A reset link and an e-mail-change link, as calls.
async fn links(node: &Node, person: &Person, session: &crate::support::Session) -> [(&'static str, Value); 2] {
    let change = session.email_change_token(node, &person.password, &another_email("new")).await;
    let reset = node.reset_token(&person.email).await;
    [
        ("profile.confirm_email_change", json!({ "token": change })),
        ("auth.confirm_password_reset", json!({ "token": reset, "new_password": NEW })),
    ]
}

both_databases! {
    async fn a_disabled_account_cannot_sign_in_until_it_is_enabled(database: Database) {
        let (node, person, session) = somebody(database).await;
        let links = links(&node, &person, &session).await;
        let letters = node.smtp.letters_to(&person.email).len();
        let (tab, mute) = (session.tab(&node).await, session.browser_tab(&node).await);
        tab.snapshot().await;
        let (bob, bobs) = node.signed_in("bob").await;
        let bobs_tab = bobs.tab(&node).await;

        user(&node, "disable", &person.email.to_uppercase()).await;
        assert_eq!(tab.revoked("account_disabled").await, Vec::<Value>::new());
        mute.closed().await;
        session.assert_ended(&node, "account_disabled").await;
        node.http().refused("account_disabled", "auth.login", person.credentials()).await;
        let wrong = json!({ "email": person.email, "password": "wrong larches beside no brook" });
        node.http().refused("invalid_credentials", "auth.login", wrong).await;
        assert_no_way_back(&node, &person, &links).await;
        assert_eq!(node.smtp.letters_to(&person.email).len(), letters, "no letter with a link");
        user(&node, "disable", &person.email).await; // twice is once
        node.http().refused("account_disabled", "auth.login", person.credentials()).await;

        user(&node, "enable", &person.email).await;
        let again = person.sign_in(&node).await;
        assert_eq!(again.sign_in["profile"]["pending_email"], Value::Null, "nothing can confirm it any more");
        session.assert_ended(&node, "account_disabled").await;
        for (method, params) in &links {
            node.http().refused("invalid_token", method, params.clone()).await;
        }
        let log = again.http(&node).ok("account.security_log", json!({})).await;
        let message: Vec<&Value> = log["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
        assert!(message.contains(&&json!("account_disabled")) && message.contains(&&json!("account_enabled")), "{message:?}");
        assert_eq!(bobs_tab.ok("profile.get", json!({})).await["email"], bob.email);
    }

    async fn disabled_is_not_unverified(database: Database) {
        let node = Node::start(database).await;
        let person = node.unverified("ann").await;
        let verification = node.smtp.letter_to(&person.email).await.token();
        let output = node.command(&["user", "disable", &person.email]).await;
        assert_eq!(output.status.code(), Some(1), "there is no account yet");
        node.http().ok("auth.verify_email", crate::support::verification(&verification)).await;
        // Another registration of the same address, whose letter is a notice.
        node.http().ok("auth.register", person.registration()).await;
        user(&node, "disable", &person.email).await;
        node.http().refused("invalid_token", "auth.verify_email", crate::support::verification(&verification)).await;
        node.http().refused("account_disabled", "auth.login", person.credentials()).await;
        node.http().ok("auth.resend_verification", json!({ "email": person.email })).await;
        let marker = node.unverified("marker").await;
        node.smtp.letter_to(&marker.email).await;
        let links = node.smtp.letters_to(&person.email).iter().filter(|l| l.text.contains("?token=")).count();
        assert_eq!(links, 1, "the one that was verified");
    }

    async fn nothing_is_left_of_a_deleted_account(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        http.ok("addresses.create", crate::support::address("Home")).await;
        let links = links(&node, &person, &session).await;
        node.http().refused("invalid_credentials", "auth.login",
            json!({ "email": person.email, "password": "wrong larches beside no brook" })).await;
        node.http().ok("auth.register", person.registration()).await;
        let id = session.sign_in["profile"]["id"].as_str().unwrap().to_owned();
        let forms = [id.clone(), id.replace('-', "").to_uppercase(), person.email.clone()];
        let rows = node.rows().await;
        assert!(forms[2..].iter().all(|form| rows.contains(form)) && forms[..2].iter().any(|form| rows.contains(form)),
            "the test looks at the right place");
        let (tab, mute) = (session.tab(&node).await, session.browser_tab(&node).await);
        tab.snapshot().await;
        let (bob, bobs) = node.signed_in("bob").await;

        user(&node, "delete", &person.email).await;
        assert_eq!(tab.revoked("account_deleted").await, Vec::<Value>::new());
        mute.closed().await;
        session.assert_ended(&node, "account_deleted").await;
        let rows = node.rows().await;
        for form in &forms {
            // Its id stays for a while, as deleted and with its void tokens.
            let id_stays = |row: &str| *form != person.email && (row.starts_with("audit_log: ") || row.starts_with("revocations: "));
            let left: Vec<&str> = rows.lines().filter(|row| row.contains(form.as_str()) && !id_stays(row)).collect();
            assert!(left.is_empty(), "{form} is still in {left:#?}");
        }
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        assert_no_way_back(&node, &person, &links).await;
        assert_eq!(bobs.http(&node).ok("profile.get", json!({})).await["email"], bob.email);
        // The address is free for a new account, which has nothing of the old one.
        node.http().ok("auth.register", person.registration()).await;
        let token = node.smtp.letter_saying(&person.email, "/verify-email?token=").await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
        let again = person.sign_in(&node).await;
        assert_ne!(again.sign_in["profile"]["id"], id);
        assert_eq!(again.http(&node).ok("addresses.list", json!({})).await, json!([]));
    }

    async fn an_unknown_user_is_reported(database: Database) {
        let node = Node::start(database).await;
        for action in ["disable", "enable", "delete"] {
            let output = node.command(&["user", action, "nobody@example.test"]).await;
            assert_eq!(output.status.code(), Some(1), "{action}");
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(message.contains("nobody@example.test"), "{message}");
        }
        assert_eq!(node.command(&["user", "promote", "nobody@example.test"]).await.status.code(), Some(2));
        assert_eq!(node.command(&["user", "disable"]).await.status.code(), Some(2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_pushes_to_its_sockets() {
    for (action, reason) in [("disable", "account_disabled"), ("delete", "account_deleted")] {
        let (one, two) = Node::pair().await;
        let (person, session) = one.signed_in("ann").await;
        let tabs = [session.tab(&one).await, session.tab(&two).await];
        tabs[0].snapshot().await;
        tabs[1].snapshot().await;
        user(&one, action, &person.email).await;
        for tab in &tabs {
            tab.revoked(reason).await;
        }
    }
}
