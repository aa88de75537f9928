//! What browsers answer, as JSON (§5.1, `RegistrationResponseJSON` and `AuthenticationResponseJSON`).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de::Error};
use std::borrow::Cow;

/// A credential that was made.
#[derive(Clone, Debug)]
pub struct RegistrationCredential {
    /// Its id.
    pub id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `attestationObject`.
    pub attestation_object: Vec<u8>,
}

/// A credential that was used.
#[derive(Clone, Debug)]
pub struct AssertionCredential {
    /// Its id.
    pub id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// Over both.
    pub signature: Vec<u8>,
    /// The user that the authenticator has it for.
    pub user_handle: Option<Vec<u8>>,
}

/// Bytes as Base64url.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
struct Bytes(#[schemars(with = "String")] Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map(Self).map_err(D::Error::custom)
    }
}

/// What `PublicKeyCredential.toJSON()` gives of a credential that was made; what else it has is passed over.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RegistrationResponseJSON")]
struct RegistrationJson {
    /// The credential's id, as Base64url.
    id: Bytes,
    /// The same.
    raw_id: Bytes,
    /// `public-key`.
    r#type: Kind,
    /// What the authenticator answers.
    response: AttestationJson,
}

/// What an authenticator answers who has made a credential.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AuthenticatorAttestationResponseJSON")]
struct AttestationJson {
    /// What the browser says of the ceremony, as Base64url.
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    /// The credential, as Base64url.
    #[serde(rename = "attestationObject")]
    attestation_object: Bytes,
}

/// What `PublicKeyCredential.toJSON()` gives of a credential that was used; what else it has is passed over.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticationResponseJSON")]
struct AuthenticationJson {
    /// The credential's id, as Base64url.
    id: Bytes,
    /// The same.
    raw_id: Bytes,
    /// `public-key`.
    r#type: Kind,
    /// What the authenticator answers.
    response: AssertionJson,
}

/// What an authenticator answers whose credential was used.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticatorAssertionResponseJSON")]
struct AssertionJson {
    /// What the browser says of the ceremony, as Base64url.
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    /// What the authenticator says of it, as Base64url.
    authenticator_data: Bytes,
    /// Over both, as Base64url.
    signature: Bytes,
    /// The user that the credential is for, as Base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_handle: Option<Bytes>,
}

/// The one kind of credential that WebAuthn knows.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PublicKeyCredentialType")]
enum Kind {
    #[serde(rename = "public-key")]
    PublicKey,
}

impl<'de> Deserialize<'de> for RegistrationCredential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RegistrationJson { id, raw_id, r#type: Kind::PublicKey, response } =
            Deserialize::deserialize(deserializer)?;
        if id.0 != raw_id.0 {
            return Err(D::Error::custom("id and rawId differ"));
        }
        Ok(Self { id: id.0, client_data: response.client_data.0, attestation_object: response.attestation_object.0 })
    }
}

impl<'de> Deserialize<'de> for AssertionCredential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let AuthenticationJson { id, raw_id, r#type: Kind::PublicKey, response } =
            Deserialize::deserialize(deserializer)?;
        if id.0 != raw_id.0 {
            return Err(D::Error::custom("id and rawId differ"));
        }
        Ok(Self {
            id: id.0,
            client_data: response.client_data.0,
            authenticator_data: response.authenticator_data.0,
            signature: response.signature.0,
            user_handle: response.user_handle.map(|handle| handle.0),
        })
    }
}

/// Each is described as the JSON that it is read from.
macro_rules! described_as_json {
    ($($credential:ident $json:ident)*) => {$(
        impl JsonSchema for $credential {
            fn schema_name() -> Cow<'static, str> {
                $json::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $json::json_schema(generator)
            }
        }
    )*};
}
described_as_json! {
    RegistrationCredential RegistrationJson
    AssertionCredential AuthenticationJson
}
