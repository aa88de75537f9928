//! Signing in with providers (docs/protocol.md, "Providers"), against one on this machine.

mod answers;
mod links;
mod presets;
mod sign_up;

use crate::support::{
    Account, Call, Database, IdentityProvider, Manner, Mischief, Node, Reply, Session, another_email, both_databases,
    won,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// A node with a provider named `shop`.
pub async fn provided(database: Database) -> (Node, IdentityProvider) {
    let provider = IdentityProvider::start(Manner::Plain).await;
    (Node::on(database).provider("shop", &provider).start().await, provider)
}

/// A user of the provider, whose address it has verified.
pub fn known(name: &str) -> Value {
    json!({ "sub": format!("the {name}"), "email": another_email(name), "email_verified": true, "given_name": "Ann", "family_name": "Lee" })
}

/// Starts a sign-in.
pub async fn begin(node: &Node) -> Value {
    node.http().ok("auth.begin_provider_login", json!({ "provider": "shop" })).await
}

/// Goes to the provider as a user, and comes back.
pub async fn come_back(node: &Node, provider: &IdentityProvider, claims: &Value) -> Reply {
    let flow = begin(node).await;
    let params = provider.agree(&flow, claims.clone()).params(&flow);
    node.http().call("auth.login_provider", params).await
}

/// The same, for a user whose sign-in succeeds.
pub async fn sign_in(node: &Node, provider: &IdentityProvider, claims: &Value) -> Session {
    Session::from_wire(come_back(node, provider, claims).await.expect("a session"))
}

/// The same, for a user whose sign-in is refused.
pub async fn refused(node: &Node, provider: &IdentityProvider, claims: &Value, kind: &str) -> Value {
    let error = come_back(node, provider, claims).await.expect_err("a refusal");
    assert_eq!(error.kind, kind, "{error:?}");
    error.data
}

/// Links an account at the provider to the session's.
pub async fn link(node: &Node, session: &Session, provider: &IdentityProvider, claims: &Value) -> Reply {
    let http = session.http(node);
    let flow = http.ok("providers.begin_link", json!({ "provider": "shop" })).await;
    http.call("providers.link", provider.agree(&flow, claims.clone()).params(&flow)).await
}

both_databases! {
    async fn the_first_sign_in_creates_the_account(database: Database) {
        let (node, provider) = provided(database).await;
        let offered = json!([{ "provider": "shop", "label": "shop" }]);
        assert_eq!(node.http().ok("providers.list", json!({})).await, offered);
        assert_eq!(node.http().ok("auth.options", json!({})).await["providers"], offered);
        let ann = known("ann");
        let session = sign_in(&node, &provider, &ann).await;
        let profile = &session.sign_in["profile"];
        assert_eq!((&profile["email"], &profile["first_name"], &profile["last_name"]), (&ann["email"], &json!("Ann"), &json!("Lee")));
        assert_eq!(profile["revision"], 0);
        assert_eq!(session.sign_in["session"]["methods"], json!(["provider"]));
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        assert_eq!(account.sign_in_methods["password"], false);
        let link = &account.sign_in_methods["providers"][0];
        assert_eq!((&link["provider"], &link["label"], &link["email"]), (&json!("shop"), &json!("shop"), &ann["email"]));
        assert_eq!(session.http(&node).ok("account.get", json!({})).await["revision"], 1, "its first sign-in");
        let log = session.http(&node).ok("account.security_log", json!({})).await;
        let types: Vec<&Value> = log["events"].as_array().expect("events").iter().map(|event| &event["type"]).collect();
        assert_eq!(types, ["sign_in", "account_created"]);

        // Later changes of the data at the provider change nothing here.
        let mut moved = ann.clone();
        moved["email"] = another_email("moved").into();
        moved["email_verified"] = false.into();
        moved["given_name"] = "Anna".into();
        let again = sign_in(&node, &provider, &moved).await;
        assert_eq!(again.sign_in["profile"], *profile);
        account.assert_equals_get(&tab, &tab).await;
        // The account has no password to sign in or prove with; signing in again proves the session.
        node.http().refused("invalid_credentials", "auth.login", json!({ "email": ann["email"], "password": "" })).await;
        session.unproven(&node).await;
        let refused = session.http(&node).refused("proof_required", "totp.begin", json!({})).await;
        assert_eq!(refused.data["methods"], json!(["provider"]));
        again.http(&node).ok("totp.begin", json!({})).await;
    }

    async fn one_of_twenty_callers_with_one_flow_signs_in(database: Database) {
        let (node, provider) = provided(database).await;
        let http = node.http();
        let ann = known("ann");
        // First with a provider that takes a code once; then with one that takes it again and again, for an account that
        // there is, and for one that there is not.
        let again = Some(Mischief::TakesCodesAgain);
        for (mischief, claims, sessions) in [(None, ann.clone(), 2), (again, ann, 4), (again, known("bea"), 2)] {
            provider.set(mischief);
            let flow = begin(&node).await;
            let params = provider.agree(&flow, claims.clone()).params(&flow);
            let calls = (0..20).map(|_| http.call("auth.login_provider", params.clone()));
            assert_eq!(won(join_all(calls).await, &["invalid_token"]), 1, "{mischief:?}");
            let exchanges = provider.requests("/token");
            http.refused("invalid_token", "auth.login_provider", params).await;
            assert_eq!(provider.requests("/token"), exchanges, "the provider gets no request about a used flow");
            let list = sign_in(&node, &provider, &claims).await.http(&node).ok("session.list", json!({})).await;
            assert_eq!(list.as_array().expect("sessions").len(), sessions);
        }
    }

    async fn twenty_concurrent_first_sign_ins_get_the_same_account(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        let came = join_all((0..20).map(|_| come_back(&node, &provider, &ann))).await;
        let accounts: std::collections::BTreeSet<String> =
            came.into_iter().map(|reply| reply.expect("a session")["profile"]["id"].to_string()).collect();
        assert_eq!(accounts.len(), 1);
    }

    async fn the_same_subject_at_another_provider_is_another_person(database: Database) {
        let (shop, other) = (IdentityProvider::start(Manner::Plain).await, IdentityProvider::start(Manner::Plain).await);
        let node = Node::on(database).provider("shop", &shop).provider("other", &other).start().await;
        let ann = known("ann");
        let owner = sign_in(&node, &shop, &ann).await;
        // Choosing one's subject at one provider does not make one a user of another.
        let come_from_other = async |claims: &Value| {
            let flow = node.http().ok("auth.begin_provider_login", json!({ "provider": "other" })).await;
            node.http().call("auth.login_provider", other.agree(&flow, claims.clone()).params(&flow)).await
        };
        let error = come_from_other(&ann).await.expect_err("a refusal");
        assert_eq!((error.kind.as_str(), &error.data["provider"]), ("link_required", &json!("other")));
        let mut eve = ann.clone();
        eve["email"] = another_email("eve").into();
        let signed_in = come_from_other(&eve).await.expect("an account of her own");
        assert_ne!(signed_in["profile"]["id"], owner.sign_in["profile"]["id"]);
        // Nor is an answer of one of them valid for a flow of the other.
        let flow = begin(&node).await;
        let mut params = shop.agree(&flow, ann).params(&flow);
        params["flow"] = node.http().ok("auth.begin_provider_login", json!({ "provider": "other" })).await["flow"].clone();
        node.http().refused("invalid_token", "auth.login_provider", params).await;
    }

    async fn a_flow_keeps_its_device(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        let first = sign_in(&node, &provider, &ann).await;
        let begin = json!({ "provider": "shop", "device_name": "Ann's phone", "device_token": first.sign_in["device_token"] });
        let flow = node.http().ok("auth.begin_provider_login", begin).await;
        let params = provider.agree(&flow, ann.clone()).params(&flow);
        let second = node.http().ok("auth.login_provider", params).await;
        assert_eq!(second["device_token"], first.sign_in["device_token"]);
        assert_eq!(second["session"]["device_name"], "Ann's phone");
        assert_eq!(node.smtp.letters_to(ann["email"].as_str().expect("text")).len(), 0);
        sign_in(&node, &provider, &ann).await;
        node.smtp.letter_saying(ann["email"].as_str().expect("text"), "signed in").await;
        // By cookie.
        let flow = self::begin(&node).await;
        let mut params = provider.agree(&flow, ann).params(&flow);
        params["credentials"] = "cookie".into();
        let exchange = node.http().with("origin", "http://localhost:5173").exchange("auth.login_provider", params).await;
        assert_eq!(exchange.reply.clone().expect("a reply").expect("a session").get("access_token"), None);
        assert!(exchange.header("set-cookie").starts_with("marbelle_"));
    }

    async fn a_disabled_account_stays_disabled(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        sign_in(&node, &provider, &ann).await;
        let output = node.command(&["user", "disable", ann["email"].as_str().expect("text")]).await;
        assert!(output.status.success(), "{output:?}");
        refused(&node, &provider, &ann, "account_disabled").await;
    }

    async fn a_deleted_account_leaves_no_link(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        let first = sign_in(&node, &provider, &ann).await;
        let output = node.command(&["user", "delete", ann["email"].as_str().expect("text"), "--yes"]).await;
        assert!(output.status.success(), "{output:?}");
        let second = sign_in(&node, &provider, &ann).await;
        assert_ne!(second.sign_in["profile"]["id"], first.sign_in["profile"]["id"]);
    }
}
