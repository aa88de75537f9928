//! The relying party's half of WebAuthn (W3C Web Authentication, Level 3): verifies a browser's answer to a ceremony.
//!
//! Every ceremony requires a discoverable credential and user verification. Attestation is neither requested nor
//! checked: the manufacturer of an authenticator does not matter here.

mod authenticator_data;
mod cose_key;
mod credential;
mod options;

pub use credential::{AssertionCredential, RegistrationCredential};
pub use options::{CreationOptions, PasskeyOwner, RequestOptions};

use authenticator_data::AuthenticatorData;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cose_key::CoseKey;
use minicbor::Decoder;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::Url;
use uuid::Uuid;

/// The bytes of a challenge: twice WebAuthn's minimum (§13.4.3).
pub const CHALLENGE_BYTES: usize = 32;
/// Algorithms of new credentials, the first preferred: EdDSA, ES256, RS256 (IANA, COSE Algorithms).
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// Why an answer is refused. For the log: the caller learns only that it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A part of it is malformed.
    #[error("malformed")]
    Malformed,
    /// It answers another ceremony: its type or challenge differs, or another site's frame requested it.
    #[error("another ceremony")]
    OtherCeremony,
    /// A page of another origin requested it.
    #[error("another origin")]
    OtherOrigin,
    /// It was made for another relying party.
    #[error("another relying party")]
    OtherRelyingParty,
    /// The authenticator has not verified the user.
    #[error("the user was not verified")]
    UserNotVerified,
    /// The algorithm of the key was not requested.
    #[error("an algorithm that was not requested")]
    Algorithm,
    /// It names another user than the credential's.
    #[error("another user")]
    OtherUser,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// Its backup state is contradictory.
    #[error("a contradictory backup state")]
    BackupState,
    /// The signature counter has not increased: there may be a copy of the key.
    #[error("the counter has not increased")]
    Counter,
}

/// The domain that passkeys are for, and the pages that may request them.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    id: String,
    origins: PageOrigins,
}

/// The origins of pages whose answers are accepted.
#[derive(Clone, Debug)]
enum PageOrigins {
    /// These origins.
    Listed(Vec<String>),
    /// In development: the frontend's origin, and the relying party's host on any port.
    AnyPort { frontend: String },
}

/// A credential that was just created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// Its id, unique among all credentials.
    pub id: Vec<u8>,
    /// Its public key, as a COSE_Key (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// The initial signature counter; 0 if the authenticator has none.
    pub counter: u32,
    /// Whether its authenticator may back it up.
    pub backup_eligible: bool,
    /// Whether it is backed up.
    pub backed_up: bool,
    /// The model of its authenticator, if reported: it gives the passkey a familiar name.
    pub model: Uuid,
}

/// The stored part of a credential.
#[derive(Clone, Copy, Debug)]
pub struct StoredCredential<'a> {
    /// The id of the user that the credential was created for.
    pub user: &'a [u8],
    /// A COSE_Key.
    pub public_key: &'a [u8],
    /// The counter of its last use.
    pub counter: u32,
    /// Whether it may be backed up, as recorded at its creation.
    pub backup_eligible: bool,
}

/// The content of a valid assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The counter after this use.
    pub counter: u32,
    /// Whether the credential is backed up by now.
    pub backed_up: bool,
}

/// The browser's data about the ceremony (§5.8.1).
#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(borrow)]
    r#type: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    challenge: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    origin: std::borrow::Cow<'a, str>,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl RelyingParty {
    /// The relying party `id`, for pages of the frontend and of those `allowed` origins whose host is `id` or a
    /// subdomain. If none is listed, as in development, any port of the host `id` is allowed.
    pub fn new(id: String, frontend: &str, allowed: &[String]) -> Self {
        let frontend =
            Url::parse(frontend).map_or_else(|_| frontend.to_owned(), |url| url.origin().ascii_serialization());
        let origins = if allowed.is_empty() {
            PageOrigins::AnyPort { frontend }
        } else {
            let within = |origin: &&String| {
                let host = Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned));
                host.is_some_and(|host| is_within(&host, &id))
            };
            PageOrigins::Listed(allowed.iter().filter(within).cloned().chain([frontend]).collect())
        };
        Self { id, origins }
    }

    /// Its id: a domain.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Verifies the answer to a registration (§7.1).
    pub fn verify_registration(
        &self,
        challenge: &[u8],
        credential: &RegistrationCredential,
    ) -> Result<NewCredential, Refused> {
        self.check_client_data(&credential.client_data, "webauthn.create", challenge)?;
        let data = attested_data(&credential.attestation_object)?;
        let data = AuthenticatorData::parse(data)?;
        self.check(&data)?;
        let attested = data.credential.as_ref().ok_or(Refused::Malformed)?;
        let key = CoseKey::parse(attested.public_key)?;
        if !ALGORITHMS.contains(&key.algorithm()) {
            return Err(Refused::Algorithm);
        }
        if attested.id != credential.id {
            return Err(Refused::Malformed);
        }
        Ok(NewCredential {
            id: attested.id.to_vec(),
            public_key: attested.public_key.to_vec(),
            counter: data.counter,
            backup_eligible: data.backup_eligible(),
            backed_up: data.backed_up(),
            model: attested.model,
        })
    }

    /// Verifies the answer to an authentication (§7.2). If it names a user, that must be the credential's `user`.
    pub fn verify_assertion(
        &self,
        challenge: &[u8],
        assertion: &AssertionCredential,
        stored: StoredCredential<'_>,
    ) -> Result<Assertion, Refused> {
        if assertion.user_handle.as_deref().is_some_and(|handle| handle != stored.user) {
            return Err(Refused::OtherUser);
        }
        self.check_client_data(&assertion.client_data, "webauthn.get", challenge)?;
        let data = AuthenticatorData::parse(&assertion.authenticator_data)?;
        self.check(&data)?;
        let key = CoseKey::parse(stored.public_key)?;
        let client_data_hash = digest(&SHA256, &assertion.client_data);
        let signed = [&assertion.authenticator_data, client_data_hash.as_ref()].concat();
        if !key.verifies(&signed, &assertion.signature) {
            return Err(Refused::Signature);
        }
        if data.backup_eligible() != stored.backup_eligible {
            return Err(Refused::BackupState);
        }
        if (data.counter, stored.counter) != (0, 0) && data.counter <= stored.counter {
            return Err(Refused::Counter);
        }
        Ok(Assertion { counter: data.counter, backed_up: data.backed_up() })
    }

    fn check_client_data(&self, text: &[u8], ceremony: &str, challenge: &[u8]) -> Result<(), Refused> {
        let data: ClientData<'_> = serde_json::from_slice(text).map_err(|_| Refused::Malformed)?;
        let expected = URL_SAFE_NO_PAD.encode(challenge);
        let same_challenge = bool::from(expected.as_bytes().ct_eq(data.challenge.as_bytes()));
        if data.r#type != ceremony || !same_challenge || data.cross_origin {
            return Err(Refused::OtherCeremony);
        }
        if !self.origins.allow(&data.origin, &self.id) {
            return Err(Refused::OtherOrigin);
        }
        Ok(())
    }

    fn check(&self, data: &AuthenticatorData<'_>) -> Result<(), Refused> {
        if data.relying_party != digest(&SHA256, self.id.as_bytes()).as_ref() {
            return Err(Refused::OtherRelyingParty);
        }
        if !data.user_present() || !data.user_verified() {
            return Err(Refused::UserNotVerified);
        }
        if data.backed_up() && !data.backup_eligible() {
            return Err(Refused::BackupState);
        }
        Ok(())
    }
}

impl PageOrigins {
    fn allow(&self, origin: &str, host: &str) -> bool {
        match self {
            Self::Listed(listed) => listed.iter().any(|listed| listed == origin),
            Self::AnyPort { frontend } => {
                let on_any_port = || {
                    let port = origin.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
                    port.is_some_and(|port| {
                        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
                    })
                };
                origin == frontend || on_any_port()
            }
        }
    }
}

/// Whether this can be the id of a credential.
pub fn is_credential_id(bytes: &[u8]) -> bool {
    (1..=authenticator_data::ID_BYTES).contains(&bytes.len())
}

/// Whether this is a COSE_Key of an accepted algorithm.
pub fn is_public_key(cbor: &[u8]) -> bool {
    CoseKey::parse(cbor).is_ok()
}

/// Whether a host is this domain or a subdomain.
pub fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The authenticator data of an attestation object (§6.5.4). The attestation statement is ignored.
fn attested_data(object: &[u8]) -> Result<&[u8], Refused> {
    let malformed = |_| Refused::Malformed;
    let mut decoder = Decoder::new(object);
    let entries = decoder.map().map_err(malformed)?.ok_or(Refused::Malformed)?;
    let mut data = None;
    for _ in 0..entries {
        match decoder.str().map_err(malformed)? {
            "authData" if data.is_none() => data = Some(decoder.bytes().map_err(malformed)?),
            "authData" => return Err(Refused::Malformed),
            _ => decoder.skip().map_err(malformed)?,
        }
    }
    data.filter(|_| decoder.position() == object.len()).ok_or(Refused::Malformed)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
