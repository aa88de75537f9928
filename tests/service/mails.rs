//! `mails.*` and `marbelle mail list|retry`.

use crate::support::{Call, Database, Mood, Node, both_databases, eventually};
use marbelle::domain::time::Clock;
use serde_json::{Value, json};
use std::time::Duration;

both_databases! {
    async fn letters_are_listed_and_tried_again(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named("mailer", "mails,audit").await);
        let sent = node.unverified("ann").await;
        node.smtp.letter_to(&sent.email).await;
        node.smtp.be(Mood::RefuseForGood);
        let lost = node.unverified("bob").await;
        let given_up = eventually("the letter to be given up", || async {
            let listed = service.ok("mails.list", json!({ "state": "given_up" })).await;
            listed["mails"].as_array().expect("letters").first().cloned()
        }).await;
        assert_eq!((&given_up["recipient"], &given_up["kind"]), (&json!(lost.email), &json!("verify_email")));
        assert_eq!((&given_up["attempts"], &given_up["next_attempt_at"]), (&json!(1), &Value::Null));
        assert!(given_up["last_error"].as_str().is_some_and(|error| error.contains("5.1.1")), "{given_up}");

        node.smtp.be(Mood::RefuseForNow);
        let put_off = node.unverified("eve").await;
        let waiting = eventually("the letter to be put off", || async {
            let listed = service.ok("mails.list", json!({ "state": "waiting" })).await;
            listed["mails"].as_array().expect("letters").first().filter(|mail| mail["last_error"].is_string()).cloned()
        }).await;
        assert!(waiting["recipient"] == put_off.email && waiting["next_attempt_at"].is_string(), "{waiting}");
        let all = service.ok("mails.list", json!({ "limit": 2 })).await;
        assert!(all["more"] == true && all["mails"][1]["id"] == given_up["id"], "{all}");
        let rest = service.ok("mails.list", json!({ "before": given_up["id"] })).await;
        assert_eq!((&rest["more"], &rest["mails"][0]["state"]), (&json!(false), &json!("sent")));
        assert_eq!(node.run_json(&["mail", "list", "--before", given_up["id"].as_str().expect("an id")]).await, rest);
        let (status, table, message) = node.run(&["mail", "list", "--limit", "1"]).await;
        assert!(status == 0 && table.contains(&put_off.email) && message.contains("--before"), "{table}{message}");

        // Decoys are not letters, and the row of a letter does not contain its link.
        node.http().ok("auth.request_password_reset", json!({ "email": "nobody@example.test" })).await;
        let listed = service.ok("mails.list", json!({})).await.to_string();
        assert!(!listed.contains("nobody@example.test") && !listed.contains("token"), "{listed}");

        node.smtp.be(Mood::Accept);
        service.ok("mails.retry", json!({ "mail_id": given_up["id"] })).await;
        node.smtp.letter_to(&lost.email).await;
        let log = service.ok("audit.list", json!({ "limit": 1 })).await;
        let (entry, detail) = (&log["entries"][0], json!({ "mail_id": given_up["id"], "kind": "verify_email" }));
        assert_eq!((&entry["actor"], &entry["method"], &entry["detail"]), (&json!("mailer"), &json!("mails.retry"), &detail));
        let id = rest["mails"][0]["id"].as_str().expect("an id");
        service.refused("forbidden", "mails.retry", json!({ "mail_id": id })).await;
        let (status, _, message) = node.run(&["mail", "retry", id]).await;
        assert!(status == 1 && message.contains("already been sent"), "{message}");
        let nothing = "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07";
        service.refused("not_found", "mails.retry", json!({ "mail_id": nothing })).await;
        let (status, _, message) = node.run(&["mail", "retry", nothing]).await;
        assert!(status == 1 && message.contains(nothing), "{message}");
    }

    async fn a_command_retries_a_letter_that_was_postponed_for_long(database: Database) {
        let node = Node::start(database).await;
        node.smtp.be(Mood::RefuseForNow);
        let person = node.unverified("ann").await;
        let mail = eventually("the letter to be put off", || async {
            let listed = node.run_json(&["mail", "list", "--state", "waiting"]).await;
            listed["mails"].as_array().expect("letters").first().filter(|mail| mail["last_error"].is_string()).cloned()
        }).await;
        let later = Clock::system().now().after(Duration::from_secs(3000));
        node.execute(&format!("UPDATE mail_outbox SET next_attempt_at = '{later}' WHERE sent_at IS NULL")).await;
        node.smtp.be(Mood::Accept);
        assert_eq!(node.run(&["mail", "retry", mail["id"].as_str().expect("an id")]).await.0, 0);
        node.smtp.letter_to(&person.email).await;
        let (status, _, message) = node.run(&["mail", "list", "--state", "lost"]).await;
        assert!(status == 2 && message.contains("given_up"), "{message}");
    }
}
