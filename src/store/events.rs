//! The ordered log of each user, and the one way to append to it.

use super::{Error, Store, Tx, UserRow, in_tx, on_pool};
use crate::domain::{
    event::{Change, EventType, SessionsChanged},
    ids::{Epoch, SessionId, UserId},
    profile::Profile,
    time::{Clock, Timestamp},
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
}

/// Whether entries are what comes right after `since`, without a gap.
pub fn follows(since: i64, rows: &[EventRow]) -> bool {
    rows.iter().zip(since + 1..).all(|(row, revision)| row.revision == revision)
}

/// Proof that a change is committed: who waits for a user's log may be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "followers wait to be woken"]
pub struct Committed {
    /// Whose log has grown.
    pub user: UserId,
    /// To which revision.
    pub revision: i64,
}

const INSERT: &str =
    "INSERT INTO account_events (user_id, revision, at, type, data, session_id) VALUES ($1, $2, $3, $4, $5, $6)";
const PAGE: &str = "SELECT revision, at, type, data, session_id FROM account_events \
     WHERE user_id = $1 AND revision > $2 ORDER BY revision LIMIT $3";
const PRUNE: &str = "DELETE FROM account_events WHERE (user_id, revision) IN \
     (SELECT user_id, revision FROM account_events WHERE at < $1 ORDER BY at LIMIT $2)";
const FIND_EPOCH: &str = "SELECT epoch FROM database_epoch";
const INSERT_EPOCH: &str = "INSERT INTO database_epoch (singleton, epoch) VALUES (TRUE, $1) ON CONFLICT DO NOTHING";

/// A transaction that changes one account: it holds the account's lock and numbers the events.
///
/// This is the only way to change profile, addresses or sessions, so no change can miss its event.
#[derive(Debug)]
pub struct AccountChange {
    tx: Tx,
    user: UserRow,
    actor: Option<SessionId>,
    now: Timestamp,
    sessions: SessionsChanged,
    changes: Vec<Change>,
    keep: bool,
}

impl AccountChange {
    /// Locks the account; `None` if it is gone. The change happens once the lock is held, so that times
    /// rise with revisions.
    pub async fn begin(
        mut tx: Tx,
        user: UserId,
        actor: Option<SessionId>,
        clock: &Clock,
    ) -> Result<Option<Self>, Error> {
        let user = tx.lock_user(user).await?;
        let now = clock.now();
        Ok(user.map(|user| Self {
            tx,
            user,
            actor,
            now,
            sessions: SessionsChanged::default(),
            changes: Vec::new(),
            keep: false,
        }))
    }

    /// The account as it is under the lock; `revision` is the one of the first event.
    pub fn user(&self) -> &UserRow {
        &self.user
    }

    /// The transaction, for the statements of the change.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// When this change happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Notes sessions that were opened or ended; their event comes before all others.
    pub fn sessions(&mut self) -> &mut SessionsChanged {
        &mut self.sessions
    }

    /// The revision of the next change that is noted. Note sessions before asking.
    pub fn revision(&self) -> i64 {
        let sessions = i64::from(self.sessions != SessionsChanged::default());
        self.user.revision + sessions + i64::try_from(self.changes.len()).unwrap_or(i64::MAX)
    }

    /// Writes the profile as it is to be, and notes the event.
    pub async fn change_profile(&mut self, mut profile: Profile) -> Result<Profile, Error> {
        profile.revision = self.revision();
        profile.updated_at = self.now;
        self.tx.update_profile(&profile).await?;
        self.changes.push(Change::Profile(profile.clone()));
        Ok(profile)
    }

    /// Notes a change of addresses that the caller has written.
    pub fn note(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Says that there is something to commit even if no event tells of it: a new password, a token.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    /// Appends the events and commits. Without events the revision stays as it was and there is nothing
    /// to announce; a transaction that was not to be kept either is rolled back.
    pub async fn commit(mut self) -> Result<Option<Committed>, Error> {
        let sessions = (self.sessions != SessionsChanged::default()).then_some(Change::Sessions(self.sessions));
        let changes: Vec<Change> = sessions.into_iter().chain(self.changes).collect();
        let user = self.user.user_id;
        let mut revision = self.user.revision - 1;
        for change in &changes {
            revision += 1;
            self.tx.insert_event(user, revision, self.now, change, self.actor).await?;
        }
        if changes.is_empty() && !self.keep {
            return Ok(None);
        }
        if revision != self.user.revision {
            self.tx.count_further_revisions(user, revision - self.user.revision).await?;
        }
        self.tx.commit().await?;
        Ok((!changes.is_empty()).then_some(Committed { user, revision }))
    }
}

impl Store {
    /// The database's present history; made on the first start.
    pub async fn epoch(&self) -> Result<Epoch, Error> {
        if let Some(epoch) = self.find_epoch().await? {
            return Ok(epoch);
        }
        let mut tx = self.write().await?;
        in_tx!(&mut tx, c => sqlx::query(INSERT_EPOCH).bind(Epoch(uuid::Uuid::new_v4())).execute(c).await.map(drop))?;
        tx.commit().await?;
        // Of nodes that start together one has made it; all read what stands.
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
    /// The database's present history.
    pub async fn epoch(&mut self) -> Result<Epoch, Error> {
        let epoch = in_tx!(self, c => sqlx::query_scalar(FIND_EPOCH).fetch_one(c).await)?;
        Ok(epoch)
    }

    /// At most `limit` events of a user after `since`, in order.
    pub async fn list_events(&mut self, user: UserId, since: i64, limit: i64) -> Result<Vec<EventRow>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(PAGE).bind(user).bind(since).bind(limit).fetch_all(c).await)?;
        Ok(rows)
    }

    async fn insert_event(
        &mut self,
        user: UserId,
        revision: i64,
        at: Timestamp,
        change: &Change,
        actor: Option<SessionId>,
    ) -> Result<(), Error> {
        let data = serde_json::to_string(change).map_err(|e| Error::Broken(sqlx::Error::Encode(e.into())))?;
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(user).bind(revision).bind(at).bind(change.event_type()).bind(data).bind(actor)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Forgets at most `limit` events from before `before`; says how many.
    pub async fn prune_events(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
