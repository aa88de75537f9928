//! The options of ceremonies, as JSON for browsers (§5.1.8 and §5.1.9).

use super::ALGORITHMS;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The only kind of credential.
const PUBLIC_KEY: &str = "public-key";
const REQUIRED: &str = "required";

/// The options of `navigator.credentials.get`, to be parsed by `PublicKeyCredential.parseRequestOptionsFromJSON`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialRequestOptionsJSON")]
pub struct RequestOptions {
    /// The challenge to sign.
    challenge: String,
    /// In milliseconds.
    timeout: u64,
    /// The domain that passkeys are bound to.
    rp_id: String,
    /// The accepted credentials; empty: any that the browser has for this domain.
    allow_credentials: Vec<CredentialDescriptor>,
    /// `required`.
    user_verification: &'static str,
}

/// The options of `navigator.credentials.create`, to be parsed by `PublicKeyCredential.parseCreationOptionsFromJSON`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialCreationOptionsJSON")]
pub struct CreationOptions {
    /// The relying party.
    rp: RelyingPartyEntity,
    /// The owner.
    user: UserEntity,
    /// The challenge to answer with.
    challenge: String,
    /// The accepted algorithms, the first preferred.
    pub_key_cred_params: Vec<Algorithm>,
    /// In milliseconds.
    timeout: u64,
    /// Existing credentials of the account: their authenticators create no second one.
    exclude_credentials: Vec<CredentialDescriptor>,
    /// The requirements on the authenticator.
    authenticator_selection: AuthenticatorSelection,
    /// `none`.
    attestation: &'static str,
}

/// A credential.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicKeyCredentialDescriptorJSON")]
struct CredentialDescriptor {
    /// `public-key`.
    r#type: &'static str,
    /// Its id, as Base64url.
    id: String,
}

/// A relying party.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicKeyCredentialRpEntity")]
struct RelyingPartyEntity {
    /// Its domain.
    id: String,
    /// Its display name.
    name: String,
}

/// An account, as an authenticator stores and shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialUserEntityJSON")]
struct UserEntity {
    /// Identifies the account; the bytes of the user's id, as Base64url.
    id: String,
    /// The name of the account for its owner.
    name: String,
    /// The name of its owner.
    display_name: String,
}

/// A signature algorithm.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicKeyCredentialParameters")]
struct Algorithm {
    /// `public-key`.
    r#type: &'static str,
    /// Its number at IANA (COSE Algorithms).
    alg: i64,
}

/// Requirements on the authenticator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticatorSelectionCriteria")]
struct AuthenticatorSelection {
    /// `required`: the passkey can be found without typing a name.
    resident_key: &'static str,
    /// The same for browsers that do not know `residentKey`.
    require_resident_key: bool,
    /// `required`.
    user_verification: &'static str,
}

/// The account that a passkey is for.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyOwner<'a> {
    /// The bytes of its id.
    pub id: &'a [u8],
    /// The name of the account for its owner.
    pub name: &'a str,
    /// The name of its owner.
    pub display_name: &'a str,
}

impl super::RelyingParty {
    /// Requests an assertion of one of the credentials `allowed`, or of any if there are none.
    pub fn request_options<'a>(
        &self,
        challenge: &[u8],
        timeout: Duration,
        allowed: impl IntoIterator<Item = &'a [u8]>,
    ) -> RequestOptions {
        RequestOptions {
            challenge: URL_SAFE_NO_PAD.encode(challenge),
            timeout: milliseconds(timeout),
            rp_id: self.id.clone(),
            allow_credentials: descriptors(allowed),
            user_verification: REQUIRED,
        }
    }

    /// Requests a new credential of an authenticator that has none of those `excluded`.
    pub fn creation_options<'a>(
        &self,
        challenge: &[u8],
        timeout: Duration,
        name: &str,
        owner: PasskeyOwner<'_>,
        excluded: impl IntoIterator<Item = &'a [u8]>,
    ) -> CreationOptions {
        CreationOptions {
            rp: RelyingPartyEntity { id: self.id.clone(), name: name.to_owned() },
            user: UserEntity {
                id: URL_SAFE_NO_PAD.encode(owner.id),
                name: owner.name.to_owned(),
                display_name: owner.display_name.to_owned(),
            },
            challenge: URL_SAFE_NO_PAD.encode(challenge),
            pub_key_cred_params: ALGORITHMS.map(|alg| Algorithm { r#type: PUBLIC_KEY, alg }).into(),
            timeout: milliseconds(timeout),
            exclude_credentials: descriptors(excluded),
            authenticator_selection: AuthenticatorSelection {
                resident_key: REQUIRED,
                require_resident_key: true,
                user_verification: REQUIRED,
            },
            attestation: "none",
        }
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn descriptors<'a>(ids: impl IntoIterator<Item = &'a [u8]>) -> Vec<CredentialDescriptor> {
    ids.into_iter().map(|id| CredentialDescriptor { r#type: PUBLIC_KEY, id: URL_SAFE_NO_PAD.encode(id) }).collect()
}
