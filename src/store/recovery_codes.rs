//! Unused recovery codes.

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{ids::UserId, sealed::RecoveryCodeHash};
use sqlx::QueryBuilder;

const LIST: &str = "SELECT code_hash FROM recovery_codes WHERE user_id = $1 ORDER BY code_hash";
const DELETE_ALL: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
const USE: &str = "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2";

impl Tx {
    /// The hashes of an account's codes.
    pub async fn list_recovery_codes(&mut self, user: UserId) -> Result<Vec<Vec<u8>>, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(LIST).bind(user).fetch_all(c).await)?)
    }
}

/// Each of these stages the event `sign_in_methods.changed`.
impl LockedAccount {
    /// Replaces all codes by these, which may be none.
    pub async fn replace_recovery_codes(&mut self, hashes: &[RecoveryCodeHash]) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(DELETE_ALL).bind(user).execute(c).await.map(drop))?;
        if !hashes.is_empty() {
            in_tx!(&mut self.tx, c => {
                let mut query = QueryBuilder::new("INSERT INTO recovery_codes (user_id, code_hash) ");
                query.push_values(hashes, |mut row, hash| {
                    row.push_bind(user).push_bind(&hash[..]);
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        self.sign_in_methods_changed();
        Ok(())
    }

    /// Uses a code; `false` if it is invalid or used. Of concurrent callers, only one gets `true`.
    pub async fn use_recovery_code(&mut self, hash: &RecoveryCodeHash) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(USE).bind(user).bind(&hash[..]).execute(c).await
            .map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }
}
