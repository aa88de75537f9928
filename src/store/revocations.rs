//! Revocations of access tokens before they expire, over all users, in the order of their numbers.

use super::{Error, LockedAccount, Store, Tx, in_tx, on_pool};
use crate::domain::{ids::UserId, revocation::Revocation, session::EndReason, time::Timestamp};

const INSERT: &str = "INSERT INTO revocations (session_id, user_id, at, reason, below) VALUES ($1, $2, $3, $4, $5)";
const INSERT_ALL_OF: &str = "INSERT INTO revocations (session_id, user_id, at, reason) \
     SELECT id, user_id, $2, $3 FROM sessions WHERE user_id = $1 AND ended_at IS NULL";
const LIST: &str = "SELECT seq, session_id, user_id, at, reason, below FROM revocations WHERE seq > $1 \
     ORDER BY seq LIMIT $2";
const PRUNE: &str = "DELETE FROM revocations WHERE seq IN \
     (SELECT seq FROM revocations WHERE at < $1 ORDER BY at LIMIT $2)";

/// An entry and its number.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RevocationRow {
    /// On PostgreSQL, numbers are assigned in the order in which transactions request them, which is not the order in
    /// which they commit: a lower one may appear after a higher one.
    pub seq: i64,
    /// The entry.
    #[sqlx(flatten)]
    pub revocation: Revocation,
}

impl Store {
    /// At most `limit` entries after `seq`, in order.
    pub async fn list_revocations(&self, seq: i64, limit: i64) -> Result<Vec<RevocationRow>, Error> {
        let rows = on_pool!(self, pool => sqlx::query_as(LIST).bind(seq).bind(limit).fetch_all(pool).await)?;
        Ok(rows)
    }
}

impl LockedAccount {
    /// The revocations of this change: the sessions that it ends and the credentials that it renews. Those of a restore
    /// are one entry for all ([`Tx::insert_restore_revocation`]).
    pub(super) fn revocations(&self) -> Vec<Revocation> {
        let ended = self.staged_sessions().into_iter().flat_map(|sessions| &sessions.ended);
        let ended = ended.filter(|ended| ended.reason != EndReason::Restored);
        let ended = ended.map(|ended| (ended.session_id, ended.reason, None));
        let renewed = self.renewed().map(|(session, version)| (session, EndReason::PasswordChanged, Some(version)));
        let (user_id, at) = (Some(self.user.user_id), self.now());
        ended
            .chain(renewed)
            .map(|(session, reason, below)| Revocation { session_id: Some(session), user_id, at, reason, below })
            .collect()
    }
}

impl Tx {
    /// Writes an entry. To be called right before the commit: readers have to wait for numbers that are assigned and
    /// not committed.
    pub(super) async fn insert_revocation(&mut self, entry: &Revocation) -> Result<(), Error> {
        let Revocation { session_id, user_id, at, reason, below } = entry;
        in_tx!(self, c => sqlx::query(INSERT).bind(session_id).bind(user_id).bind(at).bind(reason).bind(below)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Revokes every token of a user who is about to be deleted.
    pub(super) async fn insert_revocations_of_deleted(&mut self, user: UserId, at: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT_ALL_OF).bind(user).bind(at).bind(EndReason::AccountDeleted)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Revokes every token issued before `at`, because the database was restored.
    pub async fn insert_restore_revocation(&mut self, at: Timestamp) -> Result<(), Error> {
        let entry = Revocation { session_id: None, user_id: None, at, reason: EndReason::Restored, below: None };
        self.insert_revocation(&entry).await
    }

    /// Deletes at most `limit` entries from before `before`; returns their number.
    pub async fn prune_revocations(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
