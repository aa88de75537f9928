//! The routes beside `/rpc`, and HTTP requests that `/rpc` refuses.

use crate::support::{Call, Database, Node, both_databases, somebody};
use reqwest::{Method, header};
use serde_json::{Value, json};

const ALLOWED: &str = "http://localhost:5173";
const FOREIGN: &str = "https://evil.example";

/// A preflight of a call with a token, as a browser sends it.
async fn preflight(node: &Node, origin: &str) -> reqwest::Response {
    let request = node.http().request(Method::OPTIONS, "/rpc").header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    request.header("access-control-request-headers", "authorization,content-type").send().await.unwrap()
}

both_databases! {
    async fn a_node_reports_liveness_and_readiness(database: Database) {
        let node = Node::start(database).await;
        for path in ["/healthz", "/readyz"] {
            assert_eq!(node.http().get(path).send().await.unwrap().status(), 200, "{path}");
        }
    }
}

#[tokio::test]
async fn the_specification_and_the_keys_are_served() {
    let node = Node::start(Database::sqlite()).await;
    for path in ["/openrpc.json", "/.well-known/jwks.json"] {
        let answer = node.http().get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(kind.contains("json"), "{path}: {kind}");
        let document: Value = answer.json().await.unwrap();
        assert!(document["methods"].is_array() || document["keys"].is_array(), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let node = Node::start(Database::sqlite()).await;
    for path in ["/nothing", "/rpc/", "/rpc/x", "/healthz/x", "/.well-known", "/.git/config", "/%2e%2e/etc/passwd"] {
        assert_eq!(node.http().get(path).send().await.unwrap().status(), 404, "{path}");
        let posted = node.http().request(Method::POST, path).body("{}").send().await.unwrap().status().as_u16();
        assert!([404, 405].contains(&posted), "{path}: {posted}");
    }
}

#[tokio::test]
async fn a_call_is_a_post_of_json() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "profile.get" }).to_string();
    let send = |kind: Option<&'static str>| {
        let mut post = session.http(&node).post().body(body.clone());
        if let Some(kind) = kind {
            post = post.header("content-type", kind);
        }
        async { post.send().await.unwrap().status() }
    };
    assert_eq!(send(Some("application/json")).await, 200);
    for kind in
        ["application/json; charset=utf-8", "application/json; charset=\"utf-8\"", "Application/JSON;charset=UTF-8"]
    {
        assert_eq!(send(Some(kind)).await, 200, "{kind}");
    }
    let others = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];
    for kind in others.into_iter().chain(["application/json; charset=utf-16"]).map(Some).chain([None]) {
        assert_eq!(send(kind).await, 415, "{kind:?}: what a form can send is no call");
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::GET] {
        let status = node.http().request(method.clone(), "/rpc").send().await.unwrap().status();
        assert!(status.is_client_error(), "{method}: {status}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let allowed = preflight(&node, ALLOWED).await;
    assert!(allowed.status().is_success(), "{}", allowed.status());
    let text = |name: &str| allowed.headers().get(name).map(|v| v.to_str().unwrap().to_lowercase()).unwrap_or_default();
    assert_eq!(text("access-control-allow-origin"), ALLOWED);
    assert!(text("access-control-allow-methods").contains("post"), "{:?}", allowed.headers());
    for name in ["authorization", "content-type", "traceparent", "tracestate", "baggage", "sentry-trace"] {
        assert!(text("access-control-allow-headers").contains(name), "{:?}", allowed.headers());
    }
    assert!(text("vary").contains("origin"), "{:?}", allowed.headers());

    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "profile.get" });
    let answer = session.http(&node).post().header("origin", ALLOWED).json(&call).send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], ALLOWED);
    assert_eq!(answer.status(), 200);
    // An answer of another kind has it as well, otherwise the page could not read the reason.
    let refused = session.http(&node).post().header("origin", ALLOWED).body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 415);
    assert_eq!(refused.headers()["access-control-allow-origin"], ALLOWED);
}

#[tokio::test]
async fn pages_of_other_origins_may_not_call() {
    let node = Node::start(Database::sqlite()).await;
    for origin in [FOREIGN, "null", "https://localhost:5173", "http://localhost:5173.evil.example"] {
        let answer = preflight(&node, origin).await;
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}: {:?}", answer.headers());
    }
    for origin in ["http://localhost:5174", "http://127.0.0.1:4173", "http://localhost", "http://localhost:51730"] {
        let answer = preflight(&node, origin).await;
        assert_eq!(answer.headers()["access-control-allow-origin"], origin, "a frontend on this machine");
    }
}

#[tokio::test]
async fn a_refused_origin_is_logged_once() {
    let node = Node::start(Database::sqlite()).await;
    for _ in 0..20 {
        preflight(&node, FOREIGN).await;
        assert_eq!(node.refused_handshake(&[("origin", FOREIGN)]).await, 403);
    }
    for n in 0..300 {
        preflight(&node, &format!("https://{n}.example")).await;
    }
    let line = node.printed(FOREIGN).await;
    assert!(line.contains("MARBELLE_ALLOWED_ORIGINS"), "{line}");
    node.printed("https://0.example").await;
    let lines = node.output().lines().filter(|line| line.contains("MARBELLE_ALLOWED_ORIGINS")).count();
    assert!(lines <= 100, "{lines} lines: their number is bounded, whatever origins are made up");
    let of_one = node.output().lines().filter(|line| line.contains(FOREIGN)).count();
    assert_eq!(of_one, 1, "one line per origin and minute");
}

#[tokio::test]
async fn public_documents_can_be_read_by_any_page_and_cached_briefly() {
    let node = Node::start(Database::sqlite()).await;
    for path in ["/openrpc.json", "/.well-known/jwks.json"] {
        for origin in [FOREIGN, ALLOWED, "null"] {
            let answer = node.http().get(path).header("origin", origin).send().await.unwrap();
            assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path} {origin}");
            let kept = answer.headers()["cache-control"].to_str().unwrap().to_owned();
            assert!(kept.contains("max-age="), "{path}: {kept}");
        }
        let asked = node.http().request(Method::OPTIONS, path).header("origin", FOREIGN);
        let asked = asked.header("access-control-request-method", "GET");
        let asked = asked.header("access-control-request-headers", "traceparent").send().await.unwrap();
        assert!(asked.status().is_success(), "{path}: {}", asked.status());
        assert_eq!(asked.headers()["access-control-allow-headers"], "*");
        // A client that has the document need not fetch it again.
        let first = node.http().get(path).send().await.unwrap();
        let again =
            node.http().get(path).header("if-none-match", first.headers()["etag"].clone()).send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
    }
}

#[tokio::test]
async fn password_managers_find_where_the_password_is_changed() {
    let node = Node::on(Database::sqlite()).set("FRONTEND_URL", "http://localhost:5173/shop").start().await;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{}/.well-known/change-password", node.address());
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "http://localhost:5173/shop/security");
}

#[tokio::test]
async fn the_allowed_origins_are_a_setting() {
    let node = Node::on(Database::sqlite())
        .set("ALLOWED_ORIGINS", "https://shop.example,https://www.shop.example")
        .start()
        .await;
    for (origin, allowed) in [("https://www.shop.example", true), (ALLOWED, false)] {
        let answer = preflight(&node, origin).await;
        assert_eq!(answer.headers().contains_key("access-control-allow-origin"), allowed, "{origin}");
    }
}

#[tokio::test]
async fn sockets_beyond_the_limit_of_an_address_are_turned_away() {
    let node = Node::on(Database::sqlite()).set("LIMITS__SOCKETS_PER_ADDRESS", 5).start().await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(node.ws().await);
    }
    assert_eq!(node.refused_handshake(&[]).await, 429);
    node.http().ok("auth.resend_verification", json!({ "email": "nobody@example.test" })).await;
    open.pop();
    crate::support::eventually("a free place", || async { node.ws_with(&[]).await.ok() }).await;
}

#[tokio::test]
async fn sockets_beyond_the_limit_of_a_user_are_turned_away() {
    let node = Node::on(Database::sqlite()).set("LIMITS__SOCKETS_PER_USER", 3).start().await;
    let (_, session) = node.signed_in("ann").await;
    let mut open = vec![session.tab(&node).await, session.browser_tab(&node).await, session.tab(&node).await];
    let bearer = format!("Bearer {}", session.access_token);
    assert_eq!(node.refused_handshake(&[("authorization", &bearer)]).await, 429);
    let ws = node.ws().await;
    let token = json!({ "access_token": session.access_token });
    let error = ws.refused("limit_reached", "session.authenticate", token.clone()).await;
    assert_eq!(error.data["limit"], 3);
    node.signed_in("bob").await.1.tab(&node).await;
    open.pop();
    crate::support::eventually("a free place", || async { ws.call("session.authenticate", token.clone()).await.ok() })
        .await;
}
