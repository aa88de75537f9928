//! An authenticator in software, with the browser around it (WebAuthn, Level 3), by an implementation of its own.

use super::{Call, Node, Session};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;
const BACKUP_ELIGIBLE: u8 = 8;
const BACKED_UP: u8 = 16;
const HAS_CREDENTIAL: u8 = 64;

/// A browser with an authenticator. Its public fields can be set to dishonest values.
pub struct Browser {
    /// The origin of the page.
    pub origin: String,
    /// The relying party that the authenticator hashes; `None`: the requested one.
    pub relying_party: Option<String>,
    /// Whether the authenticator verifies its user.
    pub verifies: bool,
    /// Whether its keys are backed up; `None`: it does not support that.
    pub backed_up: Option<bool>,
    /// The increment of the signature counter at each use.
    pub counts_by: u32,
    /// Whether keys are on Ed25519 instead of P-256.
    pub on_ed25519: bool,
    /// The model of the authenticator.
    pub model: [u8; 16],
    /// Its passkeys.
    pub passkeys: Vec<Passkey>,
}

/// A passkey in the authenticator.
pub struct Passkey {
    pub id: Vec<u8>,
    pub user: Vec<u8>,
    pub counter: u32,
    key: Key,
}

enum Key {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            origin: "http://localhost:5173".into(),
            relying_party: None,
            verifies: true,
            backed_up: None,
            counts_by: 1,
            on_ed25519: false,
            model: [0; 16],
            passkeys: Vec::new(),
        }
    }
}

impl Browser {
    /// `navigator.credentials.create`: what `toJSON` gives of the credential that is made for these options.
    pub fn create(&mut self, options: &Value) -> Value {
        assert_eq!(options["attestation"], "none");
        let selection = &options["authenticatorSelection"];
        assert_eq!(selection["userVerification"], "required", "{options}");
        assert_eq!(selection["residentKey"], "required", "{options}");
        let algorithm = if self.on_ed25519 { -8 } else { -7 };
        let asked = options["pubKeyCredParams"].as_array().expect("algorithms");
        assert!(asked.iter().any(|asked| asked["alg"] == algorithm), "{options}");
        let excluded = ids(&options["excludeCredentials"]);
        assert!(!self.passkeys.iter().any(|known| excluded.contains(&known.id)), "the authenticator has one already");
        let user = bytes(&options["user"]["id"]);
        let passkey = Passkey { counter: self.counts_by, ..Passkey::with(Key::new(self.on_ed25519), &user) };
        let mut data = self.data(options["rp"]["id"].as_str().expect("an id"), HAS_CREDENTIAL, passkey.counter);
        data.extend(self.model);
        data.extend([0, 32]);
        data.extend(&passkey.id);
        data.extend(passkey.key.cose());
        let length = u8::try_from(data.len()).expect("short");
        let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..], &[length], &data].concat();
        let client_data = self.client_data("webauthn.create", options);
        let credential = json!({
            "id": BASE64URL.encode(&passkey.id),
            "rawId": BASE64URL.encode(&passkey.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL.encode(client_data),
                "attestationObject": BASE64URL.encode(object),
                "transports": ["internal"],
            },
        });
        self.passkeys.push(passkey);
        credential
    }

    /// `navigator.credentials.get`: what `toJSON` gives of the assertion that these options ask for, by the newest passkey
    /// that they allow.
    pub fn get(&mut self, options: &Value) -> Value {
        assert_eq!(options["userVerification"], "required", "{options}");
        let allowed = ids(&options["allowCredentials"]);
        let counts_by = self.counts_by;
        let is_allowed = |passkey: &&mut Passkey| allowed.is_empty() || allowed.contains(&passkey.id);
        let passkey = self.passkeys.iter_mut().rev().find(is_allowed).expect("a passkey");
        passkey.counter += counts_by;
        let (counter, id) = (passkey.counter, passkey.id.clone());
        let data = self.data(options["rpId"].as_str().expect("an id"), 0, counter);
        let client_data = self.client_data("webauthn.get", options);
        let passkey = self.passkeys.iter().find(|passkey| passkey.id == id).expect("the same");
        passkey.assertion(&data, &client_data)
    }

    /// The head of authenticator data.
    fn data(&self, relying_party: &str, flags: u8, counter: u32) -> Vec<u8> {
        let relying_party = self.relying_party.as_deref().unwrap_or(relying_party);
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let backup = match self.backed_up {
            None => 0,
            Some(false) => BACKUP_ELIGIBLE,
            Some(true) => BACKUP_ELIGIBLE | BACKED_UP,
        };
        let hash = digest(&SHA256, relying_party.as_bytes());
        [hash.as_ref(), &[flags | USER_PRESENT | verified | backup], &counter.to_be_bytes()].concat()
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": ceremony,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
            "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
        });
        data.to_string().into_bytes()
    }
}

impl Passkey {
    /// A passkey that is unknown to every server.
    pub fn of(user: &[u8]) -> Self {
        Self::with(Key::new(false), user)
    }

    fn with(key: Key, user: &[u8]) -> Self {
        Self { id: rand::random::<[u8; 32]>().to_vec(), user: user.to_vec(), counter: 0, key }
    }

    /// The data that the passkey signs, as JSON.
    pub fn assertion(&self, data: &[u8], client_data: &[u8]) -> Value {
        let signed = [data, digest(&SHA256, client_data).as_ref()].concat();
        json!({
            "id": BASE64URL.encode(&self.id),
            "rawId": BASE64URL.encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL.encode(client_data),
                "authenticatorData": BASE64URL.encode(data),
                "signature": BASE64URL.encode(self.key.sign(&signed)),
                "userHandle": BASE64URL.encode(&self.user),
            },
        })
    }
}

impl Key {
    fn new(on_ed25519: bool) -> Self {
        let random = SystemRandom::new();
        if on_ed25519 {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).expect("random bytes");
            return Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"));
        }
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("random bytes");
        Self::P256(Box::new(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key")))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => key.sign(&SystemRandom::new(), message).expect("random bytes").as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// The public key as a COSE_Key.
    fn cose(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (&point[1..33], &point[33..]);
                [&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], x, b"\x22\x58\x20", y].concat()
            }
            Self::Ed25519(key) => {
                [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], key.public_key().as_ref()].concat()
            }
        }
    }
}

impl Session {
    /// Registers a passkey; returns the answer.
    pub async fn add_passkey(&self, node: &Node, browser: &mut Browser, name: &str) -> Value {
        let started = self.http(node).ok("passkeys.begin_registration", json!({})).await;
        let params = json!({
            "ceremony": started["ceremony"],
            "credential": browser.create(&started["options"]),
            "name": name,
        });
        self.http(node).ok("passkeys.register", params).await
    }
}

impl Node {
    /// Parameters of `auth.login_passkey`.
    pub async fn passkey_login(&self, browser: &mut Browser) -> Value {
        let started = self.http().ok("auth.begin_passkey_login", json!({})).await;
        json!({ "ceremony": started["ceremony"], "credential": browser.get(&started["options"]) })
    }
}

fn ids(descriptors: &Value) -> Vec<Vec<u8>> {
    let descriptors = descriptors.as_array().expect("a list");
    descriptors.iter().inspect(|one| assert_eq!(one["type"], "public-key")).map(|one| bytes(&one["id"])).collect()
}

fn bytes(base64url: &Value) -> Vec<u8> {
    BASE64URL.decode(base64url.as_str().expect("text")).expect("Base64url")
}
