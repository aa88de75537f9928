//! Production: required settings, and keys that are replaced without signing anybody out.

use crate::support::{Call, Database, Http, Node, PRODUCTION, both_databases, marbelle, signing_key, token_secret};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePublicKey, spki::der::pem::LineEnding},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const NEW: &str = "nine loud herons above a mill";

fn public_key(seed: u8) -> String {
    SigningKey::from_bytes(&[seed; 32]).verifying_key().to_public_key_pem(LineEnding::LF).expect("a PEM")
}

#[tokio::test]
async fn it_starts_with_every_required_setting_or_names_the_missing_ones() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let (key, secret) = (signing_key(1), token_secret(1));
    let required = [
        ("MARBELLE_MAIL_URL", "smtp://127.0.0.1:9"),
        ("MARBELLE_MAIL_FROM", "Shop <no-reply@shop.example>"),
        ("MARBELLE_FRONTEND_URL", PRODUCTION),
        ("MARBELLE_ALLOWED_ORIGINS", PRODUCTION),
        ("MARBELLE_SIGNING_KEY", &key),
        ("MARBELLE_TOKEN_SECRET", &secret),
    ];
    let serve = async |given: &[(&str, &str)]| {
        let always = [("MARBELLE_ENV", "production"), ("MARBELLE_DATA_DIR", data.to_str().unwrap())];
        let output = marbelle(&["serve"], &[&always, given].concat()).await;
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    for missing in required {
        let given: Vec<_> = required.into_iter().filter(|setting| *setting != missing).collect();
        let blank = [given.clone(), vec![(missing.0, "  ")]].concat(); // how compose files say "not set"
        for given in [given, blank] {
            let (code, message) = serve(&given).await;
            assert_eq!(code, Some(2), "without {}: {message}", missing.0);
            for (name, _) in required {
                assert_eq!(message.contains(name), name == missing.0, "without {}: {message}", missing.0);
            }
        }
    }
    let (code, message) = serve(&[]).await;
    assert_eq!(code, Some(2));
    assert!(required.iter().all(|(name, _)| message.contains(name)), "all at once: {message}");
    assert!(!data.exists(), "nothing was created");
}

#[tokio::test]
async fn values_that_only_development_allows_are_refused() {
    let (key, secret) = (signing_key(1), token_secret(1));
    let good = [
        ("MARBELLE_ENV", "production"),
        ("MARBELLE_MAIL_URL", "smtps://shop:Mp8uVb3x@mail.shop.example"),
        ("MARBELLE_MAIL_FROM", "Shop <no-reply@shop.example>"),
        ("MARBELLE_FRONTEND_URL", PRODUCTION),
        ("MARBELLE_ALLOWED_ORIGINS", PRODUCTION),
        ("MARBELLE_SIGNING_KEY", &key),
        ("MARBELLE_TOKEN_SECRET", &secret),
    ];
    assert_eq!(marbelle(&["check-config"], &good).await.status.code(), Some(0));
    let short = "c2hvcnQ=";
    for (name, value) in [
        ("MARBELLE_FRONTEND_URL", "http://shop.example"),
        ("MARBELLE_MAIL_URL", "smtp://shop:Mp8uVb3x@mail.shop.example"),
        ("MARBELLE_ALLOWED_ORIGINS", "*"),
        ("MARBELLE_ALLOWED_ORIGINS", "null"),
        ("MARBELLE_TOKEN_SECRET", short),
        ("MARBELLE_SIGNING_KEY", "changeme"),
    ] {
        let given: Vec<_> = good.into_iter().filter(|(n, _)| *n != name).chain([(name, value)]).collect();
        let output = marbelle(&["check-config"], &given).await;
        let message = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{name}={value}");
        assert!(message.contains(name), "{name}={value}: {message}");
        assert!(!message.contains("Mp8uVb3x") && !message.contains(short), "{message}");
    }
}

/// A browser's session by cookie, as an HTTP client.
async fn by_cookie(node: &Node, mut credentials: Value) -> (String, Http) {
    credentials["credentials"] = "cookie".into();
    let answer = node.http().with("origin", PRODUCTION).exchange("auth.login", credentials).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    (cookie.clone(), page(node, &cookie))
}

fn page(node: &Node, cookie: &str) -> Http {
    node.http().with("origin", PRODUCTION).with("cookie", cookie)
}

both_databases! {
    async fn keys_and_secrets_are_replaced_without_signing_anybody_out(database: Database) {
        let mut node = Node::on(database).production().start().await;
        let (person, session) = node.signed_in("ann").await;
        let (cookie, browser) = by_cookie(&node, person.credentials()).await;
        browser.ok("profile.get", json!({})).await;
        let bob = node.unverified("bob").await;
        let verification = node.smtp.letter_to(&bob.email).await.token();
        let (cat, cats) = node.signed_in("cat").await;
        let reset = node.reset_token(&cat.email).await;
        let change = session.email_change_token(&node, &person.password, "ann.moved@example.test").await;

        // The new ones make tokens, the old ones still verify: nobody notices.
        node.stop().await;
        node.set("SIGNING_KEY", signing_key(2));
        node.set("VERIFY_KEYS", public_key(1));
        node.set("TOKEN_SECRET", format!("{},{}", token_secret(2), token_secret(1)));
        node.restart().await;
        session.http(&node).ok("profile.get", json!({})).await;
        session.tab(&node).await.ok("profile.get", json!({})).await;
        page(&node, &cookie).ok("profile.get", json!({})).await;
        node.ws_with(&[("origin", PRODUCTION), ("cookie", &cookie)]).await.expect("the handshake by cookie");
        let session = session.refreshed(&node).await;
        let cats = cats.refreshed(&node).await;
        node.http().ok("auth.verify_email", crate::support::verification(&verification)).await;
        node.http().ok("auth.confirm_password_reset", json!({ "token": reset, "new_password": NEW })).await;
        cats.assert_ended(&node, "password_reset").await;
        let (newer, _) = by_cookie(&node, person.credentials()).await;

        // When every client has come back once, the old ones are removed.
        node.stop().await;
        node.set("VERIFY_KEYS", "");
        node.set("TOKEN_SECRET", token_secret(2));
        node.restart().await;
        session.http(&node).ok("profile.get", json!({})).await;
        page(&node, &newer).ok("profile.get", json!({})).await;
        let session = session.refreshed(&node).await;
        // Tokens that only the old ones verify are refused, and not mistaken for anything else.
        page(&node, &cookie).refused("unauthenticated", "profile.get", json!({})).await;
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": change })).await;
        session.http(&node).ok("profile.get", json!({})).await;
    }
}
