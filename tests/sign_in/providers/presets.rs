//! The presets, each against an imitation of its provider.

use super::known;
use crate::support::{Call, Database, IdentityProvider, Manner, Node, both_databases};
use serde_json::{Value, json};

async fn preset(database: Database, name: &str, manner: Manner) -> (Node, IdentityProvider) {
    let provider = IdentityProvider::start(manner).await;
    (Node::on(database).provider(name, &provider).start().await, provider)
}

async fn begin(node: &Node, name: &str) -> Value {
    node.http().ok("auth.begin_provider_login", json!({ "provider": name })).await
}

/// A successful sign-in.
async fn come(
    node: &Node,
    provider: &IdentityProvider,
    name: &str,
    claims: Value,
) -> Result<Value, crate::support::RpcError> {
    let flow = begin(node, name).await;
    node.http().call("auth.login_provider", provider.agree(&flow, claims).params(&flow)).await
}

both_databases! {
    async fn google(database: Database) {
        let (node, provider) = preset(database, "google", Manner::Google).await;
        assert_eq!(node.http().ok("providers.list", json!({})).await, json!([{ "provider": "google", "label": "Google" }]));
        let signed_in = come(&node, &provider, "google", known("ann")).await.expect("a session");
        assert_eq!(signed_in["profile"]["last_name"], "Lee");
    }

    async fn microsoft_verifies_by_the_domain_of_its_tenant(database: Database) {
        let (node, provider) = preset(database, "microsoft", Manner::Microsoft).await;
        assert!(provider.issuer.ends_with("/v2.0"));
        let claims = |name: &str, vouches: Value| json!({
            "sub": name, "tid": "a-tenant", "name": "Ann Lee", "email": crate::support::another_email(name), "xms_edov": vouches,
        });
        for (n, vouches) in [json!(true), json!("1"), json!(1), json!("true")].into_iter().enumerate() {
            let signed_in = come(&node, &provider, "microsoft", claims(&format!("ann{n}"), vouches)).await.expect("a session");
            assert_eq!((&signed_in["profile"]["first_name"], &signed_in["profile"]["last_name"]), (&json!("Ann"), &json!("Lee")));
        }
        for does_not in [json!(null), json!(false), json!("0")] {
            let error = come(&node, &provider, "microsoft", claims("bea", does_not)).await.expect_err("a refusal");
            assert_eq!(error.kind, "email_not_verified");
        }
    }

    async fn apple_uses_a_signed_secret_posts_a_form_and_sends_the_name_once(database: Database) {
        let (node, provider) = preset(database, "apple", Manner::Apple).await;
        let flow = begin(&node, "apple").await;
        let claims = json!({ "sub": "001.ann", "email": crate::support::another_email("ann"), "email_verified": "true", "is_private_email": "true" });
        let answer = provider.agree(&flow, claims.clone());
        assert_eq!(answer.response_mode.as_deref(), Some("form_post"));
        assert!(answer.redirect_uri.ends_with("/provider-callback"));
        let mut params = answer.params(&flow);
        params["user"] = json!({ "name": { "firstName": "Ann", "lastName": "Lee" }, "email": "x@example.org" }).to_string().into();
        let signed_in = node.http().ok("auth.login_provider", params).await;
        let profile = &signed_in["profile"];
        assert_eq!((&profile["first_name"], &profile["last_name"], &profile["email"]), (&json!("Ann"), &json!("Lee"), &claims["email"]));
        let again = come(&node, &provider, "apple", claims.clone()).await.expect("a session");
        assert_eq!(again["profile"], *profile);
        // As an object; and something that is neither.
        let mut bea = claims;
        (bea["sub"], bea["email"]) = ("002.bea".into(), crate::support::another_email("bea").into());
        let flow = begin(&node, "apple").await;
        let mut params = provider.agree(&flow, bea).params(&flow);
        params["user"] = json!(7);
        node.http().invalid(&[("user", &["type"])], "auth.login_provider", params.clone()).await;
        params["user"] = json!({ "name": { "firstName": "Bea" } });
        let signed_in = node.http().ok("auth.login_provider", params).await;
        assert_eq!((&signed_in["profile"]["first_name"], &signed_in["profile"]["last_name"]), (&json!("Bea"), &Value::Null));
    }

    async fn linkedin_repeats_no_nonce_and_accepts_the_secret_in_the_body(database: Database) {
        let (node, provider) = preset(database, "linkedin", Manner::LinkedIn).await;
        let mut ann = known("ann");
        ann["email_verified"] = "true".into();
        come(&node, &provider, "linkedin", ann.clone()).await.expect("a session");
        // If there is one, it must be valid.
        provider.set(crate::support::Mischief::OtherNonce);
        let error = come(&node, &provider, "linkedin", ann).await.expect_err("a refusal");
        assert_eq!(error.kind, "invalid_token");
    }

    async fn two_providers_lead_to_one_account(database: Database) {
        let (google, linkedin) = (IdentityProvider::start(Manner::Google).await, IdentityProvider::start(Manner::LinkedIn).await);
        let node = Node::on(database).provider("google", &google).provider("linkedin", &linkedin).start().await;
        let ann = known("ann");
        let signed_in = come(&node, &google, "google", ann.clone()).await.expect("a session");
        // The same subject at another issuer is a different user.
        let error = come(&node, &linkedin, "linkedin", ann.clone()).await.expect_err("a refusal");
        assert_eq!((error.kind.as_str(), &error.data["provider"]), ("link_required", &json!("linkedin")));
        let session = crate::support::Session::from_wire(signed_in);
        let http = session.http(&node);
        let flow = http.ok("providers.begin_link", json!({ "provider": "linkedin" })).await;
        let methods = http.ok("providers.link", linkedin.agree(&flow, ann.clone()).params(&flow)).await;
        let names: Vec<&Value> = methods["providers"].as_array().expect("links").iter().map(|link| &link["provider"]).collect();
        assert_eq!(names, ["google", "linkedin"]);
        http.ok("providers.unlink", json!({ "provider": "google" })).await;
        let by_other = come(&node, &linkedin, "linkedin", ann).await.expect("a session");
        assert_eq!(by_other["profile"]["id"], session.sign_in["profile"]["id"]);
    }
}
