//! ID tokens of OpenID Connect providers (OpenID Connect Core 1.0 §3.1.3.7), and the keys that verify them.

use crate::domain::time::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest token that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Keys of a provider that are kept; those after them are passed over.
const MAX_KEYS: usize = 100;

/// The shortest modulus that is believed: 2,048 bits (NIST SP 800-131A), in Base64url.
const MIN_MODULUS: usize = 2048 / 8 * 4 / 3;

/// The longest subject (§2).
const MAX_SUBJECT: usize = 255;

/// How far a provider's clock may be from ours.
const LEEWAY: Duration = Duration::from_secs(60);

/// Signatures that are believed, whatever a token asks for. Neither `none` nor a shared secret is among them.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The keys that a provider signs by.
#[derive(Clone, Debug)]
pub struct ProviderKeys(Vec<Jwk>);

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose it may be.
    pub issuers: &'a [&'a str],
    /// Whom it is for.
    pub client_id: &'a str,
    /// What the request for it had.
    pub nonce: &'a str,
    /// Whether it may be without the nonce.
    pub may_lack_nonce: bool,
    /// Now.
    pub now: Timestamp,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is signed by a key that is not among those of the provider.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// It is no token, or not as it must be.
    #[error("{0}")]
    Refused(&'static str),
}

/// What a token says of somebody.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IdToken {
    /// Who, at this issuer.
    pub sub: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    #[serde(default, deserialize_with = "truth")]
    pub email_verified: bool,
    /// Microsoft's word for that: the domain of the address is its tenant's own.
    #[serde(default, deserialize_with = "truth")]
    pub xms_edov: bool,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Both.
    pub name: Option<String>,
    iss: String,
    aud: Audiences,
    azp: Option<String>,
    nonce: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Several(Vec<String>),
}

impl Default for Audiences {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Audiences {
    fn list(&self) -> &[String] {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Several(audiences) => audiences,
        }
    }
}

/// Providers write truth as `true`, `"true"` and `1`.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(truth) => truth,
        Value::String(text) => text == "true" || text == "1",
        Value::Number(number) => number.as_i64() == Some(1),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    })
}

impl ProviderKeys {
    /// Reads a JWK set (RFC 7517 §5). Keys of kinds that are not known here are passed over, as the standard wants it;
    /// `None` if it is no set.
    pub fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Some(Self(keys.filter(verifies).take(MAX_KEYS).collect()))
    }

    /// What a token says, if it is as it must be.
    pub fn verify(&self, token: &str, expected: Expected<'_>) -> Result<IdToken, IdTokenError> {
        if token.len() > MAX_BYTES {
            return Err(IdTokenError::Refused("longer than a token is"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdTokenError::Refused("not a JWT"))?;
        if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
            return Err(IdTokenError::Refused("signed in a way that is not believed"));
        }
        // Without an id of the key it is one of them all (OpenID Connect Core 1.0 §10.1).
        let keys = self.0.iter().filter(|key| header.kid.is_none() || key.common.key_id == header.kid);
        let mut validation = Validation::new(header.alg);
        // Who it is from, for whom, and when, is looked at below: by our clock, and with a reason.
        validation.set_required_spec_claims::<&str>(&[]);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let mut read = Err(IdTokenError::UnknownKey);
        for key in keys {
            let Ok(decoding) = DecodingKey::from_jwk(key) else { continue };
            match jsonwebtoken::decode::<IdToken>(token, &decoding, &validation) {
                Ok(token) => return expected.check(token.claims),
                Err(_) => read = Err(IdTokenError::Refused("its signature or its form is wrong")),
            }
        }
        read
    }
}

/// Whether this is a key that signatures are verified by.
fn verifies(key: &Jwk) -> bool {
    let is_strong = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) => rsa.n.len() >= MIN_MODULUS,
        AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => true,
        _ => false,
    };
    is_strong && !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption))
}

impl Expected<'_> {
    fn check(&self, token: IdToken) -> Result<IdToken, IdTokenError> {
        let time = |seconds: i64| Timestamp::from_unix(seconds).ok_or(IdTokenError::Refused("a time that is none"));
        let audiences = token.aud.list();
        let for_others_too = audiences.len() > 1;
        let refused = if !self.issuers.contains(&token.iss.as_str()) {
            "of another issuer"
        } else if !audiences.iter().any(|audience| audience == self.client_id) {
            "for another client"
        } else if token.azp.as_deref().map_or(for_others_too, |party| party != self.client_id) {
            "asked for by another client"
        } else if token.nonce.as_deref().map_or(!self.may_lack_nonce, |nonce| nonce != self.nonce) {
            "of another request"
        } else if time(token.exp)?.after(LEEWAY) <= self.now {
            "expired"
        } else if time(token.iat)?.before(LEEWAY) > self.now {
            "of the future"
        } else if token.nbf.map(time).transpose()?.is_some_and(|from| from.before(LEEWAY) > self.now) {
            "not good yet"
        } else if token.sub.is_empty() || token.sub.len() > MAX_SUBJECT {
            "of nobody"
        } else {
            return Ok(token);
        };
        Err(IdTokenError::Refused(refused))
    }
}
