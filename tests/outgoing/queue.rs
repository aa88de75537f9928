//! The queue of outgoing events, which is filled with the change itself.

use super::{NOWHERE, SCOPES, deliveries, operator, types, webhook};
use crate::support::{
    Call, Database, Inside, Node, address, another_email, both_databases, eventually,
    inside::{account, disable, email},
};
use marbelle::{
    account::Operator,
    domain::{user::UserRef, webhook::WebhookUrl},
};
use serde_json::{Value, json};

/// The longest queue of one user (docs/events.md).
const MOST: usize = 2000;

both_databases! {
    async fn every_change_is_queued_in_its_order(database: Database) {
        let node = Node::start(database).await;
        let operator = operator(&node).await;
        let (all, _) = webhook(&operator, json!({ "url": NOWHERE })).await;
        let (some, _) = webhook(&operator, json!({ "url": NOWHERE, "events": ["profile.changed", "user.deleted"] })).await;
        let (person, session) = node.signed_in("ann").await;
        let page = session.http(&node);
        page.ok("profile.update", json!({ "first_name": "Bea" })).await;
        page.ok("profile.update", json!({ "first_name": "Bea" })).await;
        page.ok("addresses.create", address("Home")).await;
        page.ok("auth.logout", json!({})).await;
        node.command(&["user", "disable", &person.email]).await;
        node.command(&["user", "disable", &person.email]).await;
        node.command(&["user", "enable", &person.email]).await;

        let delivered = ["user.created", "sessions.changed", "profile.changed", "addresses.changed", "sessions.changed",
            "user.disabled", "user.enabled"];
        assert_eq!(types(&operator, &all).await, delivered);
        assert_eq!(types(&operator, &some).await, ["profile.changed"]);
        let user = &session.sign_in["profile"]["id"];
        for (at, delivery) in deliveries(&operator, &all).await.iter().enumerate() {
            assert_eq!((&delivery["user_id"], &delivery["state"]), (user, &json!("waiting")));
            // Only the first is to be sent; the others wait for it.
            assert_eq!(delivery["next_attempt_at"].is_string(), at == 0, "{delivery}");
        }
    }

    async fn nothing_is_queued_without_a_listener(database: Database) {
        let node = Node::start(database).await;
        let operator = operator(&node).await;
        let (_, session) = node.signed_in("ann").await;
        let (off, _) = webhook(&operator, json!({ "url": NOWHERE })).await;
        session.http(&node).ok("profile.update", json!({ "first_name": "Bea" })).await;
        assert_eq!(types(&operator, &off).await, ["profile.changed"]);
        operator.ok("webhooks.update", json!({ "webhook_id": off, "disabled": true })).await;
        assert_eq!(deliveries(&operator, &off).await, Vec::<Value>::new(), "switching it off drops what waits");
        session.http(&node).ok("profile.update", json!({ "first_name": "Cleo" })).await;
        assert_eq!(deliveries(&operator, &off).await, Vec::<Value>::new());
        assert!(!node.rows().await.contains("outgoing_events: "));

        operator.ok("webhooks.update", json!({ "webhook_id": off, "disabled": false })).await;
        session.http(&node).ok("profile.update", json!({ "first_name": "Dora" })).await;
        assert_eq!(types(&operator, &off).await, ["profile.changed"]);
        operator.ok("webhooks.delete", json!({ "webhook_id": off })).await;
        session.http(&node).ok("profile.update", json!({ "first_name": "Edda" })).await;
        assert!(!node.rows().await.contains("outgoing_events: "));
    }

    async fn a_change_needs_no_more_statements_with_a_listener_and_none_of_the_queue_without(database: Database) {
        let inside = Inside::on(&database, &[]);
        let (ann, url) = (email(&another_email("ann")), WebhookUrl::parse(NOWHERE).expect("a URL"));
        let (measured, mut works) = inside.measuring(async |measuring| {
            let accounts = &measuring.accounts;
            account(accounts, &ann).await;
            let user = accounts.get_user(&UserRef::Email(ann.clone())).await.expect("an account").profile.id;
            let enable = async || accounts.enable_user(user, None, Operator::CommandLine).await.expect("enabled");
            let measure = async || measuring.measure(async || disable(accounts, &ann).await).await.1;
            let alone = measure().await;
            enable().await;
            accounts.create_webhook(url.clone(), None, None, Operator::CommandLine).await.expect("a webhook");
            // The list of webhooks is read once.
            disable(accounts, &ann).await;
            enable().await;
            (alone, measure().await)
        }).await;
        let [alone, delivered] = [measured.0, measured.1].map(|number| works.remove(&number).expect("the call was measured").texts);
        let of_queue = |text: &str| text.contains("outgoing_events") || text.contains("webhooks ");
        assert!(!alone.iter().any(|text| of_queue(text)), "{alone:?}");
        assert_eq!(delivered.len(), alone.len(), "{alone:?}\n{delivered:?}");
        let of_queue: Vec<_> = delivered.iter().filter(|text| of_queue(text)).collect();
        assert!(matches!(&of_queue[..], [only] if only.contains("UPDATE users SET revision")), "{of_queue:?}");
    }

    async fn only_the_deletion_of_a_deleted_user_waits(database: Database) {
        let node = Node::start(database).await;
        let operator = operator(&node).await;
        let (hook, _) = webhook(&operator, json!({ "url": NOWHERE })).await;
        let (person, session) = node.signed_in("ann").await;
        session.http(&node).ok("profile.update", json!({ "first_name": "Gwendolyn" })).await;
        assert!(node.rows().await.contains("Gwendolyn"));
        // An attempt under way stays until it is over, without its text.
        let left = eventually("no attempt is under way", async || {
            node.command(&["user", "delete", "--yes", &person.email]).await;
            let left = types(&operator, &hook).await;
            (left == ["user.deleted"] || left == ["user.created", "user.deleted"]).then_some(left)
        }).await;
        assert_eq!(left.last().expect("one is left"), "user.deleted");
        assert!(!node.rows().await.contains("Gwendolyn"));
        eventually("the deletion alone is left", async || {
            (types(&operator, &hook).await == ["user.deleted"]).then_some(())
        }).await;
    }

    async fn one_resync_replaces_too_many_events(database: Database) {
        let node = Node::start(database).await;
        let operator = operator(&node).await;
        let (_, session) = node.signed_in("ann").await;
        let (hook, _) = webhook(&operator, json!({ "url": NOWHERE, "events": ["profile.changed"] })).await;
        let page = session.http(&node);
        for name in 0..MOST {
            page.ok("profile.update", json!({ "first_name": format!("Ann {name}") })).await;
        }
        assert_eq!(types(&operator, &hook).await, vec!["profile.changed"; MOST]);
        let profile = page.ok("profile.update", json!({ "first_name": "One more" })).await;
        let left = deliveries(&operator, &hook).await;
        let resync = left.last().expect("one is left");
        assert_eq!(resync["type"], "user.resync");
        // Apart from one that was under way at that moment.
        assert!(left.len() <= 2, "{left:#?}");
        page.ok("profile.update", json!({ "first_name": "Another" })).await;
        assert_eq!(types(&operator, &hook).await.last().expect("one"), "profile.changed");
        assert!(profile["revision"].as_i64().expect("a revision") > MOST as i64);
    }

    async fn other_nodes_and_commands_know_the_listeners_at_once(database: Database) {
        let first = Node::on(database.clone()).shared_keys().start().await;
        let operator = operator(&first).await;
        let (person, session) = first.signed_in("ann").await;
        let (hook, _) = webhook(&operator, json!({ "url": NOWHERE })).await;
        if database.url().is_some() {
            let second = Node::on(database).shared_keys().smtp(&first.smtp).start().await;
            session.http(&second).ok("profile.update", json!({ "first_name": "Bea" })).await;
            let (other, _) = webhook(&super::operator(&first).await, json!({ "url": NOWHERE })).await;
            session.http(&second).ok("profile.update", json!({ "first_name": "Cleo" })).await;
            assert_eq!(types(&operator, &hook).await, ["profile.changed", "profile.changed"]);
            assert_eq!(types(&operator, &other).await, ["profile.changed"]);
            operator.ok("webhooks.delete", json!({ "webhook_id": other })).await;
            session.http(&second).ok("profile.update", json!({ "first_name": "Dora" })).await;
        }
        first.command(&["user", "disable", &person.email]).await;
        let delivered = types(&operator, &hook).await;
        assert_eq!(&delivered[delivered.len() - 2..], ["sessions.changed", "user.disabled"]);
    }

    async fn imported_accounts_are_announced_like_any_other(database: Database) {
        let before = Node::start(Database::sqlite()).await;
        let (ann, bob) = (before.registered("ann").await, before.registered("bob").await);
        before.command(&["user", "disable", &bob.email]).await;
        let node = Node::start(database).await;
        let file = node.data().join("accounts.jsonl");
        let file = file.to_str().expect("text");
        let exported = before.command(&["export", "jsonl", file]).await;
        assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
        let operator = operator(&node).await;
        let (hook, _) = webhook(&operator, json!({ "url": NOWHERE })).await;
        for _ in 0..2 {
            let imported = node.command(&["import", "jsonl", file]).await;
            assert_eq!(imported.status.code(), Some(0), "{}", String::from_utf8_lossy(&imported.stderr));
            // Once, however often it is run.
            assert_eq!(types(&operator, &hook).await, ["user.created", "user.created", "user.disabled"]);
        }
        assert!(node.rows().await.contains(&ann.email));
    }

    async fn operators_actions_on_webhooks_are_in_the_audit_log(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let operator = endpoint.with("webhooks,users:read,audit").await;
        let (hook, _) = webhook(&operator, json!({ "url": format!("{NOWHERE}?token=hush") })).await;
        operator.ok("webhooks.rotate_secret", json!({ "webhook_id": hook })).await;
        let test = operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        operator.ok("webhooks.redeliver", json!({ "delivery_id": test["delivery_id"] })).await;
        let json_of = |output: std::process::Output| -> Value {
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice(&output.stdout).expect("JSON")
        };
        let listed = json_of(node.command(&["webhook", "list", "--json"]).await);
        assert_eq!((&listed[0]["id"], &listed[0]["events"]), (&json!(hook), &Value::Null));
        let sent = json_of(node.command(&["webhook", "deliveries", &hook, "--json"]).await);
        assert_eq!(sent["deliveries"][0]["type"], "webhook.test");
        let made = json_of(node.command(&["webhook", "create", NOWHERE, "--event", "user.created", "--json"]).await);
        let other = made["webhook"]["id"].as_str().expect("an id").to_owned();
        for command in ["disable", "enable", "rotate-secret", "test", "delete"] {
            let output = node.command(&["webhook", command, &other]).await;
            assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let output = node.command(&["webhook", "test", &other]).await;
        assert_eq!(output.status.code(), Some(1), "it is gone");
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("there is no webhook {other}")));

        let log = operator.ok("audit.list", json!({})).await;
        let mut delivered: Vec<(&str, &str)> = Vec::new();
        for entry in log["entries"].as_array().expect("a list").iter().rev() {
            let method = entry["method"].as_str().expect("a method");
            if method.starts_with("webhooks.") {
                delivered.push((method, entry["actor"].as_str().expect("an actor")));
                assert!([&json!(hook), &json!(other)].contains(&&entry["detail"]["webhook_id"]), "{entry}");
            }
        }
        let (key, line) = ("webhooks,users:read,audit", "command line");
        let expected = [
            ("webhooks.create", key), ("webhooks.rotate_secret", key), ("webhooks.test", key), ("webhooks.redeliver", key),
            ("webhooks.create", line), ("webhooks.update", line), ("webhooks.update", line), ("webhooks.rotate_secret", line),
            ("webhooks.test", line), ("webhooks.delete", line),
        ];
        assert_eq!(delivered, expected);
        assert!(!log.to_string().contains("hush"));
    }

    async fn creating_webhooks_requires_reading_users(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let (webhooks, both) = (endpoint.with("webhooks").await, endpoint.with(SCOPES).await);
        let refused = webhooks.refused("forbidden", "webhooks.create", json!({ "url": NOWHERE })).await;
        assert_eq!(refused.data["scope"], "users:read");
        let (hook, secret) = webhook(&both, json!({ "url": NOWHERE, "description": "Search" })).await;
        webhooks.refused("forbidden", "webhooks.update", json!({ "webhook_id": hook, "url": NOWHERE })).await;
        let listed = webhooks.ok("webhooks.list", json!({})).await;
        assert_eq!((&listed[0]["url"], &listed[0]["description"]), (&json!(NOWHERE), &json!("Search")));
        let edited = both.ok("webhooks.update", json!({ "webhook_id": hook, "description": null })).await;
        assert_eq!((&edited["description"], &edited["events"]), (&json!(null), &json!(null)));
        // The secret is shown once and cannot be read in the database.
        let base64 = secret.strip_prefix("whsec_").expect("the standard's prefix");
        assert!(!listed.to_string().contains(base64) && !node.rows().await.contains(base64));
        let unknown = json!({ "webhook_id": "019aa3c5-1f00-7f31-9c02-4d5e6f708192" });
        for method in ["webhooks.delete", "webhooks.test", "webhooks.rotate_secret", "webhooks.deliveries"] {
            webhooks.refused("not_found", method, unknown.clone()).await;
        }
        for url in ["shop.example", "ftp://shop.example/", "https://a:b@shop.example/"] {
            both.invalid(&[("url", &["format"])], "webhooks.create", json!({ "url": url })).await;
        }
        let none = json!({ "url": NOWHERE, "events": [] });
        both.invalid(&[("events", &["too_short"])], "webhooks.create", none).await;
        let other = json!({ "url": NOWHERE, "events": ["profile.changed", "snapshot"] });
        both.invalid(&[("events", &["format"])], "webhooks.create", other).await;
        for _ in 1..50 {
            webhook(&both, json!({ "url": NOWHERE })).await;
        }
        let refused = both.refused("limit_reached", "webhooks.create", json!({ "url": NOWHERE })).await;
        assert_eq!(refused.data["limit"], 50);
    }
}
