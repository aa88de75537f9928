//! Access to `/service/rpc`: where it is served, and which callers are refused.

use crate::support::{Call, Database, Node, both_databases, somebody};
use serde_json::{Value, json};

/// Parameters that a method refuses, so that the call has no effect.
fn wrong() -> Value {
    json!({ "no_such_parameter": 1 })
}

const SCOPES: &str = "users:read,users:write,users:security,users:delete,tokens:verify,webhooks,keys,mails,audit";

both_databases! {
    async fn every_method_needs_its_scopes(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        for (method, scopes) in endpoint.methods() {
            for missing in &scopes {
                let others = SCOPES.split(',').filter(|scope| scope != missing).collect::<Vec<_>>().join(",");
                let refused = endpoint.ws(&endpoint.key(&others).await).await.refused("forbidden", &method, wrong()).await;
                assert_eq!(refused.data["scope"], json!(missing), "{method}");
            }
        }
        // Over a WebSocket: some methods need one.
        let all = endpoint.ws(&endpoint.key(SCOPES).await).await;
        for (method, _) in endpoint.methods() {
            all.refused("invalid_params", &method, wrong()).await;
        }
    }

    async fn each_credential_is_valid_only_at_its_own_endpoint(database: Database) {
        let (node, _, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let key = endpoint.key("keys").await;
        let token = session.sign_in["access_token"].as_str().expect("a token");
        // A key at the users' endpoint.
        let refused = node.http().bearer(&key).refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(refused.data["reason"], "invalid");
        assert_eq!(node.refused_handshake(&[("authorization", &format!("Bearer {key}"))]).await, 401);
        let authenticate = json!({ "access_token": key });
        node.ws().await.refused("unauthenticated", "session.authenticate", authenticate).await;
        // An access token, and the cookie, at the services' endpoint.
        let refused = endpoint.http(token).refused("unauthenticated", "keys.list", json!({})).await;
        assert_eq!(refused.data["reason"], "invalid");
        assert_eq!(endpoint.refused_handshake(&[("authorization", &format!("Bearer {token}"))]).await, 401);
        let cookie = format!("marbelle_session_{}={token}", node.address().port());
        let refused = endpoint.anonymous().with("cookie", &cookie).refused("unauthenticated", "keys.list", json!({})).await;
        assert_eq!(refused.data["reason"], "missing");
        assert_eq!(endpoint.refused_handshake(&[("cookie", &cookie)]).await, 401);
        assert_eq!(endpoint.refused_handshake(&[]).await, 401);
        // And the methods of one do not exist at the other.
        assert_eq!(endpoint.http(&key).call("profile.get", json!({})).await.expect_err("no method").code, -32601);
        assert_eq!(node.http().call("keys.list", json!({})).await.expect_err("no method").code, -32601);
        endpoint.http(&key).ok("keys.list", json!({})).await;
        endpoint.ws(&key).await.ok("keys.list", json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_and_batches_work_as_at_the_other_endpoint() {
    let node = Node::start(Database::sqlite()).await;
    let endpoint = node.service_endpoint().await;
    let key = endpoint.key("keys").await;
    let http = endpoint.http(&key);
    let replies = http.batch(&[("keys.list", json!({})), ("rpc.discover", json!({})), ("keys.list", json!([]))]).await;
    assert!(replies[0].is_ok() && replies[2].is_ok());
    assert_eq!(replies[1].as_ref().expect_err("not in a batch").kind, "forbidden");
    assert_eq!(http.raw("{").await.1["error"]["code"], -32700);
    let form =
        http.post().header("content-type", "application/x-www-form-urlencoded").body("a=b").send().await.unwrap();
    assert_eq!(form.status(), 415);
    let put = endpoint.anonymous().request(reqwest::Method::PUT, "/service/rpc").send().await.unwrap();
    assert_eq!(put.status(), 405);
    assert_eq!(endpoint.anonymous().get("/service/rpc").send().await.unwrap().status(), 426);
    assert_eq!(endpoint.anonymous().get("/service/else").send().await.unwrap().status(), 404);
    let exchange = http.exchange("keys.list", json!({})).await;
    assert_eq!(exchange.header("cache-control"), "no-store");
    assert_eq!(exchange.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_are_refused() {
    let node = Node::start(Database::sqlite()).await;
    let endpoint = node.service_endpoint().await;
    let key = endpoint.key("keys").await;
    // Including an origin that may call at the users' endpoint.
    for origin in ["http://localhost:5173", "https://evil.example", "null"] {
        let answer = endpoint.http(&key).with("origin", origin).exchange("keys.list", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.reply), (403, None), "{origin}");
        let headers = [("authorization", &*format!("Bearer {key}")), ("origin", origin)];
        assert_eq!(endpoint.refused_handshake(&headers).await, 403, "{origin}");
    }
    let own = format!("http://{}", endpoint.address);
    endpoint.http(&key).with("origin", &own).ok("keys.list", json!({})).await;
    let document = endpoint.anonymous().get("/service/openrpc.json").header("origin", "https://evil.example");
    assert_eq!(document.send().await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_served_only_on_the_configured_listener() {
    let closed = Node::on(Database::sqlite()).production().start().await;
    let elsewhere = Node::on(Database::sqlite()).production().set("SERVICE_LISTEN", "127.0.0.1:0").start().await;
    let beside = Node::on(Database::sqlite()).set("SERVICE_LISTEN", "127.0.0.1:0").start().await;
    for node in [&closed, &elsewhere, &beside] {
        for path in ["/service/rpc", "/service/openrpc.json"] {
            assert_eq!(node.http().get(path).send().await.unwrap().status(), 404);
        }
        let posted = node.http().request(reqwest::Method::POST, "/service/rpc").json(&json!({})).send().await.unwrap();
        assert_eq!(posted.status(), 404);
    }
    for node in [&elsewhere, &beside] {
        let endpoint = node.service_endpoint().await;
        let key = endpoint.key("keys").await;
        endpoint.http(&key).ok("keys.list", json!({})).await;
        endpoint.ws(&key).await.ok("keys.list", json!({})).await;
        for path in ["/rpc", "/", "/openrpc.json", "/healthz", "/.well-known/jwks.json"] {
            assert_eq!(endpoint.anonymous().get(path).send().await.unwrap().status(), 404, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_an_allowance_of_calls() {
    let node = Node::on(Database::sqlite()).set("LIMITS__CALLS_PER_SECOND", 1).start().await;
    let endpoint = node.service_endpoint().await;
    let (flooding, other) = (endpoint.key("keys").await, endpoint.key("keys").await);
    let socket = endpoint.ws(&flooding).await;
    let calls: Vec<_> = (0..120).map(|_| socket.send_only("keys.list", json!({}))).collect();
    let mut limited = 0;
    for call in calls {
        limited += u32::from(call.reply().await.expect("a reply").is_err_and(|error| error.kind == "rate_limited"));
    }
    // 40 at once, and 20 a second.
    assert!((1..=80).contains(&limited), "{limited} of 120 were refused");
    endpoint.http(&other).ok("keys.list", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_keys_count_as_refusals() {
    let node = Node::on(Database::sqlite()).set("LIMITS__REFUSALS_PER_MINUTE", 3).start().await;
    let endpoint = node.service_endpoint().await;
    let key = endpoint.key("keys").await;
    let made_up = format!("marbelle_{}", "A".repeat(64));
    for _ in 0..3 {
        endpoint.http(&made_up).refused("unauthenticated", "keys.list", json!({})).await;
    }
    endpoint.http(&made_up).refused("rate_limited", "keys.list", json!({})).await;
    assert_eq!(endpoint.refused_handshake(&[("authorization", &format!("Bearer {made_up}"))]).await, 429);
    endpoint.http(&key).ok("keys.list", json!({})).await;
    endpoint.ws(&key).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_closes_its_sockets() {
    let mut node = Node::on(Database::sqlite()).set("SERVICE_LISTEN", "127.0.0.1:0").start().await;
    let socket = {
        let endpoint = node.service_endpoint().await;
        let key = endpoint.key("keys").await;
        endpoint.ws(&key).await
    };
    node.stop().await;
    socket.closed().await;
    assert_eq!(socket.close_frame().expect("a Close frame").0, 1001);
}
