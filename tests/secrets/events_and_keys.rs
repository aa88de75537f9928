//! Secrets of webhooks, and of the keys of services and operators.

use super::{assert_unreadable, everything, holds};
use crate::support::{Answers, Call, Database, Node, Receiver, both_databases};
use serde_json::{Value, json};

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

both_databases! {
    async fn no_secret_of_a_webhook_or_a_key_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let endpoint = node.service_endpoint().await;
        let key = endpoint.key("webhooks,users:read,keys").await;
        let operator = endpoint.http(&key);
        let mut answers = Vec::new();
        // Refused uses of the key: shortened, its end with a different beginning, at the other endpoint, beside a faulty parameter.
        let other = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { "B" } else { "A" });
        for wrong in [&other, &key[..key.len() - 4]] {
            answers.push(format!("{:?}", endpoint.http(wrong).refused("unauthenticated", "keys.list", json!({})).await));
        }
        answers.push(format!("{:?}", node.http().bearer(&key).refused("unauthenticated", "profile.get", json!({})).await));
        answers.push(format!("{:?}", operator.refused("invalid_params", "keys.create", json!({ "nam": key })).await));

        let made = operator.ok("keys.create", json!({ "name": "mailing", "scopes": ["users:read"] })).await;
        let second = text(&made["secret"]);
        endpoint.http(&second).ok("users.count", json!({})).await;
        operator.ok("keys.revoke", json!({ "key_id": made["key"]["id"] })).await;
        answers.push(format!("{:?}", endpoint.http(&second).refused("unauthenticated", "users.count", json!({})).await));
        answers.push(operator.ok("keys.list", json!({})).await.to_string());

        // A receiver that accepts its events, and one that does not.
        let (listens, fails) = (Receiver::start().await, Receiver::start().await);
        fails.be(Answers::Status(500));
        let mut secrets = Vec::new();
        for receiver in [&listens, &fails] {
            let made = operator.ok("webhooks.create", json!({ "url": receiver.url() })).await;
            secrets.push(text(&made["secret"]));
            let webhook = made["webhook"]["id"].clone();
            let rotated = operator.ok("webhooks.rotate_secret", json!({ "webhook_id": webhook })).await;
            secrets.push(text(&rotated["secret"]));
            let (person, _) = node.signed_in("ann").await;
            receiver.request_of("user.created").await;
            answers.push(operator.ok("webhooks.deliveries", json!({ "webhook_id": webhook })).await.to_string());
            answers.push(person.email);
        }
        answers.push(operator.ok("webhooks.list", json!({})).await.to_string());
        assert!(listens.received()[0].is_signed_by(&secrets[0]), "the secrets sign");

        let content = everything(&node, &answers).await;
        assert!(holds(&content, listens.url().as_bytes()), "the test looks at the right places");
        let secrets = secrets.iter().map(|secret| ("a webhook's secret", secret.as_str()));
        let keys = [&key, &second, &other].map(|key| ("a service key", key.as_str()));
        assert_unreadable(&content, &node, &secrets.chain(keys).collect::<Vec<_>>());
    }
}
