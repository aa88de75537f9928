//! The secrets of webhooks, and their signatures, by Standard Webhooks 1.0 (<https://www.standardwebhooks.com>).

use super::{
    opaque_token::Secret,
    sealed::{Sealed, Sealer, Sealing},
};
use crate::domain::ids::{DeliveryId, WebhookId};
use base64::{Engine, prelude::BASE64_STANDARD};
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};

/// The bytes of a secret; the standard requires 24 to 64.
const BYTES: usize = 32;
/// The prefix of every secret, so that scanners of sources and logs can find one.
const PREFIX: &str = "whsec_";

/// The secret that signs the requests of a webhook.
#[derive(Clone, Debug)]
pub struct WebhookSecret(SecretSlice<u8>);

impl WebhookSecret {
    /// A new secret.
    pub fn new() -> Self {
        Self(SecretSlice::from(rand::random::<[u8; BYTES]>().to_vec()))
    }

    /// The form that receivers are given.
    pub fn text(&self) -> Secret {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(self.0.expose_secret())).into()
    }

    /// The stored form: encrypted, for this webhook only.
    pub fn seal(&self, sealer: &Sealer, webhook: WebhookId) -> Sealed {
        sealer.seal(Sealing::Webhook, webhook.0.as_bytes(), self.0.expose_secret())
    }

    /// The secret in a webhook's row; `None` if it is sealed under an unknown key, or for another webhook.
    pub fn unseal(sealer: &Sealer, webhook: WebhookId, sealed: &Sealed) -> Option<Self> {
        sealer.open(Sealing::Webhook, webhook.0.as_bytes(), sealed).map(Self)
    }

    /// The signature of a request, with its version. `at` is the time of the attempt, in seconds since 1970.
    pub fn sign(&self, id: DeliveryId, at: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret());
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{at}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

impl Default for WebhookSecret {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standardwebhooks::Webhook;

    fn verify(secret: &Secret, id: DeliveryId, at: i64, body: &[u8], signatures: &str) -> bool {
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", id.to_string().parse().unwrap());
        headers.insert("webhook-timestamp", at.to_string().parse().unwrap());
        headers.insert("webhook-signature", signatures.parse().unwrap());
        Webhook::new(secret.expose()).unwrap().verify(body, &headers).is_ok()
    }

    #[test]
    fn the_reference_library_accepts_the_signature() {
        let (secret, former) = (WebhookSecret::new(), WebhookSecret::new());
        let (id, body) = (DeliveryId::new(), "{\"type\":\"profile.changed\",\"data\":{\"name\":\"Zoë\"}}".as_bytes());
        let at = crate::domain::time::Clock::system().now().unix();
        let both = format!("{} {}", secret.sign(id, at, body), former.sign(id, at, body));
        for secret in [&secret, &former] {
            assert!(verify(&secret.text(), id, at, body, &both));
            assert!(!verify(&secret.text(), id, at, b"{}", &both), "another body");
            assert!(!verify(&secret.text(), DeliveryId::new(), at, body, &both), "another id");
            assert!(!verify(&secret.text(), id, at + 1, body, &both), "another time");
        }
        assert!(!verify(&WebhookSecret::new().text(), id, at, body, &both), "another secret");
    }

    #[test]
    fn a_secret_is_in_base64_and_not_shown_otherwise() {
        let secret = WebhookSecret::new();
        let text = secret.text();
        let base64 = text.expose().strip_prefix("whsec_").unwrap();
        assert_eq!(BASE64_STANDARD.decode(base64).unwrap().len(), BYTES);
        assert!(!format!("{secret:?} {text:?}").contains(base64));
    }
}
