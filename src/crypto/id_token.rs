//! ID tokens of OpenID Connect providers (OpenID Connect Core 1.0 §3.1.3.7), and the keys that verify them.

use crate::domain::time::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest accepted token, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// The most keys of a provider that are kept; further ones are ignored.
const MAX_KEYS: usize = 100;

/// The shortest accepted modulus: 2,048 bits (NIST SP 800-131A), in Base64url.
const MIN_MODULUS: usize = 2048 / 8 * 4 / 3;

/// The longest subject (§2).
const MAX_SUBJECT: usize = 255;

/// How far a provider's clock may differ from ours.
const LEEWAY: Duration = Duration::from_secs(60);

/// The accepted algorithms, whatever a token's header names. Neither `none` nor a shared secret is among them.
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

/// The keys that a provider signs with.
#[derive(Clone, Debug)]
pub struct ProviderKeys(Vec<Jwk>);

/// The requirements on a token.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The accepted issuers.
    pub issuers: &'a [&'a str],
    /// The client that it must be for.
    pub client_id: &'a str,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// Whether the nonce may be missing.
    pub may_lack_nonce: bool,
    /// The present time.
    pub now: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is signed by a key that is not among the provider's.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// It is not a token, or breaks a requirement.
    #[error("{0}")]
    Refused(&'static str),
}

/// The claims of a token.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IdToken {
    /// The subject, unique at this issuer.
    pub sub: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    #[serde(default, deserialize_with = "truth")]
    pub email_verified: bool,
    /// Microsoft's claim of the same: the tenant has verified that it owns the address's domain.
    #[serde(default, deserialize_with = "truth")]
    pub xms_edov: bool,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// The full name.
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

/// Providers write true as `true`, `"true"` or `1`.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(truth) => truth,
        Value::String(text) => text == "true" || text == "1",
        Value::Number(number) => number.as_i64() == Some(1),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    })
}

impl ProviderKeys {
    /// Parses a JWK set (RFC 7517 §5); `None` if it is not one. Keys of unknown kinds are ignored, as the standard
    /// requires.
    pub fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Some(Self(keys.filter(verifies).take(MAX_KEYS).collect()))
    }

    /// The claims of a token, if it meets the requirements.
    pub fn verify(&self, token: &str, expected: Expected<'_>) -> Result<IdToken, IdTokenError> {
        if token.len() > MAX_BYTES {
            return Err(IdTokenError::Refused("too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdTokenError::Refused("not a JWT"))?;
        if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
            return Err(IdTokenError::Refused("signed by an algorithm that is not accepted"));
        }
        // Without a key id, any of the keys may have signed it (OpenID Connect Core 1.0 §10.1).
        let keys = self.0.iter().filter(|key| header.kid.is_none() || key.common.key_id == header.kid);
        let mut validation = Validation::new(header.alg);
        // Issuer, audience and times are checked below, by our clock and with a reason.
        validation.set_required_spec_claims::<&str>(&[]);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let mut read = Err(IdTokenError::UnknownKey);
        for key in keys {
            let Ok(decoding) = DecodingKey::from_jwk(key) else { continue };
            match jsonwebtoken::decode::<IdToken>(token, &decoding, &validation) {
                Ok(token) => return expected.check(token.claims),
                Err(_) => read = Err(IdTokenError::Refused("its signature or its form is invalid")),
            }
        }
        read
    }
}

/// Whether this key may verify signatures.
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
        let time = |seconds: i64| Timestamp::from_unix(seconds).ok_or(IdTokenError::Refused("a time out of range"));
        let audiences = token.aud.list();
        let for_others_too = audiences.len() > 1;
        let refused = if !self.issuers.contains(&token.iss.as_str()) {
            "from another issuer"
        } else if !audiences.iter().any(|audience| audience == self.client_id) {
            "for another client"
        } else if token.azp.as_deref().map_or(for_others_too, |party| party != self.client_id) {
            "requested by another client"
        } else if token.nonce.as_deref().map_or(!self.may_lack_nonce, |nonce| nonce != self.nonce) {
            "for another request"
        } else if time(token.exp)?.after(LEEWAY) <= self.now {
            "expired"
        } else if time(token.iat)?.before(LEEWAY) > self.now {
            "issued in the future"
        } else if token.nbf.map(time).transpose()?.is_some_and(|from| from.before(LEEWAY) > self.now) {
            "not valid yet"
        } else if token.sub.is_empty() || token.sub.len() > MAX_SUBJECT {
            "without a valid subject"
        } else {
            return Ok(token);
        };
        Err(IdTokenError::Refused(refused))
    }
}
