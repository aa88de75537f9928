//! The headers of HTTP answers for browsers and caches.

use crate::support::{Call, Database, Exchange, Node};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::json;
use tokio_tungstenite::tungstenite;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// An answer of every kind: its description, and its headers.
async fn answers(node: &Node) -> Vec<(&'static str, StatusCode, HeaderMap)> {
    let http = node.http();
    let mut answers = Vec::new();
    for (what, path) in [
        ("health", "/healthz"),
        ("readiness", "/readyz"),
        ("the specification", "/openrpc.json"),
        ("keys", "/.well-known/jwks.json"),
        ("nothing", "/nothing"),
        ("rpc by GET", "/rpc"),
    ] {
        let answer = http.get(path).send().await.unwrap();
        answers.push((what, answer.status(), answer.headers().clone()));
    }
    let put = http.request(Method::PUT, "/rpc").send().await.unwrap();
    answers.push(("rpc by PUT", put.status(), put.headers().clone()));
    let Exchange { status, headers, .. } = http.exchange("rpc.discover", json!({})).await;
    answers.push(("rpc with a result", status, headers));
    let Exchange { status, headers, .. } = http.exchange("profile.get", json!({})).await;
    answers.push(("rpc with an error", status, headers));
    let form =
        http.post().header("content-type", "application/x-www-form-urlencoded").body("a=b").send().await.unwrap();
    answers.push(("rpc with a form", form.status(), form.headers().clone()));
    let large = http.post().header("content-type", "application/json").body("x".repeat(70_000)).send().await.unwrap();
    answers.push(("rpc with too much", large.status(), large.headers().clone()));
    let development = format!("marbelle_session_{}=x", node.address().port());
    let cookie = http.with("cookie", &format!("{development}; __Host-marbelle_session=x"));
    let Exchange { status, headers, .. } = cookie.exchange("rpc.discover", json!({})).await;
    answers.push(("rpc from a foreign origin", status, headers));
    match node.ws_with(&[("authorization", "Bearer garbage")]).await.map(drop).map_err(|error| *error) {
        Err(tungstenite::Error::Http(refused)) => {
            answers.push(("a refused handshake", refused.status(), refused.headers().clone()));
        }
        other => panic!("the handshake: {other:?}"),
    }
    answers
}

#[tokio::test]
async fn every_answer_has_security_headers() {
    for production in [false, true] {
        let builder = Node::on(Database::sqlite());
        let node = if production { builder.production() } else { builder }.start().await;
        let answers = answers(&node).await;
        let statuses: Vec<u16> = answers.iter().map(|(_, status, _)| status.as_u16()).collect();
        assert_eq!(statuses, [200, 200, 200, 200, 404, 426, 405, 200, 200, 415, 413, 403, 401]);
        for (what, _, headers) in &answers {
            assert_eq!(header(headers, "x-content-type-options"), "nosniff", "{what}");
            assert_ne!(header(headers, "content-type"), "", "{what}: nothing is left to guess");
            let policy = header(headers, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}");
            let hsts = header(headers, "strict-transport-security");
            match production {
                true => {
                    let age = hsts.strip_prefix("max-age=").and_then(|age| age.parse::<u64>().ok());
                    assert!(age.is_some_and(|age| age >= 31_536_000), "{what}: {hsts:?}");
                }
                false => assert_eq!(hsts, "", "{what}: a developer's localhost stays reachable"),
            }
            if what.starts_with("rpc") || *what == "a refused handshake" {
                assert_eq!(header(headers, "cache-control"), "no-store", "{what}");
            }
            assert_eq!(header(headers, "server"), "", "{what}: no version to look up");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused_unread() {
    let node = Node::start(Database::sqlite()).await;
    let (person, _) = node.signed_in("ann").await;
    let login =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": person.credentials() }).to_string();
    for kind in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/xml",
        "",
    ] {
        let answer = node.http().post().header("content-type", kind).body(login.clone()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
        assert!(!answer.text().await.unwrap().contains("access_token"), "{kind:?}");
    }
    let session = person.sign_in(&node).await;
    let sessions = session.http(&node).ok("session.list", json!({})).await;
    assert_eq!(sessions.as_array().map(Vec::len), Some(2), "the refused ones opened none");
}
