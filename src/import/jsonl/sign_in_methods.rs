//! The sign-in methods of an account besides its password, in a line of JSON, and their secrets.

use super::{passkeys::PasskeyRecord, providers::ProviderRecord, record::Record};
use crate::{
    crypto::{recovery_code::RecoveryCodeHash, sealed::Sealer, totp::TotpSecret},
    domain::{
        fault::{Fault, Faults, Rule},
        ids::UserId,
        time::Timestamp,
    },
    import::Error,
    store::{ImportedSignInMethods, ImportedTotp, TotpRow, Tx},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The second factor of an account (RFC 6238: SHA-1, six digits, 30 seconds).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TotpRecord {
    /// Base32 without padding.
    secret: String,
    /// The step of the last code that was used: its code and earlier ones are refused.
    #[serde(default)]
    last_step: i64,
    /// When it was turned on; the account's `created_at` if absent.
    created_at: Option<Timestamp>,
}

/// The sign-in methods of the accounts of a page of an export.
#[derive(Default)]
pub(super) struct ExportedSignInMethods {
    totp: HashMap<UserId, TotpRecord>,
    recovery_codes: HashMap<UserId, Vec<String>>,
    passkeys: HashMap<UserId, Vec<PasskeyRecord>>,
    providers: HashMap<UserId, Vec<ProviderRecord>>,
}

impl ExportedSignInMethods {
    /// Reads those of these accounts.
    ///
    /// # Errors
    /// Also if a secret is sealed under a token secret that is not in the settings.
    pub(super) async fn of(users: &[UserId], tx: &mut Tx, sealer: &Sealer) -> Result<Self, Error> {
        let mut ways = Self::default();
        for row in tx.list_totp_of(users).await? {
            ways.totp.insert(row.user_id, totp(&row, sealer)?);
        }
        for code in tx.list_recovery_codes_of(users).await? {
            ways.recovery_codes.entry(code.user_id).or_default().push(hex(&code.code_hash));
        }
        for row in tx.list_passkeys_of(users).await? {
            ways.passkeys.entry(row.user_id).or_default().push(row.into());
        }
        for row in tx.list_provider_links_of(users).await? {
            ways.providers.entry(row.user_id).or_default().push(row.into());
        }
        Ok(ways)
    }

    /// Moves those of one account into its line.
    pub(super) fn add_to(&mut self, record: &mut Record, user: UserId) {
        record.totp = self.totp.remove(&user);
        record.recovery_code_hashes = self.recovery_codes.remove(&user).unwrap_or_default();
        record.passkeys = self.passkeys.remove(&user).unwrap_or_default();
        record.providers = self.providers.remove(&user).unwrap_or_default();
    }
}

fn totp(row: &TotpRow, sealer: &Sealer) -> Result<TotpRecord, Error> {
    let secret = TotpSecret::unseal(sealer, row.user_id, &row.sealed()).ok_or(Error::Sealed)?;
    Ok(TotpRecord { secret: secret.base32(), last_step: row.last_step, created_at: Some(row.created_at) })
}

/// The sign-in methods in a line, for the account `user`.
pub(super) fn read(
    totp: Option<TotpRecord>,
    recovery_code_hashes: &[String],
    (user, created_at): (UserId, Timestamp),
    sealer: &Sealer,
    faults: &mut Faults,
) -> ImportedSignInMethods {
    if totp.is_none() && !recovery_code_hashes.is_empty() {
        faults.add("recovery_code_hashes", Fault::new(Rule::NotAllowed, "cannot be used without a second factor"));
    }
    let totp = totp.and_then(|record| match TotpSecret::parse(&record.secret) {
        Some(secret) => Some(ImportedTotp {
            sealed: secret.seal(sealer, user),
            last_step: record.last_step,
            created_at: record.created_at.unwrap_or(created_at),
        }),
        None => {
            faults.add("totp.secret", Fault::new(Rule::Format, "must be base32 of 10 to 40 bytes, without padding"));
            None
        }
    });
    let mut recovery_codes: Vec<RecoveryCodeHash> = recovery_code_hashes.iter().filter_map(|text| hash(text)).collect();
    if recovery_codes.len() < recovery_code_hashes.len() {
        faults.add("recovery_code_hashes", Fault::new(Rule::Format, "must be SHA-256 in lower-case hexadecimal"));
    }
    recovery_codes.sort_unstable();
    recovery_codes.dedup();
    ImportedSignInMethods { totp, recovery_codes, ..ImportedSignInMethods::default() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(text: &str) -> Option<RecoveryCodeHash> {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let mut hash = RecoveryCodeHash::default();
    for (at, place) in hash.iter_mut().enumerate() {
        *place = byte(at).filter(|_| is_hex)?;
    }
    Some(hash)
}
