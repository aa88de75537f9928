//! Sessions that were alive when their user was deleted.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::{SessionId, UserId},
    time::Timestamp,
};

const FIND: &str = "SELECT EXISTS (SELECT 1 FROM deleted_sessions WHERE id = $1)";
const KEEP: &str = "INSERT INTO deleted_sessions (id, deleted_at) \
     SELECT id, $2 FROM sessions WHERE user_id = $1 AND ended_at IS NULL ON CONFLICT DO NOTHING";
const PRUNE: &str = "DELETE FROM deleted_sessions WHERE id IN \
     (SELECT id FROM deleted_sessions WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2)";

impl Store {
    /// Whether a session was alive when its user was deleted.
    pub async fn is_deleted_session(&self, session: SessionId) -> Result<bool, Error> {
        let deleted = on_pool!(self, pool => sqlx::query_scalar(FIND).bind(session).fetch_one(pool).await)?;
        Ok(deleted)
    }
}

impl Tx {
    /// Keeps the ids of the live sessions of a user who is about to be deleted, so that their clients get the reason.
    pub(super) async fn keep_deleted_sessions(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(KEEP).bind(user).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` sessions of users who were deleted before `before`; returns their number.
    pub async fn prune_deleted_sessions(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
