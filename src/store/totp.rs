//! Second factors by authenticator apps.

use super::{Error, LockedAccount, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::UserId,
    sealed::{Sealed, SealingKeyId},
    time::Timestamp,
};

/// A row of `totp`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct TotpRow {
    pub user_id: UserId,
    sealed_secret: Vec<u8>,
    sealed_by: Vec<u8>,
    pub last_step: i64,
    pub created_at: Timestamp,
}

impl TotpRow {
    /// The sealed secret.
    pub fn sealed(&self) -> Sealed {
        let key = self.sealed_by.first_chunk().copied().unwrap_or_default();
        Sealed { key, bytes: self.sealed_secret.clone() }
    }
}

const FIND: &str = "SELECT user_id, sealed_secret, sealed_by, last_step, created_at FROM totp WHERE user_id = $1";
const INSERT: &str = "INSERT INTO totp (user_id, sealed_secret, sealed_by, last_step, created_at) \
     VALUES ($1, $2, $3, $4, $5)";
const DELETE: &str = "DELETE FROM totp WHERE user_id = $1";
const USE_STEP: &str = "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2";
const COUNT_SEALED_BY_OTHERS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM totp WHERE sealed_by < $1 OR sealed_by > $1";
const FIND_SEALED_BY_OTHERS: &str = "SELECT user_id, sealed_secret, sealed_by, last_step, created_at FROM totp \
     WHERE (sealed_by < $1 OR sealed_by > $1) AND user_id > $2 ORDER BY user_id LIMIT $3";
const FIRST_SEALED_BY_OTHERS: &str = "SELECT user_id, sealed_secret, sealed_by, last_step, created_at FROM totp \
     WHERE sealed_by < $1 OR sealed_by > $1 ORDER BY user_id LIMIT $2";
const RESEAL: &str = "UPDATE totp SET sealed_secret = $3, sealed_by = $4 WHERE user_id = $1 AND sealed_secret = $2";

impl Store {
    /// The number of secrets that are sealed under another key than this.
    pub async fn count_totp_sealed_by_others(&self, key: SealingKeyId) -> Result<i64, Error> {
        Ok(on_pool!(self, pool => sqlx::query_scalar(COUNT_SEALED_BY_OTHERS).bind(&key[..]).fetch_one(pool).await)?)
    }

    /// At most `limit` of them, after a user.
    pub async fn find_totp_sealed_by_others(
        &self,
        key: SealingKeyId,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<TotpRow>, Error> {
        let rows = match after {
            Some(after) => on_pool!(self, pool => sqlx::query_as(FIND_SEALED_BY_OTHERS)
                .bind(&key[..]).bind(after).bind(limit).fetch_all(pool).await)?,
            None => on_pool!(self, pool => sqlx::query_as(FIRST_SEALED_BY_OTHERS)
                .bind(&key[..]).bind(limit).fetch_all(pool).await)?,
        };
        Ok(rows)
    }
}

impl Tx {
    /// The second factor of an account.
    pub async fn find_totp(&mut self, user: UserId) -> Result<Option<TotpRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND).bind(user).fetch_optional(c).await)?;
        Ok(row)
    }

    /// Stores a secret sealed under another key, if it is still the same secret.
    pub async fn reseal_totp(&mut self, user: UserId, from: &Sealed, to: &Sealed) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(RESEAL)
            .bind(user).bind(&from.bytes[..]).bind(&to.bytes[..]).bind(&to.key[..]).execute(c).await.map(drop))?;
        Ok(())
    }
}

/// Each of these that turns the second factor on or off stages the event `sign_in_methods.changed`.
impl LockedAccount {
    /// Turns the second factor on; [`Error::Unique`] if it is on. This uses the code of `step`.
    pub async fn insert_totp(&mut self, sealed: &Sealed, step: i64) -> Result<(), Error> {
        let (user, now) = (self.user.user_id, self.now());
        in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(user).bind(&sealed.bytes[..]).bind(&sealed.key[..]).bind(step).bind(now)
            .execute(c).await.map(drop))?;
        self.sign_in_methods_changed();
        Ok(())
    }

    /// Turns the second factor off; `false` if it is off. The recovery codes must be deleted as well.
    pub async fn delete_totp(&mut self) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(DELETE).bind(user).execute(c).await
            .map(|done| done.rows_affected()))?;
        if done > 0 {
            self.sign_in_methods_changed();
        }
        Ok(done > 0)
    }

    /// Uses the code of a step; `false` if that or a later one was used. Of concurrent callers, only one gets `true`.
    pub async fn use_totp_step(&mut self, step: i64) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(USE_STEP).bind(user).bind(step).execute(c).await
            .map(|done| done.rows_affected()))?;
        self.must_commit();
        Ok(done == 1)
    }
}
