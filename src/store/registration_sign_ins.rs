//! Sign-ins of people whose registration has just been verified.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::{RegistrationId, UserId},
    time::Timestamp,
};

/// A row of `registration_sign_ins`.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct RegistrationSignIn {
    pub registration_id: RegistrationId,
    pub user_id: UserId,
    pub credentials_version: i64,
    pub expires_at: Timestamp,
}

const INSERT: &str = "INSERT INTO registration_sign_ins (registration_id, user_id, credentials_version, expires_at) \
     VALUES ($1, $2, $3, $4)";
const FIND: &str = "SELECT r.registration_id, r.user_id, r.credentials_version, r.expires_at \
     FROM registration_sign_ins r JOIN users u ON u.id = r.user_id WHERE r.registration_id = $1 AND r.expires_at > $2 \
     AND u.credentials_version = r.credentials_version AND u.disabled_at IS NULL";
const SPEND: &str = "DELETE FROM registration_sign_ins WHERE registration_id = $1 AND expires_at > $2";
const DELETE_ALL: &str = "DELETE FROM registration_sign_ins";
const PRUNE: &str = "DELETE FROM registration_sign_ins WHERE registration_id IN \
     (SELECT registration_id FROM registration_sign_ins WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

impl Store {
    /// The sign-in that a registration still allows: it must not have expired, and the sign-in methods and the state of
    /// the account must not have changed.
    pub async fn find_registration_sign_in(
        &self,
        id: RegistrationId,
        now: Timestamp,
    ) -> Result<Option<RegistrationSignIn>, Error> {
        let row = on_pool!(self, pool => sqlx::query_as(FIND).bind(id).bind(now).fetch_optional(pool).await)?;
        Ok(row)
    }
}

impl Tx {
    /// Allows whoever started a registration to sign in to its account.
    pub async fn insert_registration_sign_in(&mut self, row: &RegistrationSignIn) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(row.registration_id).bind(row.user_id).bind(row.credentials_version).bind(row.expires_at)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Uses up the sign-in of a registration; returns whether there was one. Of concurrent callers, only one gets it.
    pub async fn spend_registration_sign_in(&mut self, id: RegistrationId, now: Timestamp) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(SPEND).bind(id).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Uses up all of them.
    pub async fn delete_registration_sign_ins(&mut self) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_ALL).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` that expired before `before`; returns their number.
    pub async fn prune_registration_sign_ins(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
