//! Rate limits of calls, by network, by session and by mailbox (docs/settings.md).

use crate::support::{Call, Database, Http, Nats, Node, Reply, RpcError, another_email, both_databases, eventually};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// An address of a client that has not called yet.
fn another_address() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::SeqCst);
    format!("198.51.{}.{}", n / 250, n % 250 + 1)
}

/// A node behind a proxy on this machine, with the default limits.
async fn node(database: Database) -> Node {
    Node::on(database)
        .set("TRUSTED_PROXIES", "127.0.0.0/8")
        .set("LIMITS__SIGN_IN_PER_MINUTE", 5)
        .set("LIMITS__TOKEN_PER_MINUTE", 3)
        .start()
        .await
}

fn from(node: &Node, address: &str) -> Http {
    node.http().with("x-forwarded-for", address)
}

fn is_limited(reply: &Reply) -> bool {
    reply.as_ref().is_err_and(|error| error.kind == "rate_limited")
}

/// Asserts that exactly this many calls of a new client are accepted.
async fn assert_allowance(http: &Http, method: &str, allowed: usize) -> RpcError {
    for _ in 0..allowed {
        let reply = http.call(method, json!({})).await;
        assert!(!is_limited(&reply), "{method}: {reply:?}");
    }
    http.refused("rate_limited", method, json!({})).await
}

/// A person registered without the help of [`Node::registered`], whose calls come from one address.
async fn registered(node: &Node, name: &str) -> crate::support::Person {
    let person = crate::support::Person { email: another_email(name), password: crate::support::PASSWORD.into() };
    let http = from(node, &another_address());
    http.ok("auth.register", person.registration()).await;
    let token = node.smtp.letter_to(&person.email).await.token();
    http.ok("auth.verify_email", crate::support::verification(&token)).await;
    person
}

async fn signed_in(node: &Node, name: &str) -> crate::support::Session {
    let person = registered(node, name).await;
    crate::support::Session::from_wire(from(node, &another_address()).ok("auth.login", person.credentials()).await)
}

both_databases! {
    async fn methods_that_guess_or_mail_have_an_allowance_per_address(database: Database) {
        let node = node(database).await;
        for method in ["auth.register", "auth.login"] {
            let error = assert_allowance(&from(&node, &another_address()), method, 5).await;
            let retry = error.data["retry_after_ms"].as_u64().expect("a time");
            assert!((1..=12_000).contains(&retry), "a fifth of a minute at most: {retry}");
        }
        let token_methods = [
            "auth.verify_email",
            "auth.resend_verification",
            "auth.request_password_reset",
            "auth.confirm_password_reset",
            "profile.confirm_email_change",
        ];
        for method in token_methods {
            assert_allowance(&from(&node, &another_address()), method, 3).await;
        }
        let session = signed_in(&node, "ann").await;
        let http = from(&node, &another_address()).bearer(&session.access_token);
        assert_allowance(&http, "profile.request_email_change", 3).await;
        // Methods of one kind share an allowance, the kinds do not, and nothing else is limited in this way.
        http.refused("rate_limited", "auth.verify_email", json!({})).await;
        assert_allowance(&http, "auth.login", 5).await;
        http.refused("rate_limited", "auth.register", json!({})).await;
        for _ in 0..10 {
            http.ok("profile.get", json!({})).await;
        }
    }

    async fn batches_sockets_and_http_count_alike(database: Database) {
        let node = node(database).await;
        let address = another_address();
        let http = from(&node, &address);
        let replies = http.batch(&[("auth.login", json!({})), ("auth.refresh", json!({})), ("auth.login", json!({}))]).await;
        assert!(!replies.iter().any(is_limited), "{replies:?}");
        let ws = node.ws_with(&[("x-forwarded-for", &address)]).await.unwrap();
        for _ in 0..2 {
            assert!(!is_limited(&ws.call("auth.login", json!({})).await));
        }
        let replies = http.batch(&[("auth.login", json!({})), ("auth.login", json!({}))]).await;
        assert_eq!(replies.iter().map(is_limited).collect::<Vec<_>>(), [false, true], "{replies:?}");
        ws.refused("rate_limited", "auth.login", json!({})).await;
        let again = node.ws_with(&[("x-forwarded-for", &address)]).await.unwrap();
        again.refused("rate_limited", "auth.login", json!({})).await;
        http.refused("rate_limited", "auth.login", json!({})).await;
        let elsewhere = node.ws_with(&[("x-forwarded-for", &another_address())]).await.unwrap();
        assert!(!is_limited(&elsewhere.call("auth.login", json!({})).await));
    }

    async fn a_limit_ends_when_it_announced(database: Database) {
        let node = Node::on(database).set("LIMITS__SIGN_IN_PER_MINUTE", 60).start().await;
        let calls: Vec<(&str, Value)> = (0..30).map(|_| ("auth.login", json!({}))).collect();
        let mut limited = None;
        while limited.is_none() {
            let replies = node.http().batch(&calls).await;
            limited = replies.into_iter().filter_map(Result::err).rfind(|error| error.kind == "rate_limited");
        }
        let retry = limited.expect("one").data["retry_after_ms"].as_u64().expect("a time");
        assert!((1..=1000).contains(&retry), "{retry}");
        tokio::time::sleep(Duration::from_millis(retry)).await; // the announced wait
        assert!(!is_limited(&node.http().call("auth.login", json!({})).await));
    }

    async fn a_session_has_an_allowance_of_its_own(database: Database) {
        let node = Node::on(database).set("LIMITS__CALLS_PER_SECOND", 5).start().await;
        let (person, session) = node.signed_in("ann").await;
        let other = person.sign_in(&node).await;
        let tab = session.tab(&node).await;
        let calls: Vec<(&str, Value)> = (0..50).map(|_| ("session.current", json!({}))).collect();
        let began = std::time::Instant::now();
        let replies = session.http(&node).batch(&calls).await;
        let limited: Vec<&RpcError> =
            replies.iter().filter(|reply| is_limited(reply)).filter_map(|reply| reply.as_ref().err()).collect();
        let refilled = 5 * (began.elapsed().as_secs() as usize + 1);
        assert!(replies.len() - limited.len() >= 10, "a short burst is allowed");
        assert!(replies.len() - limited.len() <= 10 + refilled, "{} of 50 went through", 50 - limited.len());
        assert!(limited.iter().all(|error| error.data["retry_after_ms"].as_u64().is_some_and(|ms| (1..=200).contains(&ms))));
        // The socket of the same session has the same allowance; another session is not affected.
        let pending: Vec<_> = (0..40).map(|_| tab.send_only("profile.get", json!({}))).collect();
        let mut refused = 0;
        for reply in pending {
            refused += usize::from(is_limited(&reply.reply().await.expect("the socket stays open")));
        }
        assert!(refused >= 20, "{refused} of 40 were refused");
        other.http(&node).ok("session.current", json!({})).await;
    }

    async fn a_letter_that_is_not_sent_voids_no_earlier_link(database: Database) {
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", 4).start().await;
        let person = node.registered("ann").await;
        node.reset_token(&person.email).await;
        let token = node.reset_token(&person.email).await; // a network may ask for half of the four
        let waiting = node.unverified("bob").await;
        let verification = node.smtp.letter_to(&waiting.email).await;
        node.http().ok("auth.resend_verification", json!({ "email": waiting.email })).await;
        let newest = node.smtp.letter_to(&waiting.email).await.token();
        assert_ne!(newest, verification.token());
        for _ in 0..3 {
            node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
            node.http().ok("auth.resend_verification", json!({ "email": waiting.email })).await;
        }
        let params = json!({ "token": token, "new_password": "nine loud herons above a mill" });
        node.http().ok("auth.confirm_password_reset", params).await;
        node.http().ok("auth.verify_email", crate::support::verification(&newest)).await;
    }

    async fn letters_to_a_mailbox_are_limited_and_the_answer_stays_the_same(database: Database) {
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", 3).start().await;
        let person = node.registered("ann").await; // one letter
        let session = person.sign_in(&node).await;
        let (http, email) = (node.http(), json!({ "email": person.email }));
        let first = http.ok("auth.request_password_reset", email.clone()).await;
        for _ in 0..4 {
            assert_eq!(http.ok("auth.request_password_reset", email.clone()).await, first);
            assert_eq!(http.ok("auth.register", person.registration()).await["message"], first["message"]);
        }
        let stranger = another_email("stranger");
        for _ in 0..6 {
            let change = json!({ "current_password": person.password, "new_email": stranger });
            assert_eq!(session.http(&node).ok("profile.request_email_change", change).await, first);
        }
        let marker = node.unverified("bob").await;
        node.smtp.letter_to(&marker.email).await; // queued after all of them, and arrived
        // Half of the three resets, rounded up, one notice, and half of the three words on a change that was asked for.
        // Letters are sent side by side: the marker may be ahead of the last of them.
        let count = |to: &str| node.smtp.letters_to(to).len();
        eventually("all letters", || async { (count(&person.email) >= 6 && count(&stranger) >= 2).then_some(()) }).await;
        assert_eq!((count(&person.email), count(&stranger)), (1 + 2 + 1 + 2, 2));
    }
}

#[tokio::test]
async fn an_ipv6_client_is_its_network() {
    let node = node(Database::sqlite()).await;
    for address in
        ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::1", "2001:db8:1:2:1:2:3:4", "2001:db8:1:2::9"]
    {
        assert!(!is_limited(&from(&node, address).call("auth.login", json!({})).await), "{address}");
    }
    from(&node, "2001:db8:1:2:a:b:c:d").refused("rate_limited", "auth.login", json!({})).await;
    assert!(!is_limited(&from(&node, "2001:db8:1:3::1").call("auth.login", json!({})).await));
    // An IPv4 client is the same however the proxy writes it.
    let ipv4 = another_address();
    assert_allowance(&from(&node, &format!("::ffff:{ipv4}")), "auth.login", 5).await;
    from(&node, &ipv4).refused("rate_limited", "auth.login", json!({})).await;
}

#[tokio::test]
async fn only_a_trusted_proxy_is_believed() {
    let node = node(Database::sqlite()).await;
    let client = another_address();
    let forged = |n: u32| format!("203.0.113.{n}, {client}, 127.0.0.1");
    for n in 1..=5 {
        assert!(!is_limited(&from(&node, &forged(n)).call("auth.login", json!({})).await));
    }
    from(&node, &forged(6)).refused("rate_limited", "auth.login", json!({})).await;
    from(&node, &client).refused("rate_limited", "auth.login", json!({})).await;
    // Other headers than the configured one are ignored: sending them gains nothing.
    for (header, value) in [("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9")] {
        from(&node, &client).with(header, value).refused("rate_limited", "auth.login", json!({})).await;
    }
    // The address is what the owner sees of a session.
    let session = signed_in(&node, "ann").await;
    let current = session.http(&node).ok("session.current", json!({})).await;
    assert!(current["session"]["ip"].as_str().is_some_and(|ip| ip.starts_with("198.51.")), "{current:#}");

    let untrusting = Node::on(Database::sqlite()).set("LIMITS__SIGN_IN_PER_MINUTE", 5).start().await;
    for n in 1..=5 {
        assert!(!is_limited(&from(&untrusting, &format!("203.0.113.{n}")).call("auth.login", json!({})).await));
    }
    from(&untrusting, "203.0.113.6").refused("rate_limited", "auth.login", json!({})).await;
    untrusting.http().with("forwarded", "for=203.0.113.7").refused("rate_limited", "auth.login", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_one_allowance_on_all_nodes() {
    let (database, nats) = (Database::postgres().await, Nats::start().await);
    let start = || {
        let node = Node::on(database.clone()).shared_keys().set("NATS_URL", nats.url());
        node.set("TRUSTED_PROXIES", "127.0.0.0/8").set("LIMITS__SIGN_IN_PER_MINUTE", 5).start()
    };
    let (north, south) = (start().await, start().await);
    let client = another_address();
    for node in [&north, &south, &north, &south, &north] {
        let reply = from(node, &client).call("auth.login", json!({})).await;
        assert!(!is_limited(&reply), "{reply:?}");
    }
    for node in [&south, &north] {
        let error = from(node, &client).refused("rate_limited", "auth.login", json!({})).await;
        assert!((1..=12_000).contains(&error.data["retry_after_ms"].as_u64().expect("a time")), "{error:?}");
    }
    assert!(!is_limited(&from(&south, &another_address()).call("auth.login", json!({})).await));
}
