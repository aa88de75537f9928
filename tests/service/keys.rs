//! `keys.*` and `marbelle key`.

use crate::support::{Call, Database, Node, both_databases, eventually};
use serde_json::{Value, json};

both_databases! {
    async fn a_key_is_created_listed_and_revoked(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let operator = endpoint.with("keys,users:read").await;
        let made = operator.ok("keys.create", json!({ "name": " Orders ", "scopes": ["users:read"] })).await;
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        let (id, key) = (&made["key"]["id"], &made["key"]);
        assert_eq!((&key["name"], &key["scopes"]), (&json!("Orders"), &json!(["users:read"])));
        assert_eq!((&key["expires_at"], &key["last_used_at"], &key["revoked_at"]),
            (&Value::Null, &Value::Null, &Value::Null));
        endpoint.http(&secret).ok("rpc.discover", json!({})).await;
        eventually("the use of the key", || async {
            let listed = operator.ok("keys.list", json!({})).await;
            assert_eq!(listed[0]["id"], *id, "the newest first");
            listed[0]["last_used_at"].is_string().then_some(())
        }).await;
        let rows = node.rows().await;
        assert!(rows.contains("Orders") && !rows.contains(&secret) && !rows.contains(&secret[9..]));

        let socket = endpoint.ws(&secret).await;
        operator.ok("keys.revoke", json!({ "key_id": id })).await;
        socket.closed().await;
        assert_eq!(socket.close_frame(), Some((4401, "revoked".into())));
        let refused = endpoint.http(&secret).refused("unauthenticated", "rpc.discover", json!({})).await;
        assert_eq!(refused.data["reason"], "invalid");
        assert_eq!(endpoint.refused_handshake(&[("authorization", &format!("Bearer {secret}"))]).await, 401);
        operator.ok("keys.revoke", json!({ "key_id": id })).await; // twice is once
        let listed = operator.ok("keys.list", json!({})).await;
        assert!(listed[0]["revoked_at"].is_string() && listed[1]["revoked_at"].is_null());
        let unknown = json!({ "key_id": "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07" });
        operator.refused("not_found", "keys.revoke", unknown).await;
    }

    async fn a_key_grants_no_more_than_it_has(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let (few, all) = (endpoint.key("keys,mails").await, endpoint.with("keys,mails,audit").await);
        let more = json!({ "name": "x", "scopes": ["mails", "audit"] });
        let refused = endpoint.http(&few).refused("forbidden", "keys.create", more.clone()).await;
        assert_eq!(refused.data["scope"], "audit");
        let beyond = all.ok("keys.create", more).await;
        let refused = endpoint.http(&few).refused("forbidden", "keys.revoke", json!({ "key_id": beyond["key"]["id"] })).await;
        assert_eq!(refused.data["scope"], "audit");
        let within = all.ok("keys.create", json!({ "name": "x", "scopes": ["mails"] })).await;
        endpoint.http(&few).ok("keys.revoke", json!({ "key_id": within["key"]["id"] })).await;

        // No expiry beyond its own.
        let soon = "2099-01-01T00:00:00+01:00";
        let short = all.ok("keys.create", json!({ "name": "x", "scopes": ["keys"], "expires_at": soon })).await;
        assert_eq!(short["key"]["expires_at"], "2098-12-31T23:00:00.000Z");
        let short = endpoint.http(short["secret"].as_str().expect("a secret"));
        let child = |at: Value| json!({ "name": "x", "scopes": ["keys"], "expires_at": at });
        for at in [Value::Null, json!("2098-12-31T23:00:00.001Z")] {
            short.invalid(&[("expires_at", &["out_of_range"])], "keys.create", child(at)).await;
        }
        short.ok("keys.create", child(json!("2098-12-31T23:00:00Z"))).await;
        all.invalid(&[("expires_at", &["out_of_range"])], "keys.create", child(json!("2001-01-01T00:00:00Z"))).await;
    }

    async fn bad_parameters_are_reported_all_at_once(database: Database) {
        let node = Node::start(database).await;
        let operator = node.service_endpoint().await.with("keys").await;
        operator.invalid(&[("name", &["required"]), ("scopes", &["required"])], "keys.create", json!({})).await;
        let bad = json!({ "name": " ", "scopes": [], "expires_at": "tomorrow" });
        let rules: &[(&str, &[&str])] =
            &[("name", &["too_short"]), ("scopes", &["too_short"]), ("expires_at", &["format"])];
        operator.invalid(rules, "keys.create", bad).await;
        let unknown = json!({ "name": "x", "scopes": ["everything"] });
        operator.invalid(&[("scopes", &["format"])], "keys.create", unknown).await;
        operator.invalid(&[("key_id", &["format"])], "keys.revoke", json!({ "key_id": "x" })).await;
    }

    async fn an_expired_key_is_refused(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let secret = endpoint.key("keys").await;
        let socket = endpoint.ws(&secret).await;
        let output = node.run(&["key", "create", "short", "--scope", "keys", "--expires", "1s", "--json"]).await;
        let made: Value = serde_json::from_str(&output.1).expect("JSON");
        let short = made["secret"].as_str().expect("a secret");
        let closing = endpoint.ws(short).await;
        closing.closed().await;
        assert_eq!(closing.close_frame(), Some((4401, "expired".into())));
        let refused = endpoint.http(short).refused("unauthenticated", "keys.list", json!({})).await;
        assert_eq!(refused.data["reason"], "expired");
        socket.ok("keys.list", json!({})).await;
    }

    async fn the_command_line_creates_lists_and_revokes(database: Database) {
        // Without a bus, the sweep closes what another process has revoked.
        let node = Node::on(database).set("SWEEP_PERIOD", "100ms").start().await;
        let endpoint = node.service_endpoint().await;
        let (status, secret, message) = node.run(&["key", "create", "Support desk", "--scope", "keys",
            "--scope", "users:read", "--expires", "90d"]).await;
        assert_eq!(status, 0, "{message}");
        assert_eq!(secret.trim().lines().count(), 1, "the secret alone: {secret}");
        let socket = endpoint.ws(secret.trim()).await;
        let listed = socket.ok("keys.list", json!({})).await;
        assert_eq!((&listed[0]["name"], &listed[0]["scopes"]), (&json!("Support desk"), &json!(["users:read", "keys"])));
        assert!(listed[0]["expires_at"].is_string());
        let id = listed[0]["id"].as_str().expect("an id");
        assert!(message.contains(id), "{message}");
        let (_, json, _) = node.run(&["key", "list", "--json"]).await;
        let as_listed: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(as_listed[0]["id"], id);
        let table = node.run(&["key", "list"]).await.1;
        assert!(table.starts_with("ID ") && table.contains("Support desk") && table.contains("active"), "{table}");

        assert_eq!(node.run(&["key", "revoke", id]).await.0, 0);
        socket.closed().await;
        assert_eq!(socket.close_frame(), Some((4401, "revoked".into())));
        assert!(node.run(&["key", "list"]).await.1.contains("revoked"));
        let (status, _, message) = node.run(&["key", "revoke", "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07"]).await;
        assert!(status == 1 && message.contains("019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07"), "{status}: {message}");
        let (status, _, message) = node.run(&["key", "create", "x", "--scope", "everything"]).await;
        assert!(status == 2 && message.contains("users:read"), "{status}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_revokes_itself_is_answered_before_its_socket_closes() {
    let node = Node::start(Database::sqlite()).await;
    let endpoint = node.service_endpoint().await;
    let socket = endpoint.ws(&endpoint.key("keys").await).await;
    let listed = socket.ok("keys.list", json!({})).await;
    socket.ok("keys.revoke", json!({ "key_id": listed[0]["id"] })).await;
    socket.closed().await;
    assert_eq!(socket.close_frame(), Some((4401, "revoked".into())));
}
