//! Random tokens: an id and a secret of 256 bits, of which only a hash is stored. They are for credentials that must
//! outlive a rotation of the token secret.

use super::opaque_token::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A token's bytes: the id, and the secret.
const BYTES: usize = 16 + 32;

/// The same in base64url, which needs no padding.
const CHARACTERS: usize = BYTES / 3 * 4;

/// A random token.
pub(super) struct RandomToken {
    /// The id of the secret's owner.
    pub id: Uuid,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// The token itself.
    pub text: Secret,
}

impl RandomToken {
    /// A new token for this id, which begins with `prefix`.
    pub fn new(prefix: &str, id: Uuid) -> Self {
        let secret = rand::random::<[u8; 32]>();
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(id.as_bytes());
        bytes[16..].copy_from_slice(&secret);
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
        Self { id, secret_hash: Sha256::digest(secret).into(), text: text.into() }
    }

    /// Parses a token; `None` if the text does not have the form of one.
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(prefix)?;
        if encoded.len() != CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).ok()?;
        let (id, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self {
            id: Uuid::from_bytes(*id),
            secret_hash: Sha256::digest(secret).into(),
            text: text.to_owned().into(),
        })
    }
}
