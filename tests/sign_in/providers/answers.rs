//! Valid and invalid answers of a provider.

use super::{begin, come_back, known, provided, refused, sign_in};
use crate::support::{Call, Database, IdentityProvider, Manner, Mischief, Node, both_databases, eventually};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both_databases! {
    async fn an_invalid_id_token_is_refused(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        for mischief in [
            Mischief::OtherIssuer,
            Mischief::OtherAudience,
            Mischief::OtherParty,
            Mischief::OtherNonce,
            Mischief::NoNonce,
            Mischief::Expired,
            Mischief::Future,
            Mischief::UnknownKey,
            Mischief::ForgedKey,
            Mischief::Unsigned,
            Mischief::BySecret,
        ] {
            provider.set(mischief);
            let error = come_back(&node, &provider, &ann).await.expect_err("a refusal");
            assert_eq!(error.kind, "invalid_token", "{mischief:?}");
        }
        provider.set(None);
        sign_in(&node, &provider, &ann).await;
    }

    async fn a_flow_is_valid_only_with_its_own_code_and_state(database: Database) {
        let (node, provider) = provided(database).await;
        let http = node.http();
        let (one, other) = (begin(&node).await, begin(&node).await);
        let answer = provider.agree(&one, known("ann"));
        let good = answer.params(&one);
        // Another browser: its code is refused with our flow, and ours with its.
        http.refused("invalid_token", "auth.login_provider", answer.params(&other)).await;
        let other_answer = provider.agree(&other, known("eve"));
        let mut stolen = good.clone();
        stolen["code"] = other_answer.code.as_str().into();
        http.refused("invalid_token", "auth.login_provider", stolen).await;
        let mut made_up = good.clone();
        for (field, value) in [("state", "x"), ("code", "x"), ("flow", "x"), ("iss", "https://evil.example")] {
            let kept = made_up[field].take();
            made_up[field] = value.into();
            http.refused("invalid_token", "auth.login_provider", made_up.clone()).await;
            made_up[field] = kept;
            if field == "iss" {
                made_up.as_object_mut().expect("params").remove("iss");
            }
        }
        http.ok("auth.login_provider", good).await;
    }

    async fn the_issuer_is_required_in_answers_of_providers_that_announce_it(database: Database) {
        let (node, provider) = provided(database).await;
        provider.name_itself();
        let flow = begin(&node).await;
        let mut params = provider.agree(&flow, known("ann")).params(&flow);
        let iss = params["iss"].take();
        params.as_object_mut().expect("params").remove("iss");
        node.http().refused("invalid_token", "auth.login_provider", params.clone()).await;
        params["iss"] = iss;
        node.http().ok("auth.login_provider", params).await;
    }

    async fn new_keys_are_fetched_when_needed(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        sign_in(&node, &provider, &ann).await;
        sign_in(&node, &provider, &ann).await;
        assert_eq!(provider.requests("/jwks"), 1);
        provider.rotate();
        sign_in(&node, &provider, &ann).await;
        sign_in(&node, &provider, &ann).await;
        assert_eq!(provider.requests("/jwks"), 2);
        assert_eq!(provider.requests("/.well-known/openid-configuration"), 1);
        // A token with an unknown key costs one read of the keys, however it is signed.
        provider.set(Mischief::UnknownKey);
        refused(&node, &provider, &ann, "invalid_token").await;
        assert_eq!(provider.requests("/jwks"), 3);
    }

    async fn a_provider_that_is_down_is_unavailable(database: Database) {
        let (node, provider) = provided(database).await;
        let begin = json!({ "provider": "shop" });
        provider.set(Mischief::Nonsense);
        let error = node.http().refused("unavailable", "auth.begin_provider_login", begin.clone()).await;
        assert_eq!(error.data["outcome"], "not_done");
        // Callers in the meantime get the same answer, and the provider gets no request.
        let asked = provider.requests("/.well-known/openid-configuration");
        node.http().refused("unavailable", "auth.begin_provider_login", begin.clone()).await;
        assert_eq!(provider.requests("/.well-known/openid-configuration"), asked);
        provider.set(None);
        let flow = eventually("the provider gets another request", || {
            let (http, begin) = (node.http(), begin.clone());
            async move { http.call("auth.begin_provider_login", begin).await.ok() }
        })
        .await;
        let ann = known("ann");
        let params = provider.agree(&flow, ann.clone()).params(&flow);
        for mischief in [Mischief::Down, Mischief::Nonsense, Mischief::InvalidClient] {
            provider.set(mischief);
            node.http().refused("unavailable", "auth.login_provider", params.clone()).await;
        }
        provider.set(None);
        // The flow was not used.
        node.http().ok("auth.login_provider", params).await;
        node.printed("a provider is unavailable").await;
    }

    async fn a_silent_provider_delays_nobody_for_long(database: Database) {
        let (node, provider) = provided(database).await;
        let flow = begin(&node).await;
        let params = provider.agree(&flow, known("ann")).params(&flow);
        provider.set(Mischief::Silent);
        let started = Instant::now();
        let http = node.http();
        let (login, quick) = tokio::join!(
            http.call("auth.login_provider", params),
            http.ok("auth.options", json!({})),
        );
        assert_eq!(login.expect_err("a refusal").kind, "unavailable");
        assert!(quick.is_object() && started.elapsed() < Duration::from_secs(10));
    }

    async fn a_posted_form_is_passed_on_to_the_frontend(database: Database) {
        let node = Node::start(database).await;
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        let url = format!("http://{}/provider-callback", node.address());
        let form = "code=a%26b&state=s&user=%7B%22name%22%3A%7B%7D%7D&id_token=secret";
        let post = |form: String, kind: &'static str| {
            client.post(&url).header("content-type", kind).header("origin", "https://appleid.apple.com").body(form).send()
        };
        let kind = "application/x-www-form-urlencoded";
        let answer = post(form.into(), kind).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let target = "http://localhost:5173/provider-callback?code=a%26b&state=s&user=%7B%22name%22%3A%7B%7D%7D";
        assert_eq!(answer.headers()["location"], target);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(post("error=user_cancelled_authorize".into(), kind).await.expect("an answer").status(), StatusCode::SEE_OTHER);
        assert_eq!(post("{}".into(), "application/json").await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let long = format!("code={}", "x".repeat(5000));
        assert_eq!(post(long, kind).await.expect("an answer").status(), StatusCode::BAD_REQUEST);
        let endless = format!("code={}", "x".repeat(70_000));
        assert_eq!(post(endless, kind).await.expect("an answer").status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    async fn an_unknown_provider_is_not_found(database: Database) {
        let node = Node::start(database).await;
        node.http().refused("not_found", "auth.begin_provider_login", json!({ "provider": "google" })).await;
        let (_, session) = node.signed_in("ann").await;
        session.http(&node).refused("not_found", "providers.begin_link", json!({ "provider": "google" })).await;
    }

    async fn a_flow_is_valid_on_other_nodes_with_the_same_keys_only(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let (own, other) = (database, Database::sqlite());
        let node = Node::on(own).provider("shop", &provider).start().await;
        let stranger = Node::on(other).provider("shop", &provider).start().await;
        let flow = begin(&node).await;
        let params: Value = provider.agree(&flow, known("ann")).params(&flow);
        stranger.http().refused("invalid_token", "auth.login_provider", params.clone()).await;
        node.http().ok("auth.login_provider", params).await;
    }
}
