//! `session.access_token` and `tokens.verify`.

use crate::support::{Call, Database, Node, both_databases};
use serde_json::json;

both_databases! {
    async fn a_token_for_a_backend_is_valid_there_until_its_session_ends(database: Database) {
        let node = Node::on(database).set("TOKEN_BACKENDS", "orders, search").start().await;
        let (_, session) = node.signed_in("ann").await;
        let (page, shop) = (session.http(&node), node.service_endpoint().await.with("tokens:verify").await);
        let given = page.ok("session.access_token", json!({ "audience": "orders" })).await;
        let token = given["access_token"].as_str().expect("a token");

        let refused = node.http().bearer(token).refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(refused.data["reason"], "invalid", "not valid here");
        let verified = shop.ok("tokens.verify", json!({ "access_token": token, "audience": "orders" })).await;
        let expected = json!({
            "active": true, "user_id": session.sign_in["profile"]["id"], "session_id": session.id,
            "external_id": null, "expires_at": given["access_expires_at"],
        });
        assert_eq!(verified, expected);
        for audience in [json!(null), json!("search"), json!("elsewhere")] {
            let verified = shop.ok("tokens.verify", json!({ "access_token": token, "audience": audience })).await;
            assert_eq!(verified, json!({ "active": false, "reason": "invalid" }));
        }
        let own = shop.ok("tokens.verify", json!({ "access_token": session.access_token })).await;
        assert_eq!((&own["active"], &own["session_id"]), (&json!(true), &json!(session.id)));

        page.ok("auth.logout", json!({ "scope": "local" })).await;
        for params in [
            json!({ "access_token": token, "audience": "orders" }),
            json!({ "access_token": session.access_token }),
        ] {
            let verified = shop.ok("tokens.verify", params).await;
            assert_eq!(verified, json!({ "active": false, "reason": "session_ended" }));
        }
    }

    async fn a_change_of_password_voids_earlier_tokens(database: Database) {
        let node = Node::on(database).set("TOKEN_BACKENDS", "orders").start().await;
        let (person, session) = node.signed_in("ann").await;
        let shop = node.service_endpoint().await.with("tokens:verify").await;
        let given = session.http(&node).ok("session.access_token", json!({ "audience": "orders" })).await;
        let asked = json!({ "access_token": given["access_token"], "audience": "orders" });
        let change = json!({ "current_password": person.password, "new_password": "another walk by the sea" });
        session.http(&node).ok("auth.change_password", change).await;
        let verified = shop.ok("tokens.verify", asked).await;
        assert_eq!(verified, json!({ "active": false, "reason": "renewed" }));
        let verified = shop.ok("tokens.verify", json!({ "access_token": "eyJ" })).await;
        assert_eq!(verified, json!({ "active": false, "reason": "invalid" }));
    }

    async fn tokens_are_issued_for_configured_backends_only(database: Database) {
        let (node, _, session) = crate::support::somebody(database).await;
        let page = session.http(&node);
        for audience in ["orders", "marbelle", "*"] {
            page.invalid(&[("audience", &["not_allowed"])], "session.access_token", json!({ "audience": audience })).await;
        }
        page.invalid(&[("audience", &["required"])], "session.access_token", json!({})).await;
        let endpoint = node.service_endpoint().await;
        let refused = endpoint.with("keys").await.refused("forbidden", "tokens.verify", json!({ "access_token": "x" })).await;
        assert_eq!(refused.data["scope"], "tokens:verify");
    }
}
