//! The keys that sign access tokens and the secrets that opaque tokens are derived from.

use super::key_files::{keep, pem_or_file, read_if_there, text_or_file};
use crate::limits::TOKEN_SECRET_MIN_BYTES;
use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    },
};
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{
        DecodePrivateKey, DecodePublicKey, EncodePrivateKey, KeypairBytes, SecretDocument, spki::der::pem::LineEnding,
    },
};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The configured keys. A development node makes those that are not configured on its first start and keeps them in the
/// data folder.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// `MARBELLE_SIGNING_KEY`: PEM of an Ed25519 private key (PKCS#8), or the path of a file with it.
    pub signing_key: Option<SecretString>,
    /// `MARBELLE_VERIFY_KEYS`: PEM of Ed25519 public keys, or paths.
    pub verify_keys: Vec<String>,
    /// `MARBELLE_TOKEN_SECRET`: base64, or paths (which begin with `/` or `.`).
    pub token_secrets: Vec<SecretString>,
}

/// The file of the data folder in which a development node keeps the signing key that it made.
pub const SIGNING_KEY_FILE: &str = "signing-key.pem";

/// The file of the data folder in which a development node keeps the token secret that it made.
pub const TOKEN_SECRET_FILE: &str = "token-secret";

/// Both alphabets, with and without padding, as `openssl rand -base64`, `basenc --base64url` and libraries write it.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, LENIENT), GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)];

/// The setting that a [`KeyFault`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the settings")]
pub enum KeySetting {
    SigningKey,
    VerifyKeys,
    TokenSecret,
}

/// A fault of a key. It never quotes the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting:?}: {message}")]
pub struct KeyFault {
    /// The setting.
    pub setting: KeySetting,
    /// The fault, worded to follow the setting's name.
    pub message: String,
}

/// Every key of a node. One key signs and one secret makes tokens; all of them verify, so that keys can be rotated
/// without ending sessions.
pub struct Keys {
    signing: SigningKey,
    /// The signing key's public half first.
    public: Vec<PublicKey>,
    secrets: Vec<SecretSlice<u8>>,
}

impl Keys {
    /// The faults of the keys that are configured, or kept in the data folder. It creates and changes nothing.
    pub fn check(settings: &KeySettings, data_dir: &Path) -> Vec<KeyFault> {
        Found::read(settings, data_dir).err().unwrap_or_default()
    }

    /// The configured keys. One that is not configured is read from the data folder, or made and kept there (mode
    /// 0600); in production the settings require both.
    ///
    /// # Errors
    /// Every fault, also of files that cannot be read or created.
    pub fn load(settings: &KeySettings, data_dir: &Path) -> Result<Self, Vec<KeyFault>> {
        let found = Found::read(settings, data_dir)?;
        let signing = found.signing.map_or_else(|| make_signing_key(data_dir), Ok);
        let secrets = if found.secrets.is_empty() {
            make_token_secret(data_dir).map(|secret| vec![secret])
        } else {
            Ok(found.secrets)
        };
        let (signing, secrets) = match (signing, secrets) {
            (Ok(signing), Ok(secrets)) => (signing, secrets),
            (signing, secrets) => return Err(signing.err().into_iter().chain(secrets.err()).collect()),
        };
        let mut public = vec![PublicKey::new(signing.verifying_key())];
        for key in found.verify {
            if !public.iter().any(|known| known.key == key) {
                public.push(PublicKey::new(key));
            }
        }
        Ok(Self { signing, public, secrets })
    }

    /// The private key as PKCS#8 in DER.
    pub(super) fn signing_der(&self) -> SecretDocument {
        pkcs8_v1(&self.signing).to_pkcs8_der().expect("32 bytes have a PKCS#8 form")
    }

    /// The key that signs.
    pub(super) fn signing_public(&self) -> &PublicKey {
        &self.public[0]
    }

    /// Every key that verifies.
    pub(super) fn public(&self) -> &[PublicKey] {
        &self.public
    }

    /// Every secret of opaque tokens; the first makes tokens, all verify them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &[u8]> {
        self.secrets.iter().map(ExposeSecret::expose_secret)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A key that verifies access tokens.
#[derive(Clone, Debug)]
pub(super) struct PublicKey {
    key: VerifyingKey,
    /// The RFC 7638 SHA-256 thumbprint, so that every node gives the same key the same name.
    pub(super) kid: String,
}

impl PublicKey {
    fn new(key: VerifyingKey) -> Self {
        // RFC 7638 §3.2 with RFC 8037 §2: the required members alone, in this order, without blanks.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(key.as_bytes()));
        Self { key, kid: URL_SAFE_NO_PAD.encode(Sha256::digest(members)) }
    }

    /// The 32 bytes of RFC 8032.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The public JWK (RFC 8037 §2).
    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(self.bytes()),
        })
    }
}

/// The keys in the settings and the data folder.
struct Found {
    signing: Option<SigningKey>,
    verify: Vec<VerifyingKey>,
    secrets: Vec<SecretSlice<u8>>,
}

impl Found {
    fn read(settings: &KeySettings, data_dir: &Path) -> Result<Self, Vec<KeyFault>> {
        let mut faults = Vec::new();
        let mut note = |setting, message| faults.push(KeyFault { setting, message });

        let signing = match &settings.signing_key {
            Some(value) => pem_or_file(value.expose_secret()).and_then(|pem| signing_key(&pem)).map(Some),
            None => kept(data_dir, SIGNING_KEY_FILE, signing_key),
        };
        let signing = signing.unwrap_or_else(|message| {
            note(KeySetting::SigningKey, message);
            None
        });

        let mut verify = Vec::new();
        for (value, place) in settings.verify_keys.iter().zip(1..) {
            match pem_or_file(value).and_then(|pem| verify_key(&pem)) {
                Ok(key) => verify.push(key),
                Err(message) => note(KeySetting::VerifyKeys, format!("entry {place}: {message}")),
            }
        }

        let mut secrets = Vec::new();
        for (value, place) in settings.token_secrets.iter().zip(1..) {
            match text_or_file(value.expose_secret()).and_then(|text| token_secret(&text)) {
                Ok(secret) => secrets.push(secret),
                Err(message) => note(KeySetting::TokenSecret, format!("entry {place}: {message}")),
            }
        }
        if settings.token_secrets.is_empty() {
            match kept(data_dir, TOKEN_SECRET_FILE, token_secret) {
                Ok(secret) => secrets.extend(secret),
                Err(message) => note(KeySetting::TokenSecret, message),
            }
        }
        if faults.is_empty() { Ok(Self { signing, verify, secrets }) } else { Err(faults) }
    }
}

fn kept<T>(data_dir: &Path, name: &str, parse: fn(&SecretString) -> Result<T, String>) -> Result<Option<T>, String> {
    let in_file = |message| format!("the data folder's `{name}` {message}");
    let text = read_if_there(&data_dir.join(name)).map_err(|error| in_file(format!("cannot be read: {error}")))?;
    text.map(|text| parse(&text).map_err(in_file)).transpose()
}

fn signing_key(pem: &SecretString) -> Result<SigningKey, String> {
    SigningKey::from_pkcs8_pem(pem.expose_secret().trim()).map_err(|_| {
        "must hold an Ed25519 private key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it".into()
    })
}

fn verify_key(pem: &SecretString) -> Result<VerifyingKey, String> {
    VerifyingKey::from_public_key_pem(pem.expose_secret().trim())
        .ok()
        .filter(|key| !key.is_weak())
        .ok_or_else(|| "must hold an Ed25519 public key in PEM, as `openssl pkey -pubout` writes it".into())
}

fn token_secret(text: &SecretString) -> Result<SecretSlice<u8>, String> {
    let text = text.expose_secret().trim();
    BASE64
        .iter()
        .find_map(|base64| base64.decode(text).ok())
        .filter(|bytes| bytes.len() >= TOKEN_SECRET_MIN_BYTES)
        .map(SecretSlice::from)
        .ok_or_else(|| {
            format!(
                "must be, or be the path of a file with, base64 of at least {TOKEN_SECRET_MIN_BYTES} random bytes, \
                 as `openssl rand -base64 {TOKEN_SECRET_MIN_BYTES}` makes it"
            )
        })
}

fn make_signing_key(data_dir: &Path) -> Result<SigningKey, KeyFault> {
    let pem = pkcs8_v1(&SigningKey::from_bytes(&rand::random())).to_pkcs8_pem(LineEnding::LF);
    let pem = pem.expect("32 bytes have a PKCS#8 form");
    make(data_dir, SIGNING_KEY_FILE, &pem, signing_key)
        .map_err(|message| KeyFault { setting: KeySetting::SigningKey, message })
}

fn make_token_secret(data_dir: &Path) -> Result<SecretSlice<u8>, KeyFault> {
    let text = STANDARD.encode(rand::random::<[u8; TOKEN_SECRET_MIN_BYTES]>()) + "\n";
    make(data_dir, TOKEN_SECRET_FILE, &text, token_secret)
        .map_err(|message| KeyFault { setting: KeySetting::TokenSecret, message })
}

fn make<T>(
    data_dir: &Path,
    name: &str,
    text: &str,
    parse: fn(&SecretString) -> Result<T, String>,
) -> Result<T, String> {
    keep(data_dir, name, text)
        .map_err(|error| format!("cannot be kept as `{name}` in the data folder: {error}"))
        .and_then(|text| parse(&text))
}

/// Version 1 of PKCS#8, which openssl writes and every reader accepts. dalek itself writes version 2, which
/// jsonwebtoken and openssl before 3 refuse.
fn pkcs8_v1(key: &SigningKey) -> KeypairBytes {
    KeypairBytes { secret_key: key.to_bytes(), public_key: None }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
