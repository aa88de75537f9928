//! Outgoing events for other systems.

mod backlog;
mod queue;
mod receivers;
mod stream;
mod webhooks;

use crate::support::{Call, Http, Node};
use serde_json::{Value, json};

/// The scopes for webhooks.
const SCOPES: &str = "webhooks,users:read";

/// An address where nothing listens: its events wait.
const NOWHERE: &str = "http://127.0.0.1:1/";

/// A client that may manage webhooks.
async fn operator(node: &Node) -> Http {
    node.service_endpoint().await.with(SCOPES).await
}

/// A new webhook, and its secret.
async fn webhook(operator: &Http, params: Value) -> (String, String) {
    let made = operator.ok("webhooks.create", params).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

/// What was queued for a webhook, oldest first.
async fn deliveries(operator: &Http, webhook: &str) -> Vec<Value> {
    let (mut found, mut before) = (Vec::new(), Value::Null);
    loop {
        let params = json!({ "webhook_id": webhook, "before": before, "limit": 200 });
        let page = operator.ok("webhooks.deliveries", params).await;
        found.extend(page["deliveries"].as_array().expect("a list").clone());
        if page["more"] == false {
            found.reverse();
            return found;
        }
        before = found.last().expect("more after something")["id"].clone();
    }
}

/// The types of what was queued for a webhook, oldest first.
async fn types(operator: &Http, webhook: &str) -> Vec<String> {
    deliveries(operator, webhook).await.iter().map(|one| one["type"].as_str().expect("a type").to_owned()).collect()
}
