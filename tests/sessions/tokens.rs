//! Access tokens: forged ones are refused everywhere, keys rotate without signing anybody out.

use crate::support::{Call, Database, Node, Session, both_databases, signing_key, token_secret};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signature, Signer, SigningKey, Verifier, VerifyingKey,
    pkcs8::{EncodePublicKey, spki::der::pem::LineEnding},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn signed(header: &Value, claims: &Value, seed: u8) -> String {
    let text = unsigned(header, claims);
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(text.as_bytes());
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn public_key(seed: u8) -> VerifyingKey {
    SigningKey::from_bytes(&[seed; 32]).verifying_key()
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut value = value.clone();
    value[name] = new;
    value
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().expect("an object").remove(name);
    value
}

/// Refused over HTTP, in the handshake and in band alike.
async fn assert_refused(node: &Node, token: &str, reason: &str, what: &str) {
    let error = node.http().bearer(token).call("profile.get", json!({})).await.expect_err(what);
    assert_eq!((error.kind.as_str(), &error.data["reason"]), ("unauthenticated", &json!(reason)), "{what}: {error:?}");
    assert_eq!(node.refused_handshake(&[("authorization", &format!("Bearer {token}"))]).await, 401, "{what}");
    let in_band = json!({ "access_token": token });
    let error = node.ws().await.call("session.authenticate", in_band).await.expect_err(what);
    assert_eq!((error.kind.as_str(), &error.data["reason"]), ("unauthenticated", &json!(reason)), "{what}: {error:?}");
}

async fn keys(node: &Node) -> Vec<Value> {
    let set: Value = node.http().get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    set["keys"].as_array().expect("keys").clone()
}

fn kid(session: &Session) -> Value {
    part(&session.access_token, 0)["kid"].clone()
}

both_databases! {
    async fn an_access_token_has_the_claims_of_the_protocol(database: Database) {
        let node = Node::start(database).await;
        let (_, session) = node.signed_in("ann").await;
        let (header, claims) = (part(&session.access_token, 0), part(&session.access_token, 1));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("http://localhost:5173"), &json!("marbelle")));
        assert_eq!((&claims["sub"], &claims["sid"]), (&session.sign_in["profile"]["id"], &json!(session.id)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
        assert!(claims["jti"].is_string());

        let keys = keys(&node).await;
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key is published");
        assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
        assert!(keys.iter().all(|key| key.get("d").is_none()), "no private part");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
        let public = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        let (text, signature) = session.access_token.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        public.verify(text.as_bytes(), &signature).expect("a token that the published key verifies");
    }

    async fn forged_tokens_are_refused_everywhere(database: Database) {
        let node = Node::on(database).shared_keys().start().await;
        let (_, anns) = node.signed_in("ann").await;
        let (_, bobs) = node.signed_in("bob").await;
        let token = &anns.access_token;
        let (header, claims) = (part(token, 0), part(token, 1));
        let (text, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(node.http().bearer(signed(&header, &claims, 1)).ok("profile.get", json!({})).await["id"], claims["sub"],
            "the test can sign, so the following tokens are refused for their own faults");

        let hs256 = unsigned(&with(&header, "alg", json!("HS256")), &claims);
        let public = public_key(1);
        let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
        let mac = |key: &[u8]| {
            let tag = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(&hs256).finalize().into_bytes();
            format!("{hs256}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
        };
        let own_key = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(public_key(2)) });
        let expired = claims["iat"].as_i64().unwrap() - 3600;
        let forged = [
            ("no algorithm", format!("{}.", unsigned(&with(&header, "alg", json!("none")), &claims))),
            ("no algorithm, old signature", format!("{}.{signature}", unsigned(&with(&header, "alg", json!("None")), &claims))),
            ("no signature", format!("{text}.")),
            ("HMAC under the public key's PEM", mac(pem.as_bytes())),
            ("HMAC under the public key", mac(public.as_bytes())),
            ("another key under the same kid", signed(&header, &claims, 2)),
            ("another key that it brings along", signed(&with(&header, "jwk", own_key), &claims, 2)),
            ("an unknown kid", signed(&with(&header, "kid", json!("another")), &claims, 2)),
            ("a path as kid", signed(&with(&header, "kid", json!("../../dev/null")), &claims, 2)),
            ("another user's claims", format!("{}.{signature}", unsigned(&header, &part(&bobs.access_token, 1)))),
            ("another type of token", signed(&with(&header, "typ", json!("JWT")), &claims, 1)),
            ("no type", signed(&without(&header, "typ"), &claims, 1)),
            ("another audience", signed(&header, &with(&claims, "aud", json!("elsewhere")), 1)),
            ("no audience", signed(&header, &without(&claims, "aud"), 1)),
            ("another issuer", signed(&header, &with(&claims, "iss", json!("https://elsewhere.example")), 1)),
            ("no issuer", signed(&header, &without(&claims, "iss"), 1)),
            ("no session", signed(&header, &without(&claims, "sid"), 1)),
            ("no expiry", signed(&header, &without(&claims, "exp"), 1)),
            ("a session that never was", signed(&header, &with(&claims, "sid", json!("01890a5d-ac96-774b-bcce-b302099a8057")), 1)),
            ("a session that is no id", signed(&header, &with(&claims, "sid", json!("1' OR '1'='1")), 1)),
            ("a critical extension", signed(&with(&header, "crit", json!(["exp"])), &with(&claims, "exp", json!("soon")), 1)),
            ("something behind it", format!("{token}x")),
            ("four parts", format!("{token}.{signature}")),
            ("a refresh token", anns.refresh_token.clone()),
            ("nothing like it", "x".repeat(5000)),
        ];
        for (what, token) in &forged {
            assert_refused(&node, token, "invalid", what).await;
        }
        let (late, early) = (with(&claims, "exp", json!(expired + 600)), json!(expired));
        assert_refused(&node, &signed(&header, &with(&late, "iat", early), 1), "expired", "an expired token").await;
        let theirs = signed(&header, &with(&claims, "sid", json!(bobs.id)), 1);
        let reply = node.http().bearer(theirs).call("profile.get", json!({})).await;
        assert!(reply.is_err(), "a user and a session that do not belong together: {reply:?}");
        anns.http(&node).ok("profile.get", json!({})).await;
        bobs.http(&node).ok("profile.get", json!({})).await;
    }

    async fn a_new_signing_key_signs_nobody_out(database: Database) {
        let mut node = Node::on(database).shared_keys().start().await;
        let (person, old) = node.signed_in("ann").await;
        node.stop().await;
        node.set("SIGNING_KEY", signing_key(2));
        node.set("VERIFY_KEYS", public_key(1).to_public_key_pem(LineEnding::LF).unwrap());
        node.restart().await;
        old.http(&node).ok("profile.get", json!({})).await;
        let new = person.sign_in(&node).await;
        assert_ne!(kid(&new), kid(&old));
        let published: Vec<Value> = keys(&node).await.iter().map(|key| key["kid"].clone()).collect();
        assert!(published.contains(&kid(&old)) && published.contains(&kid(&new)), "{published:?}");

        node.stop().await;
        node.set("VERIFY_KEYS", "");
        node.restart().await;
        assert_refused(&node, &old.access_token, "invalid", "a token of a key that is gone").await;
        let refreshed = old.refreshed(&node).await;
        assert_eq!(refreshed.http(&node).ok("session.current", json!({})).await["session"]["id"], old.id);
    }

    async fn a_new_token_secret_signs_nobody_out(database: Database) {
        let mut node = Node::on(database).shared_keys().start().await;
        let (_, session) = node.signed_in("ann").await;
        let unverified = node.unverified("bob").await;
        let token = node.smtp.letter_to(&unverified.email).await.token();
        node.stop().await;
        node.set("TOKEN_SECRET", format!("{},{}", token_secret(2), token_secret(1)));
        node.restart().await;
        let refreshed = session.refreshed(&node).await;
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;

        node.stop().await;
        node.set("TOKEN_SECRET", token_secret(2));
        node.restart().await;
        refreshed.refreshed(&node).await;
    }
}
