//! Passkeys in a line of JSON.

use crate::{
    crypto::webauthn::{is_credential_id, is_public_key},
    domain::{
        fault::{Fault, Faults, Rule},
        ids::{PasskeyId, UserId},
        sign_in_methods::PasskeyName,
        time::Timestamp,
    },
    limits::PASSKEYS,
    store::PasskeyRow,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A passkey of an account (WebAuthn). Its authenticator stores the 16 bytes of the account's `id` with it, so the line
/// must have that id.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyRecord {
    /// Kept; generated if absent.
    id: Option<PasskeyId>,
    /// Base64url without padding.
    credential_id: String,
    /// A COSE_Key in Base64url without padding; EdDSA on Ed25519, ES256 or RS256.
    public_key: String,
    /// The signature counter of its last use.
    #[serde(default)]
    counter: u32,
    /// Whether its authenticator may back it up.
    backup_eligible: bool,
    /// Whether it is backed up.
    #[serde(default)]
    backed_up: bool,
    /// The owner's name for it.
    #[schemars(with = "PasskeyName")]
    name: String,
    /// The account's if absent.
    created_at: Option<Timestamp>,
    /// When it last signed in or proved a session.
    last_used_at: Option<Timestamp>,
}

impl From<PasskeyRow> for PasskeyRecord {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: Some(row.id),
            credential_id: URL_SAFE_NO_PAD.encode(row.credential_id),
            public_key: URL_SAFE_NO_PAD.encode(row.public_key),
            counter: row.counter,
            backup_eligible: row.backup_eligible,
            backed_up: row.backed_up,
            name: row.name.as_str().to_owned(),
            created_at: Some(row.created_at),
            last_used_at: row.last_used_at,
        }
    }
}

/// The passkeys in a line, for the account `user`, whose id the line has if `is_kept`.
pub(super) fn read(
    records: Vec<PasskeyRecord>,
    (user, is_kept): (UserId, bool),
    created_at: Timestamp,
    faults: &mut Faults,
) -> Vec<PasskeyRow> {
    if !records.is_empty() && !is_kept {
        let why = "cannot be used without the account's `id`, which their authenticators store";
        faults.add("passkeys", Fault::new(Rule::NotAllowed, why));
    }
    if records.len() > PASSKEYS {
        faults.add("passkeys", Fault::new(Rule::OutOfRange, format!("must be at most {PASSKEYS}")));
    }
    let read = records.into_iter().enumerate().map(|(at, record)| record.read(at, user, created_at, faults));
    read.collect::<Vec<_>>().into_iter().flatten().collect()
}

impl PasskeyRecord {
    fn read(self, at: usize, user_id: UserId, created_at: Timestamp, faults: &mut Faults) -> Option<PasskeyRow> {
        let mut bytes = |field: &str, text: &str, is_one: fn(&[u8]) -> bool, wanted: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| is_one(bytes));
            if bytes.is_none() {
                let fault = Fault::new(Rule::Format, format!("must be {wanted} in Base64url without padding"));
                faults.add(format!("passkeys[{at}].{field}"), fault);
            }
            bytes
        };
        let id = "a credential's id of 1 to 1,023 bytes";
        let credential_id = bytes("credential_id", &self.credential_id, is_credential_id, id);
        let public_key = bytes("public_key", &self.public_key, is_public_key, "a COSE_Key of EdDSA, ES256 or RS256");
        let name = PasskeyName::parse(&self.name).map_err(|wrong| {
            wrong.into_iter().for_each(|fault| faults.add(format!("passkeys[{at}].name"), fault));
        });
        let created_at = self.created_at.unwrap_or(created_at);
        Some(PasskeyRow {
            // Passkeys are listed by id, the oldest first.
            id: self.id.unwrap_or_else(|| PasskeyId::at(created_at)),
            user_id,
            credential_id: credential_id?,
            public_key: public_key?,
            counter: self.counter,
            backup_eligible: self.backup_eligible,
            backed_up: self.backed_up,
            name: name.ok()?,
            created_at,
            last_used_at: self.last_used_at,
        })
    }
}
