//! What browsers answer, as JSON (§5.1, `RegistrationResponseJSON` and `AuthenticationResponseJSON`).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::Error};

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

/// Bytes as Base64url without padding.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationJson {
    id: Bytes,
    raw_id: Bytes,
    r#type: Kind,
    response: AttestationJson,
}

#[derive(Deserialize)]
struct AttestationJson {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    #[serde(rename = "attestationObject")]
    attestation_object: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthenticationJson {
    id: Bytes,
    raw_id: Bytes,
    r#type: Kind,
    response: AssertionJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionJson {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    authenticator_data: Bytes,
    signature: Bytes,
    user_handle: Option<Bytes>,
}

/// The one kind of credential that WebAuthn knows.
#[derive(Deserialize)]
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
