//! Device tokens: what shows that a device has signed in to an account before (docs/protocol.md, "Known devices").
//! Random, not derived: only a hash of the secret is stored.

use super::opaque_token::Secret;
use crate::domain::{device::DeviceKey, ids::DeviceId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A token's bytes: the device's id, and its secret of 256 bits.
const BYTES: usize = 16 + 32;

/// The same in base64url, which needs no padding.
const CHARACTERS: usize = BYTES / 3 * 4;

/// A device token.
#[derive(Clone, Debug)]
pub struct DeviceToken {
    /// What is stored of it.
    pub key: DeviceKey,
    text: Secret,
}

impl DeviceToken {
    /// The token of a device that was not known before.
    pub fn new() -> Self {
        let (id, secret) = (DeviceId::new(), rand::random::<[u8; 32]>());
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(id.0.as_bytes());
        bytes[16..].copy_from_slice(&secret);
        Self { key: key(id, &secret), text: URL_SAFE_NO_PAD.encode(bytes).into() }
    }

    /// Reads a token; `None` for what has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self { key: key(DeviceId(Uuid::from_bytes(*id)), secret), text: text.to_owned().into() })
    }

    /// The text, for the device alone.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

fn key(id: DeviceId, secret: &[u8]) -> DeviceKey {
    DeviceKey { id, secret_hash: Sha256::digest(secret).into() }
}

impl Default for DeviceToken {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made_and_every_one_is_another() {
        let (made, other) = (DeviceToken::new(), DeviceToken::new());
        let read = DeviceToken::parse(made.expose()).unwrap();
        assert_eq!((read.key, read.expose()), (made.key, made.expose()));
        assert!(made.key.id != other.key.id && made.key.secret_hash != other.key.secret_hash);
        assert!(!format!("{made:?}").contains(made.expose()));
    }

    #[test]
    fn what_is_none_is_refused_and_another_secret_has_another_hash() {
        let made = DeviceToken::new();
        let text = made.expose();
        for none in ["", "x", &text[1..], &format!("{text}A"), &"ä".repeat(32), &"*".repeat(64)] {
            assert!(DeviceToken::parse(none).is_none(), "{none:?}");
        }
        let last = if text.ends_with('A') { 'B' } else { 'A' };
        let changed = DeviceToken::parse(&format!("{}{last}", &text[..63])).unwrap();
        assert_eq!(changed.key.id, made.key.id);
        assert_ne!(changed.key.secret_hash, made.key.secret_hash);
    }
}
