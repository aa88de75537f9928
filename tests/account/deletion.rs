//! `account.request_deletion` and `account.confirm_deletion`.

use crate::support::{Call, Database, Node, address, both_databases, eventually, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

const LINK: &str = "/confirm-deletion?token=";

both_databases! {
    async fn an_account_is_deleted_with_all_data_about_its_owner(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        let name = json!({ "first_name": "Zephyrine", "phone": "+4915123456789" });
        http.ok("profile.update", name).await;
        http.ok("addresses.create", address("Home")).await;
        http.ok("profile.request_email_change",
            json!({ "current_password": person.password, "new_email": "zephyrine.new@example.test" })).await;
        node.http().refused("invalid_credentials", "auth.login",
            json!({ "email": person.email, "password": "wrong larches beside no brook" })).await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;

        session.unproven(&node).await;
        http.refused("proof_required", "account.request_deletion", json!({})).await;
        http.ok("session.prove", json!({ "password": person.password })).await;
        http.ok("account.request_deletion", json!({})).await;
        let token = node.smtp.letter_saying(&person.email, LINK).await.token();
        let log = http.ok("account.security_log", json!({})).await;
        assert_eq!(log["events"][0]["type"], "account_deletion_requested");
        let rows = node.rows().await;
        let traces = [person.email.as_str(), "Zephyrine", "4915123456789", "zephyrine.new", "Lindenweg"];
        assert!(traces.iter().all(|trace| rows.contains(trace)), "the test looks at the right place");
        assert!(!rows.contains(&token), "the link is stored nowhere");

        node.http().ok("account.confirm_deletion", json!({ "token": token })).await;
        assert_eq!(tab.revoked("account_deleted").await, Vec::<Value>::new());
        session.assert_ended(&node, "account_deleted").await;
        node.smtp.letter_saying(&person.email, "was deleted").await;
        node.http().refused("invalid_token", "account.confirm_deletion", json!({ "token": token })).await;
        let left = || async {
            let rows = node.rows().await;
            let left = rows.lines().filter(|row| traces.iter().any(|trace| row.contains(trace)));
            left.map(str::to_owned).collect::<Vec<_>>()
        };
        // The last letter's row is deleted when it is sent; everything else is deleted already.
        eventually("at most one row left", || async { (left().await.len() <= 1).then_some(()) }).await;
        eventually("none left", || async { left().await.is_empty().then_some(()) }).await;
        // The address is free.
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        node.http().ok("auth.register", person.registration()).await;
        let token = node.smtp.letter_saying(&person.email, "/verify-email?token=").await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
    }

    async fn only_the_newest_link_is_valid_and_one_of_its_callers_wins(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        let mut tokens = Vec::new();
        for _ in 0..2 {
            http.ok("account.request_deletion", json!({})).await;
            tokens.push(node.smtp.letter_saying(&person.email, LINK).await.token());
        }
        node.http().refused("invalid_token", "account.confirm_deletion", json!({ "token": tokens[0] })).await;
        node.http().refused("invalid_token", "account.confirm_deletion", json!({ "token": "made-up" })).await;
        node.http().invalid(&[("token", &["required"])], "account.confirm_deletion", json!({})).await;
        let callers: Vec<_> = (0..20).map(|_| node.http()).collect();
        let confirm = json!({ "token": tokens[1] });
        let answers = join_all(callers.iter().map(|caller| caller.call("account.confirm_deletion", confirm.clone()))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.kind == "invalid_token"));
    }

    async fn a_request_beyond_the_mailboxs_allowance_keeps_the_sent_link_valid(database: Database) {
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", "1").start().await;
        let (person, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        http.ok("account.request_deletion", json!({})).await;
        let token = node.smtp.letter_saying(&person.email, LINK).await.token();
        http.ok("account.request_deletion", json!({})).await;
        node.http().ok("account.confirm_deletion", json!({ "token": token })).await;
    }

    async fn a_disabled_account_is_not_deleted_by_its_link(database: Database) {
        let (node, person, session) = somebody(database).await;
        session.http(&node).ok("account.request_deletion", json!({})).await;
        let token = node.smtp.letter_saying(&person.email, LINK).await.token();
        assert!(node.command(&["user", "disable", &person.email]).await.status.success());
        node.http().refused("invalid_token", "account.confirm_deletion", json!({ "token": token })).await;
        assert!(node.command(&["user", "enable", &person.email]).await.status.success());
        node.http().ok("auth.login", person.credentials()).await;
    }
}
