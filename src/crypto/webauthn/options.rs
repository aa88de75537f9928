//! What browsers are asked, as JSON (§5.1.8 and §5.1.9).

use super::ALGORITHMS;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The one kind of credential that there is.
const PUBLIC_KEY: &str = "public-key";
const REQUIRED: &str = "required";

/// What `navigator.credentials.get` is asked for, once `PublicKeyCredential.parseRequestOptionsFromJSON` has read it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialRequestOptionsJSON")]
pub struct RequestOptions {
    /// To be signed.
    challenge: String,
    /// In milliseconds.
    timeout: u64,
    /// The domain that passkeys are bound to.
    rp_id: String,
    /// The credentials that are asked for; empty: whichever the browser has for this domain.
    allow_credentials: Vec<CredentialDescriptor>,
    /// `required`.
    user_verification: &'static str,
}

/// What `navigator.credentials.create` is asked for, once `PublicKeyCredential.parseCreationOptionsFromJSON` has read it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialCreationOptionsJSON")]
pub struct CreationOptions {
    /// Whom the passkey is for.
    rp: RelyingPartyEntity,
    /// Whose it is.
    user: UserEntity,
    /// To be answered with.
    challenge: String,
    /// The algorithms that are taken, the first preferred.
    pub_key_cred_params: Vec<Algorithm>,
    /// In milliseconds.
    timeout: u64,
    /// Credentials that the account has: their authenticators make no second one.
    exclude_credentials: Vec<CredentialDescriptor>,
    /// What the authenticator must be able to do.
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
    /// What people call it.
    name: String,
}

/// An account, as an authenticator keeps and shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PublicKeyCredentialUserEntityJSON")]
struct UserEntity {
    /// Tells accounts apart; the bytes of the user's id, as Base64url.
    id: String,
    /// Tells people which account it is.
    name: String,
    /// The name of its owner.
    display_name: String,
}

/// An algorithm of signatures.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicKeyCredentialParameters")]
struct Algorithm {
    /// `public-key`.
    r#type: &'static str,
    /// Its number at IANA (COSE Algorithms).
    alg: i64,
}

/// Demands on the authenticator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticatorSelectionCriteria")]
struct AuthenticatorSelection {
    /// `required`: it can be found without a name being typed.
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
    /// Tells people which account it is.
    pub name: &'a str,
    /// The name of its owner.
    pub display_name: &'a str,
}

impl super::RelyingParty {
    /// Asks for an assertion; of one of the credentials `allowed`, or, where there is none, of any.
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

    /// Asks for a new credential of an authenticator that has none of those `excluded`.
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
