//! Client secrets that are signed with a key, as Apple requires
//! (<https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>).

use crate::domain::time::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Serialize;
use std::{fmt, time::Duration};

/// The lifetime of a secret. Each request gets a new one, so none has to be renewed; it is long enough for a clock that
/// is somewhat off.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A private key on P-256.
pub struct ClientAssertionKey(EncodingKey);

/// The claims of a secret.
#[derive(Clone, Copy, Debug)]
pub struct ClientAssertion<'a> {
    /// The owner of the key: `iss`.
    pub issuer: &'a str,
    /// The client that signs in: `sub`.
    pub client: &'a str,
    /// The audience: `aud`.
    pub audience: &'a str,
    /// The id of the key: `kid`.
    pub key_id: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
    exp: i64,
    aud: &'a str,
    sub: &'a str,
}

impl ClientAssertionKey {
    /// Parses PKCS#8 PEM; `None` if it is not a key that signs ES256.
    pub fn parse(pem: &str) -> Option<Self> {
        let key = Self(EncodingKey::from_ec_pem(pem.as_bytes()).ok()?);
        let nothing = ClientAssertion { issuer: "", client: "", audience: "", key_id: "" };
        key.try_sign(nothing, Timestamp::from_unix(0)?).ok()?;
        Some(key)
    }

    /// A secret with these claims that is valid from now on.
    pub fn sign(&self, assertion: ClientAssertion<'_>, now: Timestamp) -> SecretString {
        let signed = self.try_sign(assertion, now);
        signed.expect("a key that has signed once can sign again, and the claims are plain text and numbers").into()
    }

    fn try_sign(&self, assertion: ClientAssertion<'_>, now: Timestamp) -> jsonwebtoken::errors::Result<String> {
        let ClientAssertion { issuer, client, audience, key_id } = assertion;
        let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::ES256) };
        let (iat, exp) = (now.unix(), now.after(LIFETIME).unix());
        jsonwebtoken::encode(&header, &Claims { iss: issuer, iat, exp, aud: audience, sub: client }, &self.0)
    }
}

impl fmt::Debug for ClientAssertionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAssertionKey")
    }
}
