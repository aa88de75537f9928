//! The sign-in methods of imported accounts, and those of all accounts for an export.

use super::{
    Error, ImportedUser, PasskeyRow, ProviderLinkRow, TotpRow, Tx,
    import::{ROWS, where_in},
    in_tx,
};
use crate::domain::{
    ids::{PasskeyId, UserId},
    sealed::{RecoveryCodeHash, Sealed},
    time::Timestamp,
};
use sqlx::QueryBuilder;
use std::collections::HashSet;

/// The sign-in methods of an account besides its password, to be created.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the columns")]
pub struct ImportedSignInMethods {
    pub totp: Option<ImportedTotp>,
    pub recovery_codes: Vec<RecoveryCodeHash>,
    pub passkeys: Vec<PasskeyRow>,
    pub provider_links: Vec<ProviderLinkRow>,
}

/// A second factor to be created.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns")]
pub struct ImportedTotp {
    pub sealed: Sealed,
    pub last_step: i64,
    pub created_at: Timestamp,
}

/// A row of `recovery_codes`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct OwnedRecoveryCode {
    pub user_id: UserId,
    pub code_hash: Vec<u8>,
}

impl Tx {
    /// Adds the sign-in methods of accounts that were just created.
    pub async fn insert_imported_sign_in_methods(&mut self, users: &[&ImportedUser]) -> Result<(), Error> {
        let totp: Vec<_> =
            users.iter().filter_map(|user| user.sign_in_methods.totp.as_ref().map(|totp| (user.id, totp))).collect();
        for chunk in totp.chunks(ROWS) {
            in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new(
                    "INSERT INTO totp (user_id, sealed_secret, sealed_by, last_step, created_at) ",
                );
                query.push_values(chunk, |mut row, (user, totp)| {
                    row.push_bind(*user).push_bind(&totp.sealed.bytes[..]).push_bind(&totp.sealed.key[..])
                        .push_bind(totp.last_step).push_bind(totp.created_at);
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        let codes: Vec<_> = users
            .iter()
            .flat_map(|user| user.sign_in_methods.recovery_codes.iter().map(|hash| (user.id, hash)))
            .collect();
        for chunk in codes.chunks(ROWS) {
            in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new("INSERT INTO recovery_codes (user_id, code_hash) ");
                query.push_values(chunk, |mut row, (user, hash)| {
                    row.push_bind(*user).push_bind(&hash[..]);
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// Adds the passkeys of accounts that were just created; returns the ids of those that were added. The others have
    /// a taken id or credential.
    pub async fn insert_imported_passkeys(&mut self, users: &[&ImportedUser]) -> Result<HashSet<PasskeyId>, Error> {
        let passkeys: Vec<&PasskeyRow> = users.iter().flat_map(|user| &user.sign_in_methods.passkeys).collect();
        let mut made = HashSet::with_capacity(passkeys.len());
        for chunk in passkeys.chunks(ROWS) {
            let ids: Vec<PasskeyId> = in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new(
                    "INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, backup_eligible, backed_up, \
                     name, created_at, last_used_at) ",
                );
                query.push_values(chunk, |mut row, passkey| {
                    row.push_bind(passkey.id).push_bind(passkey.user_id).push_bind(&passkey.credential_id)
                        .push_bind(&passkey.public_key).push_bind(i64::from(passkey.counter)).push_bind(passkey.backup_eligible)
                        .push_bind(passkey.backed_up).push_bind(&passkey.name).push_bind(passkey.created_at)
                        .push_bind(passkey.last_used_at);
                });
                query.push(" ON CONFLICT DO NOTHING RETURNING id");
                query.build_query_scalar().fetch_all(c).await
            })?;
            made.extend(ids);
        }
        Ok(made)
    }

    /// Adds the links of accounts that were just created; returns the issuers and subjects of those that were added.
    /// The others are linked already, or the account has a link to the same provider.
    pub async fn insert_imported_provider_links(
        &mut self,
        users: &[&ImportedUser],
    ) -> Result<HashSet<(String, String)>, Error> {
        let links: Vec<&ProviderLinkRow> = users.iter().flat_map(|user| &user.sign_in_methods.provider_links).collect();
        let mut made = HashSet::with_capacity(links.len());
        for chunk in links.chunks(ROWS) {
            let keys: Vec<(String, String)> = in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new(
                    "INSERT INTO provider_links (issuer, subject, user_id, provider, label, email, linked_at) ",
                );
                query.push_values(chunk, |mut row, link| {
                    row.push_bind(&link.issuer).push_bind(&link.subject).push_bind(link.user_id)
                        .push_bind(&link.provider).push_bind(&link.label).push_bind(&link.email)
                        .push_bind(link.linked_at);
                });
                query.push(" ON CONFLICT DO NOTHING RETURNING issuer, subject");
                query.build_query_as().fetch_all(c).await
            })?;
            made.extend(keys);
        }
        Ok(made)
    }

    /// The links of these accounts, oldest first per account.
    pub async fn list_provider_links_of(&mut self, users: &[UserId]) -> Result<Vec<ProviderLinkRow>, Error> {
        let head = "SELECT issuer, subject, user_id, provider, label, email, linked_at FROM provider_links \
             WHERE user_id IN (";
        Ok(where_in!(self, head, users, ") ORDER BY user_id, linked_at, provider"))
    }

    /// The passkeys of these accounts, oldest first per account.
    pub async fn list_passkeys_of(&mut self, users: &[UserId]) -> Result<Vec<PasskeyRow>, Error> {
        let head = "SELECT id, user_id, credential_id, public_key, counter, backup_eligible, backed_up, name, created_at, \
             last_used_at FROM passkeys WHERE user_id IN (";
        Ok(where_in!(self, head, users, ") ORDER BY user_id, created_at, id"))
    }

    /// The second factors of these accounts.
    pub async fn list_totp_of(&mut self, users: &[UserId]) -> Result<Vec<TotpRow>, Error> {
        let head = "SELECT user_id, sealed_secret, sealed_by, last_step, created_at FROM totp WHERE user_id IN (";
        Ok(where_in!(self, head, users, ")"))
    }

    /// The recovery codes of these accounts, in the order of their hashes.
    pub async fn list_recovery_codes_of(&mut self, users: &[UserId]) -> Result<Vec<OwnedRecoveryCode>, Error> {
        let head = "SELECT user_id, code_hash FROM recovery_codes WHERE user_id IN (";
        Ok(where_in!(self, head, users, ") ORDER BY user_id, code_hash"))
    }
}
