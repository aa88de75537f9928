//! jsonrpsee's own client, which has no knowledge of this server.

use crate::support::{Call, Database, both_databases, somebody};
use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee_ws_client::{HeaderMap, HeaderValue, WsClientBuilder};
use serde_json::{Value, json};

/// The parameters that it sends to a method without any.
fn nothing() -> jsonrpsee::core::params::ArrayParams {
    jsonrpsee::core::params::ArrayParams::new()
}

both_databases! {
    async fn subscribes_unsubscribes_and_subscribes_again(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", session.access_token);
        headers.insert("authorization", HeaderValue::from_str(&bearer).unwrap());
        let url = format!("ws://{}/rpc", node.address());
        let client = WsClientBuilder::new().set_headers(headers).build(url).await.unwrap();
        let profile: Value = client.request("profile.get", nothing()).await.unwrap();
        assert_eq!(profile["first_name"], "Ann");
        for round in 0..3 {
            let subscribed = client.subscribe("account.subscribe", nothing(), "account.unsubscribe").await;
            let mut events: Subscription<Value> = subscribed.unwrap();
            assert_eq!(events.next().await.unwrap().unwrap()["type"], "snapshot", "{round}");
            session.http(&node).ok("profile.update", json!({ "first_name": format!("Ann {round}") })).await;
            assert_eq!(events.next().await.unwrap().unwrap()["data"]["first_name"], format!("Ann {round}"));
            events.unsubscribe().await.unwrap();
        }
    }

    async fn unsubscribing_is_confirmed_and_no_event_comes_after_it(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let id = tab.subscribe(None, None).await;
        tab.next_of("snapshot").await;
        for wrong in [json!({ "subscription": "another" }), json!(["another"])] {
            assert_eq!(tab.ok("account.unsubscribe", wrong).await, false);
        }
        tab.invalid(&[("params", &["type"])], "account.unsubscribe", json!([id, id])).await;
        tab.invalid(&[("subscription", &["type"])], "account.unsubscribe", json!([1])).await;
        tab.invalid(&[("subscription", &["required"])], "account.unsubscribe", json!([])).await;
        assert_eq!(tab.ok("account.unsubscribe", json!([id])).await, true);
        assert_eq!(tab.ok("account.unsubscribe", json!([id])).await, false);
        tab.ok("profile.update", json!({ "first_name": "Anne" })).await;
        tab.ok("profile.get", json!({})).await;
        assert_eq!(tab.waiting_events(), Vec::<Value>::new());
        tab.snapshot().await;
    }
}
