//! Secrets that must be read back: encrypted at rest under a key that is derived from `MARBELLE_TOKEN_SECRET`.
//!
//! Each is sealed under a key of its own: HKDF-SHA-256 of a token secret, with the purpose of the secret and a random
//! salt of 128 bits. The nonce of the AEAD (ChaCha20-Poly1305, RFC 8439) is used once per key and need not be random.
//! The owner is authenticated as well: a sealed secret that was moved to another row does not open.

use super::keys::Keys;
pub use crate::domain::sealed::{Sealed, SealingKeyId};
use ring::{aead, hkdf};
use secrecy::{SecretSlice, zeroize::Zeroize};

/// The bytes of a salt.
const SALT: usize = 16;

/// The purpose of a sealed secret. It is part of the key, so that none opens for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// The secret that an account's TOTP codes are made of; belongs to the user.
    Totp,
    /// The state that a client holds between two calls: see [`super::ticket`].
    Ticket,
    /// The secret that signs a webhook's requests; belongs to the webhook.
    Webhook,
}

impl Sealing {
    /// These labels must never change: nothing sealed before would open.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Totp => b"marbelle/totp",
            Self::Ticket => b"marbelle/ticket",
            Self::Webhook => b"marbelle/webhook",
        }
    }
}

/// Seals and opens.
pub struct Sealer {
    /// The first seals; all open.
    keys: Vec<(SealingKeyId, hkdf::Prk)>,
}

/// The length of HKDF's output.
struct Bytes(usize);

impl hkdf::KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl Sealer {
    /// Seals under the first secret of `keys`, and opens secrets sealed under any of them.
    pub fn new(keys: &Keys) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"marbelle/sealed");
        let key = |secret: &[u8]| {
            let key = salt.extract(secret);
            let mut id = SealingKeyId::default();
            derive(&key, &[b"id"], &mut id);
            (id, key)
        };
        Self { keys: keys.secrets().map(key).collect() }
    }

    /// The key that seals at present.
    pub fn key(&self) -> SealingKeyId {
        self.keys[0].0
    }

    /// Encrypts a secret that belongs to `owner`.
    pub fn seal(&self, sealing: Sealing, owner: &[u8], secret: &[u8]) -> Sealed {
        let (key, prk) = &self.keys[0];
        let salt: [u8; SALT] = rand::random();
        let mut text = secret.to_vec();
        let tag = cipher(prk, sealing, &salt)
            .seal_in_place_separate_tag(nonce(), aead::Aad::from(owner), &mut text)
            .expect("a secret is shorter than the cipher's limit of 256 GiB");
        Sealed { key: *key, bytes: [&salt[..], &text, tag.as_ref()].concat() }
    }

    /// The secret; `None` if it was sealed under an unknown key, for another purpose or another owner, or was changed.
    pub fn open(&self, sealing: Sealing, owner: &[u8], sealed: &Sealed) -> Option<SecretSlice<u8>> {
        let (_, prk) = self.keys.iter().find(|(key, _)| *key == sealed.key)?;
        let (salt, text) = sealed.bytes.split_first_chunk::<SALT>()?;
        let mut text = text.to_vec();
        let opened = cipher(prk, sealing, salt).open_in_place(nonce(), aead::Aad::from(owner), &mut text);
        let secret = opened.ok().map(|secret| SecretSlice::from(secret.to_vec()));
        text.zeroize();
        secret
    }
}

/// The nonce may be constant, because each key is used once.
fn nonce() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

fn cipher(prk: &hkdf::Prk, sealing: Sealing, salt: &[u8; SALT]) -> aead::LessSafeKey {
    let mut key = [0; 32];
    derive(prk, &[sealing.label(), salt], &mut key);
    let unbound = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &key).expect("a key of this cipher has 32 bytes");
    key.zeroize();
    aead::LessSafeKey::new(unbound)
}

fn derive(prk: &hkdf::Prk, info: &[&[u8]], into: &mut [u8]) {
    let output = prk.expand(info, Bytes(into.len()));
    output.and_then(|output| output.fill(into)).expect("HKDF gives up to 255 blocks");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::KeySettings;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use secrecy::ExposeSecret;

    fn sealer(secrets: &[u8]) -> Sealer {
        let dir = tempfile::tempdir().unwrap();
        let token_secrets = secrets.iter().map(|byte| STANDARD.encode([*byte; 32]).into()).collect();
        let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets };
        Sealer::new(&Keys::load(&settings, dir.path()).unwrap())
    }

    fn opened(sealer: &Sealer, sealing: Sealing, owner: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
        sealer.open(sealing, owner, sealed).map(|secret| secret.expose_secret().to_vec())
    }

    #[test]
    fn opens_for_its_owner_and_purpose_only() {
        let sealer = sealer(&[1]);
        let sealed = sealer.seal(Sealing::Totp, b"ann", b"twenty bytes of salt");
        assert_eq!(opened(&sealer, Sealing::Totp, b"ann", &sealed).unwrap(), b"twenty bytes of salt");
        assert_eq!(opened(&sealer, Sealing::Totp, b"bob", &sealed), None);
        assert_eq!(opened(&sealer, Sealing::Ticket, b"ann", &sealed), None);
        assert_ne!(sealer.seal(Sealing::Totp, b"ann", b"twenty bytes of salt"), sealed, "never the same twice");
        assert!(!sealed.bytes.windows(6).any(|part| part == b"twenty"));
    }

    #[test]
    fn a_flipped_bit_and_a_cut_end_do_not_open() {
        let sealer = sealer(&[1]);
        let sealed = sealer.seal(Sealing::Totp, b"ann", b"secret");
        for bit in 0..sealed.bytes.len() * 8 {
            let mut other = sealed.clone();
            other.bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&sealer, Sealing::Totp, b"ann", &other), None, "{bit}");
        }
        for length in 0..sealed.bytes.len() {
            let cut = Sealed { bytes: sealed.bytes[..length].to_vec(), ..sealed.clone() };
            assert_eq!(opened(&sealer, Sealing::Totp, b"ann", &cut), None, "{length}");
        }
    }

    #[test]
    fn opens_after_a_rotation_until_the_old_secret_is_gone() {
        let (old, both, new) = (sealer(&[1]), sealer(&[2, 1]), sealer(&[2]));
        let sealed = old.seal(Sealing::Totp, b"ann", b"secret");
        assert_eq!(opened(&both, Sealing::Totp, b"ann", &sealed).unwrap(), b"secret");
        assert_eq!(opened(&new, Sealing::Totp, b"ann", &sealed), None);
        assert_eq!((sealed.key, both.key()), (old.key(), new.key()));
        assert_ne!(old.key(), new.key());
    }
}
