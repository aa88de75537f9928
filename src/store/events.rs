//! The ordered log of each user. [`LockedAccount`](super::LockedAccount) appends to it.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    event::EventType,
    ids::{Epoch, SessionId, UserId},
    time::Timestamp,
};

/// A row of `account_events`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct EventRow {
    pub revision: i64,
    pub at: Timestamp,
    #[sqlx(rename = "type")]
    pub event_type: EventType,
    pub data: String,
    pub session_id: Option<SessionId>,
    pub credentials_version: i64,
}

/// Whether entries are what comes right after `since`, without a gap.
pub fn follows(since: i64, rows: &[EventRow]) -> bool {
    rows.iter().zip(since + 1..).all(|(row, revision)| row.revision == revision)
}

const PAGE: &str = "SELECT revision, at, type, data, session_id, credentials_version FROM account_events \
     WHERE user_id = $1 AND revision > $2 ORDER BY revision LIMIT $3";
// An entry is as old as the oldest after it: clocks go back, revisions do not.
const PRUNE: &str = "DELETE FROM account_events WHERE (user_id, revision) IN \
     (SELECT e.user_id, e.revision FROM (SELECT user_id, MAX(revision) AS last FROM \
     (SELECT user_id, revision FROM account_events WHERE at < $1 ORDER BY at LIMIT $2) old GROUP BY user_id) aged \
     JOIN account_events e ON e.user_id = aged.user_id AND e.revision <= aged.last)";
const FIND_EPOCH: &str = "SELECT epoch FROM database_epoch";
const INSERT_EPOCH: &str = "INSERT INTO database_epoch (singleton, epoch) VALUES (TRUE, $1) ON CONFLICT DO NOTHING";

impl Store {
    /// The epoch of the database; created on the first start.
    pub async fn epoch(&self) -> Result<Epoch, Error> {
        if let Some(epoch) = self.find_epoch().await? {
            return Ok(epoch);
        }
        let mut tx = self.write().await?;
        in_tx!(&mut tx, c => sqlx::query(INSERT_EPOCH).bind(Epoch(uuid::Uuid::new_v4())).execute(c).await.map(drop))?;
        tx.commit().await?;
        // Of nodes that start together one has created it; all read the stored one.
        self.find_epoch().await?.ok_or(Error::Broken(sqlx::Error::RowNotFound))
    }

    async fn find_epoch(&self) -> Result<Option<Epoch>, Error> {
        let epoch = on_pool!(self, pool => sqlx::query_scalar(FIND_EPOCH).fetch_optional(pool).await)?;
        Ok(epoch)
    }

    /// At most `limit` events of a user after `since`, in order.
    pub async fn list_events(&self, user: UserId, since: i64, limit: i64) -> Result<Vec<EventRow>, Error> {
        let rows = on_pool!(self, pool => sqlx::query_as(PAGE)
            .bind(user).bind(since).bind(limit).fetch_all(pool).await)?;
        Ok(rows)
    }
}

impl Tx {
    /// The epoch of the database.
    pub async fn epoch(&mut self) -> Result<Epoch, Error> {
        let epoch = in_tx!(self, c => sqlx::query_scalar(FIND_EPOCH).fetch_one(c).await)?;
        Ok(epoch)
    }

    /// At most `limit` events of a user after `since`, in order.
    pub async fn list_events(&mut self, user: UserId, since: i64, limit: i64) -> Result<Vec<EventRow>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(PAGE).bind(user).bind(since).bind(limit).fetch_all(c).await)?;
        Ok(rows)
    }

    /// Deletes at most `limit` events from before `before`, and those that precede them in their logs; returns their
    /// number.
    pub async fn prune_events(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
