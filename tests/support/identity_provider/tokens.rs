//! What the provider signs.

use super::{CLIENT_ID, CLIENT_SECRET, Grant, IdentityProvider, Manner, Mischief, State};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use marbelle::domain::time::Clock;
use rcgen::KeyPair;
use serde_json::{Value, json};
use uuid::Uuid;

/// An RSA key that is nobody's: making one takes seconds.
const RSA: &str = include_str!("rsa.pem");

pub struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub encoding: EncodingKey,
    pub jwk: Value,
}

pub fn now() -> i64 {
    Clock::system().now().unix()
}

impl SigningKey {
    /// As most providers have it.
    pub fn rsa() -> Self {
        let encoding = EncodingKey::from_rsa_pem(RSA.as_bytes()).expect("a key");
        let jwk = Jwk::from_encoding_key(&encoding, Algorithm::RS256).expect("a public key");
        Self::new(Algorithm::RS256, encoding, serde_json::to_value(jwk).expect("JSON"))
    }

    pub fn ec() -> Self {
        let pair = KeyPair::generate().expect("a key");
        let encoding = EncodingKey::from_ec_der(&pair.serialize_der());
        let point = &pair.public_key_raw()[1..];
        let coordinate = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": coordinate(&point[..32]), "y": coordinate(&point[32..]) });
        Self::new(Algorithm::ES256, encoding, jwk)
    }

    fn new(algorithm: Algorithm, encoding: EncodingKey, mut jwk: Value) -> Self {
        let kid = Uuid::new_v4().to_string();
        jwk["kid"] = kid.as_str().into();
        jwk["use"] = "sig".into();
        Self { kid, algorithm, encoding, jwk }
    }
}

impl IdentityProvider {
    pub(super) fn token(&self, state: &State, grant: Grant) -> String {
        let mischief = state.mischief;
        let mut claims = grant.claims;
        claims["iss"] =
            if mischief == Some(Mischief::OtherIssuer) { "https://evil.example".into() } else { json!(self.issuer) };
        claims["aud"] = CLIENT_ID.into();
        claims["iat"] = now().into();
        claims["exp"] = (now() + 600).into();
        if state.manner != Manner::LinkedIn {
            claims["nonce"] = grant.nonce.into();
        }
        match mischief {
            Some(Mischief::OtherAudience) => claims["aud"] = "another-shop".into(),
            Some(Mischief::OtherParty) => {
                claims["aud"] = json!([CLIENT_ID, "another-shop"]);
                claims["azp"] = "another-shop".into();
            }
            Some(Mischief::OtherNonce) => claims["nonce"] = "another".into(),
            Some(Mischief::NoNonce) => drop(claims.as_object_mut().expect("claims").remove("nonce")),
            Some(Mischief::Expired) => claims["exp"] = (now() - 120).into(),
            Some(Mischief::Future) => claims["iat"] = (now() + 600).into(),
            _ => {}
        }
        let mut header = Header::new(state.key.algorithm);
        header.kid = Some(state.key.kid.clone());
        let sign = |header: &Header, key: &EncodingKey| jsonwebtoken::encode(header, &claims, key).expect("a token");
        match mischief {
            Some(Mischief::UnknownKey) => {
                let other = SigningKey::ec();
                sign(&Header { kid: Some(other.kid), ..Header::new(Algorithm::ES256) }, &other.encoding)
            }
            Some(Mischief::ForgedKey) => sign(
                &Header { kid: Some(state.key.kid.clone()), ..Header::new(Algorithm::ES256) },
                &SigningKey::ec().encoding,
            ),
            Some(Mischief::BySecret) => {
                let header = Header { kid: Some(state.key.kid.clone()), ..Header::new(Algorithm::HS256) };
                sign(&header, &EncodingKey::from_secret(CLIENT_SECRET.as_bytes()))
            }
            Some(Mischief::Unsigned) => {
                let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
                format!("{}.{}.", part(&json!({ "alg": "none", "kid": state.key.kid })), part(&claims))
            }
            _ => sign(&header, &state.key.encoding),
        }
    }
}
