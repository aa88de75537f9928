//! The session cookie beside cookies and headers of browsers, proxies and other servers (docs/protocol.md, "Sessions").

use crate::support::{Call, Database, Http, Node, Person, Session, both_databases, somebody};
use reqwest::header::HeaderValue;
use serde_json::json;

const ALLOWED: &str = "http://localhost:5173";
/// The header that a browser sends for a proxy that requires a password of its own.
const BASIC: &str = "Basic c2hvcDpzaG9w";

/// The cookie of a sign-in by a page, as `name=value`.
async fn cookie(node: &Node, person: &Person) -> String {
    let mut params = person.credentials();
    params["credentials"] = "cookie".into();
    let answer = node.http().with("origin", ALLOWED).exchange("auth.login", params).await;
    answer.header("set-cookie").split_once(';').expect("a cookie is set").0.to_owned()
}

fn page(node: &Node, cookie: &str) -> Http {
    node.http().with("origin", ALLOWED).with("cookie", cookie)
}

async fn by_bearer(node: &Node, name: &str) -> (Person, Session) {
    node.signed_in(name).await
}

both_databases! {
    async fn other_authorization_schemes_are_ignored(database: Database) {
        let (node, person, session) = somebody(database).await;
        let cookie = cookie(&node, &person).await;
        let page = page(&node, &cookie).with("authorization", BASIC);
        assert_eq!(page.ok("profile.get", json!({})).await["email"], person.email);
        let headers = [("origin", ALLOWED), ("cookie", cookie.as_str()), ("authorization", BASIC)];
        let ws = node.ws_with(&headers).await.unwrap();
        assert_eq!(ws.ok("profile.get", json!({})).await["email"], person.email);
        // Without a cookie it is ignored.
        let nobody = node.http().with("authorization", BASIC);
        assert_eq!(nobody.refused("unauthenticated", "profile.get", json!({})).await.data["reason"], "missing");
        let ws = node.ws_with(&[("authorization", BASIC)]).await.unwrap();
        ws.ok("session.authenticate", json!({ "access_token": session.access_token })).await;
        // Beside a token it changes nothing.
        let both = node.http().with("authorization", BASIC).bearer(&session.access_token);
        both.ok("profile.get", json!({})).await;
    }

    async fn a_socket_by_cookie_may_be_bound_by_a_token_before_it_subscribes(database: Database) {
        let node = Node::start(database).await;
        let ann = node.registered("ann").await;
        let (bob, session) = by_bearer(&node, "bob").await;
        let token = json!({ "access_token": session.access_token });
        let cookie = cookie(&node, &ann).await;
        let headers = [("origin", ALLOWED), ("cookie", cookie.as_str())];
        let ws = node.ws_with(&headers).await.unwrap();
        assert_eq!(ws.ok("profile.get", json!({})).await["email"], ann.email);
        ws.refused("unauthenticated", "session.authenticate", json!({ "access_token": "x" })).await;
        assert_eq!(ws.ok("profile.get", json!({})).await["email"], ann.email, "a bad token changes nothing");
        assert_eq!(ws.ok("session.authenticate", token.clone()).await["profile"]["email"], bob.email);
        assert_eq!(ws.ok("profile.get", json!({})).await["email"], bob.email);
        ws.ok("session.authenticate", token.clone()).await;
        // From now on it is Bob's socket: it gets his events, and closes with his session, not with hers.
        let snapshot = ws.snapshot().await;
        assert_eq!(snapshot["data"]["profile"]["email"], bob.email);
        page(&node, &cookie).ok("auth.logout", json!({})).await;
        let renamed = session.http(&node).ok("profile.update", json!({ "first_name": "Bobby" })).await;
        let event = ws.next_event().await;
        assert_eq!(event["data"]["first_name"], renamed["first_name"]);
        session.http(&node).ok("auth.logout", json!({})).await;
        ws.revoked("logout").await;
    }

    async fn a_socket_bound_by_a_token_or_subscribed_keeps_its_session(database: Database) {
        let node = Node::start(database).await;
        let ann = node.registered("ann").await;
        let (_, bobs) = by_bearer(&node, "bob").await;
        let other = json!({ "access_token": bobs.access_token });
        let cookie = cookie(&node, &ann).await;
        let headers = [("origin", ALLOWED), ("cookie", cookie.as_str())];
        let subscribed = node.ws_with(&headers).await.unwrap();
        subscribed.snapshot().await;
        subscribed.refused("forbidden", "session.authenticate", other.clone()).await;
        assert_eq!(subscribed.ok("profile.get", json!({})).await["email"], ann.email);
        let anns = ann.sign_in(&node).await;
        let bound = node.ws_with(&headers).await.unwrap();
        bound.ok("session.authenticate", json!({ "access_token": anns.access_token })).await;
        bound.refused("forbidden", "session.authenticate", other).await;
        // Changes of the cookie's session do not affect the socket any more.
        page(&node, &cookie).ok("auth.logout", json!({ "scope": "local" })).await;
        bound.ok("profile.get", json!({})).await;
    }
}

#[tokio::test]
async fn cookies_of_others_may_hold_any_bytes() {
    let node = Node::start(Database::sqlite()).await;
    let person = node.registered("ann").await;
    let cookie = cookie(&node, &person).await;
    let send = |value: Vec<u8>| {
        let post =
            node.http().post().header("origin", ALLOWED).header("cookie", HeaderValue::from_bytes(&value).unwrap());
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "profile.get" });
        async move { post.json(&call).send().await.unwrap().json::<serde_json::Value>().await.unwrap() }
    };
    for beside in ["city=Zürich".as_bytes(), b"x=\xff\xfe"] {
        let answer = send([beside, b"; ", cookie.as_bytes()].concat()).await;
        assert_eq!(answer["result"]["email"], person.email, "{beside:?}");
    }
    let answer = send(format!("\u{2003}{cookie}").into_bytes()).await;
    assert_eq!(answer["error"]["data"]["reason"], "missing", "a different name, for browsers and for us");
}

#[tokio::test]
async fn servers_on_two_ports_have_separate_cookies() {
    let (one, other) = (Node::start(Database::sqlite()).await, Node::start(Database::sqlite()).await);
    let (ann, bob) = (one.registered("ann").await, other.registered("bob").await);
    let both = format!("{}; {}", cookie(&one, &ann).await, cookie(&other, &bob).await);
    assert_eq!(page(&one, &both).ok("profile.get", json!({})).await["email"], ann.email);
    assert_eq!(page(&other, &both).ok("profile.get", json!({})).await["email"], bob.email);
}
