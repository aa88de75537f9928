//! Access tokens: short-lived JWTs that name a user and a session (docs/protocol.md, "Sessions").
//!
//! A valid token only identifies the caller. Every use also checks in the database that the session is still alive.

use super::keys::Keys;
use crate::{
    domain::{
        ids::{SessionId, UserId},
        session::Caller,
        time::{Clock, Timestamp},
    },
    limits::{ACCESS_TOKEN_MAX_BYTES, VERIFIED_TOKENS},
};
use dashmap::DashMap;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

/// The media type of a JWT access token (RFC 9068 §2.1), which keeps other JWTs of this server from passing for one.
const TYPE: &str = "at+jwt";

/// The content of a valid token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The user (`sub`).
    pub user: UserId,
    /// The session (`sid`).
    pub session: SessionId,
    /// The version of the session's credentials (`ver`).
    pub version: i64,
    /// When it expires (`exp`).
    pub expires: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// This server did not issue it, or it is for another service.
    #[error("not an access token of this service")]
    Invalid,
    /// Issued by this server and expired: the client should refresh.
    #[error("the access token has expired")]
    Expired,
}

/// Every claim of an access token. jsonwebtoken checks `iss` and `aud`, so they are only written here.
#[derive(Serialize)]
struct Written<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: UserId,
    sid: SessionId,
    ver: i64,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

#[derive(Deserialize)]
struct Read {
    sub: UserId,
    sid: SessionId,
    ver: i64,
    exp: i64,
    #[serde(rename = "iat")]
    _issued: i64,
    #[serde(rename = "jti")]
    _id: Uuid,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    header: Header,
    signing: EncodingKey,
    /// By `kid`. The keys were parsed as Ed25519, so each has 32 bytes.
    verifying: HashMap<String, DecodingKey>,
    validation: Validation,
    /// By audience, for tokens for other backends.
    backends: HashMap<String, Validation>,
    issuer: String,
    audience: String,
    lifetime: Duration,
    clock: Clock,
    key_set: Value,
    /// Tokens whose signature is verified already: verifying costs some thousand times as much as a look-up, and a
    /// client sends the same token for minutes.
    verified: DashMap<Tail, Verified>,
}

/// The end of a token, which is the end of its signature. It is only the key of the map: an entry counts for the whole
/// token that it holds and for no other.
type Tail = [u8; 16];

/// A token with a valid signature, and its content.
struct Verified {
    token: Box<str>,
    claims: Claims,
}

impl AccessTokens {
    /// Tokens signed by `keys`, from `issuer` for `audience`, valid for `lifetime` by `clock`.
    pub fn new(keys: &Keys, issuer: &str, audience: &str, lifetime: Duration, clock: Clock) -> Self {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.into());
        header.kid = Some(keys.signing_public().kid.clone());

        let public = keys.public().iter();
        Self {
            header,
            signing: EncodingKey::from_ed_der(keys.signing_der().as_bytes()),
            verifying: public.map(|key| (key.kid.clone(), DecodingKey::from_ed_der(key.bytes()))).collect(),
            validation: validation(issuer, audience),
            backends: HashMap::new(),
            issuer: issuer.into(),
            audience: audience.into(),
            lifetime,
            clock,
            key_set: json!({ "keys": keys.public().iter().map(|key| key.jwk()).collect::<Vec<_>>() }),
            verified: DashMap::new(),
        }
    }

    /// Adds tokens for the audiences of other backends.
    pub fn for_backends(mut self, audiences: &[String]) -> Self {
        let backends = audiences.iter().map(|audience| (audience.clone(), validation(&self.issuer, audience)));
        self.backends = backends.collect();
        self
    }

    /// A new token, and when it expires: a whole second, as JWT requires, and never later than the lifetime.
    pub fn issue(&self, caller: Caller) -> (String, Timestamp) {
        self.issue_to(&self.audience, caller)
    }

    /// The same for another backend; `None` if there is none with this audience.
    pub fn issue_for(&self, audience: &str, caller: Caller) -> Option<(String, Timestamp)> {
        self.backends.contains_key(audience).then(|| self.issue_to(audience, caller))
    }

    fn issue_to(&self, audience: &str, Caller { user, session, version }: Caller) -> (String, Timestamp) {
        let now = self.clock.now();
        let exp = now.after(self.lifetime).unix();
        let claims = Written {
            iss: &self.issuer,
            aud: audience,
            sub: user,
            sid: session,
            ver: version,
            iat: now.unix(),
            exp,
            jti: Uuid::new_v4(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.signing)
            .expect("a key that was parsed as Ed25519 signs, and the claims are plain text and numbers");
        (token, Timestamp::from_unix(exp).unwrap_or(now))
    }

    /// The content of `token`, if this server issued it and it has not expired.
    ///
    /// # Errors
    /// [`TokenError::Expired`] for a token that is valid except for its time, otherwise [`TokenError::Invalid`].
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > ACCESS_TOKEN_MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        let tail = token.as_bytes().last_chunk().ok_or(TokenError::Invalid)?;
        let known = self.verified.get(tail).filter(|known| *known.token == *token).map(|known| known.claims);
        let claims = match known {
            Some(claims) => claims,
            None => self.verify_signature(token, &self.validation)?,
        };
        if claims.expires <= self.clock.now() {
            if known.is_some() {
                self.verified.remove(tail);
            }
            return Err(TokenError::Expired);
        }
        if known.is_none() {
            self.remember(*tail, Verified { token: token.into(), claims });
        }
        Ok(claims)
    }

    /// The content of a token for `audience`, which is this server's own or another backend's; [`TokenError::Invalid`]
    /// if there is no such audience.
    pub fn verify_for(&self, audience: &str, token: &str) -> Result<Claims, TokenError> {
        if audience == self.audience {
            return self.verify(token);
        }
        let validation = self.backends.get(audience).ok_or(TokenError::Invalid)?;
        if token.len() > ACCESS_TOKEN_MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        let claims = self.verify_signature(token, validation)?;
        if claims.expires <= self.clock.now() { Err(TokenError::Expired) } else { Ok(claims) }
    }

    /// The public keys that verify our tokens, as a JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        self.key_set.clone()
    }

    fn verify_signature(&self, token: &str, validation: &Validation) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // No extension that a token could declare critical is supported (RFC 7515 §4.1.11).
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        let key = header.kid.and_then(|kid| self.verifying.get(&kid)).ok_or(TokenError::Invalid)?;
        let read = jsonwebtoken::decode::<Read>(token, key, validation).map_err(|_| TokenError::Invalid)?.claims;
        let expires = Timestamp::from_unix(read.exp).ok_or(TokenError::Invalid)?;
        Ok(Claims { user: read.sub, session: read.sid, version: read.ver, expires })
    }

    /// Caches a valid token. If the cache is full of live tokens, all are dropped: each costs one more verification.
    fn remember(&self, tail: Tail, verified: Verified) {
        if self.verified.len() >= VERIFIED_TOKENS {
            let now = self.clock.now();
            self.verified.retain(|_, known| known.claims.expires > now);
            if self.verified.len() >= VERIFIED_TOKENS {
                self.verified.clear();
            }
        }
        self.verified.insert(tail, verified);
    }
}

/// The checks that jsonwebtoken does.
fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    // jsonwebtoken would read the system's time; here it comes from the clock.
    validation.validate_exp = false;
    validation
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
