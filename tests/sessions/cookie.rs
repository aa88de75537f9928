//! Sessions by cookie (docs/protocol.md, "Sessions").

use crate::support::{Call, Database, Exchange, Http, Node, PRODUCTION, Person, Ws, both_databases, somebody};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ALLOWED: &str = "http://localhost:5173";
const FOREIGN: [&str; 4] =
    ["https://evil.example", "null", "http://localhost:5173.evil.example", "https://localhost:5173"];

/// The name of a development server's cookie: browsers keep one jar for all ports of a host.
fn name(node: &Node) -> String {
    format!("marbelle_session_{}", node.address().port())
}

/// The value that clears it.
fn lax_and_dead(node: &Node) -> String {
    format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", name(node))
}

fn by_cookie(person: &Person) -> Value {
    let mut params = person.credentials();
    params["credentials"] = "cookie".into();
    params
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Exchange) -> String {
    let set = answer.header("set-cookie");
    let (pair, _) = set.split_once(';').unwrap_or_else(|| panic!("no cookie is set: {answer:?}"));
    assert!(pair.split_once('=').is_some_and(|(_, value)| value.len() > 40), "{set}");
    pair.to_owned()
}

fn attributes(answer: &Exchange) -> BTreeSet<&str> {
    answer.header("set-cookie").split("; ").skip(1).collect()
}

/// A page of an allowed origin that holds the cookie.
fn page(node: &Node, cookie: &str) -> Http {
    node.http().with("origin", ALLOWED).with("cookie", cookie)
}

/// Signs in as a page does.
async fn signed_in(node: &Node, person: &Person) -> (String, Value) {
    let answer = node.http().with("origin", ALLOWED).exchange("auth.login", by_cookie(person)).await;
    let cookie = cookie(&answer);
    (cookie, answer.reply.expect("a reply").expect("a SignIn"))
}

async fn tab(node: &Node, cookie: &str) -> Ws {
    node.ws_with(&[("origin", ALLOWED), ("cookie", cookie)]).await.unwrap_or_else(|e| panic!("the handshake: {e}"))
}

/// A WebSocket, and the `Set-Cookie` of its handshake's answer.
async fn opened(node: &Node, headers: &[(&'static str, &str)]) -> (Ws, String) {
    node.ws_answered(headers).await.unwrap_or_else(|e| panic!("the handshake: {e}"))
}

async fn sessions(http: &Http) -> usize {
    http.ok("session.list", json!({})).await.as_array().expect("a list").len()
}

both_databases! {
    async fn a_sign_in_by_cookie_answers_no_tokens_and_sets_it(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let answer = node.http().with("origin", ALLOWED).exchange("auth.login", by_cookie(&person)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let sign_in = answer.reply.clone().unwrap().unwrap();
        assert_eq!(sign_in.as_object().unwrap().keys().collect::<Vec<_>>(), ["profile", "session"]);
        let attributes = attributes(&answer);
        assert_eq!(attributes, BTreeSet::from(["HttpOnly", "Max-Age=7776000", "Path=/", "SameSite=Lax"]));
        let cookie = cookie(&answer);
        assert!(cookie.starts_with(&format!("{}=", name(&node))), "{cookie}");
        assert!(!sign_in.to_string().contains(cookie.split_once('=').unwrap().1), "not readable by the page");
        assert_eq!(answer.header("cache-control"), "no-store");

        let page = page(&node, &cookie);
        assert_eq!(page.ok("session.current", json!({})).await["session"]["id"], sign_in["session"]["id"]);
        let tab = tab(&node, &cookie).await;
        assert_eq!(tab.ok("session.current", json!({})).await["session"]["id"], sign_in["session"]["id"]);
        // A bearer sign-in sets none.
        let bearer = node.http().with("origin", ALLOWED).exchange("auth.login", person.credentials()).await;
        assert_eq!(bearer.header("set-cookie"), "");
    }

    async fn it_is_set_only_over_http_and_outside_batches(database: Database) {
        let (node, person, session) = somebody(database).await;
        let not_here: &[(&str, &[&str])] = &[("credentials", &["not_allowed"])];
        let ws = node.ws_with(&[("origin", ALLOWED)]).await.unwrap();
        ws.invalid(not_here, "auth.login", by_cookie(&person)).await;
        let page = node.http().with("origin", ALLOWED);
        let other = json!({ "email": person.email });
        let replies = page.batch(&[("auth.login", by_cookie(&person)), ("auth.resend_verification", other)]).await;
        let error = replies[0].clone().expect_err("not in a batch");
        assert_eq!(error.rules()["credentials"], ["not_allowed"]);
        replies[1].as_ref().expect("the other entries of the batch run");
        page.invalid(&[("credentials", &["format"])], "auth.login", {
            let mut params = person.credentials();
            params["credentials"] = "biscuit".into();
            params
        })
        .await;
        assert_eq!(sessions(&session.http(&node)).await, 1, "no session was opened");
    }

    async fn a_foreign_or_missing_origin_gets_403(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (cookie, _) = signed_in(&node, &person).await;
        let revision = page(&node, &cookie).ok("profile.get", json!({})).await["revision"].clone();
        let origins = FOREIGN.map(Some).into_iter().chain([None]);
        for origin in origins {
            let from = |http: Http| origin.iter().fold(http, |http, origin| http.with("origin", origin));
            // Signing in by cookie; any call with the cookie; a batch with the cookie; the handshake.
            let answer = from(node.http()).exchange("auth.login", by_cookie(&person)).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::FORBIDDEN, ""), "{origin:?}");
            let carrying = from(node.http().with("cookie", &cookie));
            for (method, params) in [("profile.update", json!({ "first_name": "Eve" })), ("rpc.discover", json!({}))] {
                let answer = carrying.exchange(method, params).await;
                assert_eq!((answer.status, answer.reply), (StatusCode::FORBIDDEN, None), "{method} {origin:?}");
                assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin:?}");
            }
            let (status, _) = carrying.raw(json!([{ "jsonrpc": "2.0", "id": 1, "method": "profile.get" }]).to_string()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "a batch {origin:?}");
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(node.refused_handshake(&headers).await, 403, "{origin:?}");
            // A bearer token needs no origin, and beside it the cookie does not count.
            let bearer = carrying.bearer(&session.access_token);
            assert_eq!(bearer.ok("session.current", json!({})).await["session"]["id"], session.id);
            // A foreign page opens no socket, whatever it carries: it must not use its visitor's network.
            let bearer = format!("Bearer {}", session.access_token);
            for (authorization, expected) in [("Bearer garbage", 401), (bearer.as_str(), 101)] {
                let mut headers = headers.clone();
                headers.push(("authorization", authorization));
                let status = match node.ws_with(&headers).await {
                    Ok(_) => 101,
                    Err(_) => node.refused_handshake(&headers).await,
                };
                assert_eq!(status, if origin.is_some() { 403 } else { expected }, "{authorization} {origin:?}");
            }
            if let Some(origin) = origin {
                assert_eq!(node.refused_handshake(&[("origin", origin)]).await, 403, "no session's, from {origin}");
            }
        }
        assert_eq!(sessions(&session.http(&node)).await, 2, "no session was opened");
        let profile = page(&node, &cookie).ok("profile.get", json!({})).await;
        assert_eq!((&profile["first_name"], &profile["revision"]), (&json!("Ann"), &revision));
        // Elsewhere it is not a credential, so nothing is refused.
        let health = node.http().get("/healthz").header("cookie", &cookie).header("origin", FOREIGN[0]).send().await;
        assert_eq!(health.unwrap().status(), StatusCode::OK);
    }

    async fn an_authorization_header_wins(database: Database) {
        let (node, person, bearers) = somebody(database).await;
        let (bob, bobs) = node.signed_in("bob").await;
        let (cookie, _) = signed_in(&node, &person).await;
        let both = page(&node, &cookie).bearer(&bobs.access_token);
        assert_eq!(both.ok("profile.get", json!({})).await["email"], bob.email);
        let bearer = format!("Bearer {}", bobs.access_token);
        let headers = [("origin", ALLOWED), ("cookie", cookie.as_str()), ("authorization", bearer.as_str())];
        let ws = node.ws_with(&headers).await.unwrap();
        assert_eq!(ws.ok("profile.get", json!({})).await["email"], bob.email);
        // An invalid one is not made valid by a valid cookie, which is left alone.
        let answer = page(&node, &cookie).bearer("garbage").exchange("profile.get", json!({})).await;
        assert_eq!(answer.reply.clone().unwrap().unwrap_err().kind, "unauthenticated");
        assert_eq!(answer.header("set-cookie"), "");
        bearers.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_dead_cookie_is_cleared(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (cookie, sign_in) = signed_in(&node, &person).await;
        let open = tab(&node, &cookie).await;
        open.snapshot().await;
        session.http(&node).ok("session.revoke", json!({ "session_id": sign_in["session"]["id"] })).await;
        open.revoked("revoked").await;
        let page = page(&node, &cookie);
        let answer = page.exchange("profile.get", json!({})).await;
        assert_eq!(answer.header("set-cookie"), lax_and_dead(&node));
        let error = answer.reply.unwrap().unwrap_err();
        assert_eq!((error.kind.as_str(), &error.data["reason"]), ("session_ended", &json!("revoked")));
        page.ok("auth.login", person.credentials()).await; // methods without a session still work
        let (ws, cleared) = opened(&node, &[("origin", ALLOWED), ("cookie", &cookie)]).await;
        assert_eq!(cleared, lax_and_dead(&node), "the handshake clears it as well");
        let error = ws.refused("unauthenticated", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], "missing", "the socket acts for nobody");
        ws.ok("session.authenticate", json!({ "access_token": session.access_token })).await;
    }

    async fn a_cookie_that_is_not_ours_counts_as_dead(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (cookie, _) = signed_in(&node, &person).await;
        let value = cookie.split_once('=').unwrap().1;
        let (user, secret) = value.split_once('.').expect("two parts");
        let (other, _) = { let bob = node.registered("bob").await; signed_in(&node, &bob).await };
        let others = other.split_once('=').unwrap().1.split_once('.').unwrap();
        for forged in [
            "x".to_owned(),
            String::new(),
            format!("{user}.{}", &secret[1..]),
            format!("{}.{secret}", others.0),
            format!("{user}.{}", others.1),
            format!("{user}.{}", session.refresh_token),
            session.access_token.clone(),
        ] {
            let forged = format!("{}={forged}", name(&node));
            let answer = page(&node, &forged).exchange("profile.get", json!({})).await;
            assert_eq!(answer.reply.clone().unwrap().unwrap_err().kind, "unauthenticated", "{forged}");
            assert_eq!(answer.header("set-cookie"), lax_and_dead(&node), "{forged}");
            // Reads of an account check the session's user, not only the cookie's.
            for (method, params) in [
                ("account.get", json!({})),
                ("account.changes", json!({ "since": 0 })),
                ("account.changes", json!({ "since": 0, "wait_ms": 10 })),
                ("account.security_log", json!({})),
                ("addresses.list", json!({})),
                ("session.list", json!({})),
                ("auth.logout", json!({})),
            ] {
                page(&node, &forged).refused("unauthenticated", method, params).await;
            }
            let (ws, cleared) = opened(&node, &[("origin", ALLOWED), ("cookie", &forged)]).await;
            assert_eq!(cleared, lax_and_dead(&node), "{forged}");
            ws.refused("unauthenticated", "profile.get", json!({})).await;
        }
        // Nor is the cookie's value valid as any other credential.
        for value in [value, secret] {
            node.http().bearer(value).refused("unauthenticated", "profile.get", json!({})).await;
            node.http().refused("unauthenticated", "auth.refresh", json!({ "refresh_token": value })).await;
        }
        page(&node, &cookie).ok("profile.get", json!({})).await;
    }

    async fn signing_out_clears_it(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        for (scope, ends) in [("others", false), ("local", true), ("global", true)] {
            let (cookie, _) = signed_in(&node, &person).await;
            let answer = page(&node, &cookie).exchange("auth.logout", json!({ "scope": scope })).await;
            assert_eq!(answer.header("set-cookie"), if ends { lax_and_dead(&node) } else { String::new() }, "{scope}");
            let after = page(&node, &cookie).call("profile.get", json!({})).await;
            assert_eq!(after.is_err(), ends, "{scope}: {after:?}");
        }
    }

    async fn a_new_sign_in_ends_the_session_that_it_replaces(database: Database) {
        let (node, person, session) = somebody(database).await;
        let bob = node.registered("bob").await;
        for next in [&person, &bob] {
            let (first, _) = signed_in(&node, &person).await;
            let open = tab(&node, &first).await;
            open.snapshot().await;
            let answer = page(&node, &first).exchange("auth.login", by_cookie(next)).await;
            let second = cookie(&answer);
            open.revoked("replaced").await;
            let error = page(&node, &first).refused("session_ended", "profile.get", json!({})).await;
            assert_eq!(error.data["reason"], "replaced");
            // A late answer to the old cookie must not remove the new one from the browser.
            let late = page(&node, &first).exchange("profile.get", json!({})).await;
            assert_eq!(late.header("set-cookie"), "");
            let (_, cleared) = opened(&node, &[("origin", ALLOWED), ("cookie", &first)]).await;
            assert_eq!(cleared, "", "nor may a late handshake");
            assert_eq!(page(&node, &second).ok("profile.get", json!({})).await["email"], next.email);
            // A sign-in that fails, or one by bearer, replaces nothing.
            let wrong = json!({ "email": person.email, "password": "wrong larches", "credentials": "cookie" });
            page(&node, &second).refused("invalid_credentials", "auth.login", wrong).await;
            page(&node, &second).ok("auth.login", person.credentials()).await;
            page(&node, &second).ok("profile.get", json!({})).await;
        }
        session.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_refused_refresh_token_leaves_the_cookie(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let (cookie, _) = signed_in(&node, &person).await;
        let answer = page(&node, &cookie).exchange("auth.refresh", json!({ "refresh_token": "garbage" })).await;
        assert_eq!(answer.reply.clone().unwrap().unwrap_err().kind, "unauthenticated");
        assert_eq!(answer.header("set-cookie"), "");
        page(&node, &cookie).ok("profile.get", json!({})).await;
    }
}

#[tokio::test]
async fn in_production_it_is_bound_to_https_and_to_the_host() {
    for (setting, same_site) in
        [(None, "SameSite=Lax"), (Some("strict"), "SameSite=Strict"), (Some("none"), "SameSite=None")]
    {
        let builder = Node::on(Database::sqlite()).production();
        let node = setting.into_iter().fold(builder, |b, value| b.set("COOKIE_SAME_SITE", value)).start().await;
        let person = node.registered("ann").await;
        let answer = node.http().with("origin", PRODUCTION).exchange("auth.login", by_cookie(&person)).await;
        let expected = BTreeSet::from(["HttpOnly", "Max-Age=7776000", "Path=/", "Secure", same_site]);
        assert_eq!(attributes(&answer), expected);
        let cookie = cookie(&answer);
        assert!(cookie.starts_with("__Host-marbelle_session="), "{cookie}");
        let page = node.http().with("origin", PRODUCTION).with("cookie", &cookie);
        page.ok("profile.get", json!({})).await;
        // Without its prefix, as a sibling host could set it, the cookie is ignored.
        let bare = cookie.trim_start_matches("__Host-");
        let bare = node.http().with("origin", PRODUCTION).with("cookie", bare);
        assert_eq!(bare.refused("unauthenticated", "profile.get", json!({})).await.data["reason"], "missing");
        let cleared = page.exchange("auth.logout", json!({})).await;
        assert!(cleared.header("set-cookie").starts_with("__Host-marbelle_session=; Path=/; HttpOnly;"), "{cleared:?}");
        assert!(cleared.header("set-cookie").ends_with("; Secure; Max-Age=0"), "{cleared:?}");
    }
}
