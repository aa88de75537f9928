//! The answers of browsers, as JSON (§5.1, `RegistrationResponseJSON` and `AuthenticationResponseJSON`).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de::Error};
use std::borrow::Cow;

/// A credential that was created.
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
    /// The signature over both.
    pub signature: Vec<u8>,
    /// The user that the authenticator stores it for.
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

/// The result of `PublicKeyCredential.toJSON()` for a credential that was created; further fields are ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RegistrationResponseJSON")]
struct RegistrationJson {
    /// The credential's id, as Base64url.
    id: Bytes,
    /// The same id.
    raw_id: Bytes,
    /// `public-key`.
    r#type: Kind,
    /// The answer of the authenticator.
    response: AttestationJson,
}

/// The answer of an authenticator that has created a credential.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AuthenticatorAttestationResponseJSON")]
struct AttestationJson {
    /// The browser's data about the ceremony, as Base64url.
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    /// The credential, as Base64url.
    #[serde(rename = "attestationObject")]
    attestation_object: Bytes,
}

/// The result of `PublicKeyCredential.toJSON()` for a credential that was used; further fields are ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticationResponseJSON")]
struct AuthenticationJson {
    /// The credential's id, as Base64url.
    id: Bytes,
    /// The same id.
    raw_id: Bytes,
    /// `public-key`.
    r#type: Kind,
    /// The answer of the authenticator.
    response: AssertionJson,
}

/// The answer of an authenticator whose credential was used.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuthenticatorAssertionResponseJSON")]
struct AssertionJson {
    /// The browser's data about the ceremony, as Base64url.
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    /// The authenticator's data about it, as Base64url.
    authenticator_data: Bytes,
    /// The signature over both, as Base64url.
    signature: Bytes,
    /// The user that the credential is for, as Base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_handle: Option<Bytes>,
}

/// The only kind of credential in WebAuthn.
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

/// Each type has the schema of the JSON that it is parsed from.
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
