//! Sessions.

use super::{Error, LockedAccount, Store, Tx, UserRow, in_tx, on_pool, users::user_columns};
use crate::domain::{
    ids::{DeviceId, SessionId, UserId},
    session::{
        AuthenticationMethod, DeviceName, EndReason, EndedSession, OpenedSession, Session, SessionLife,
        SessionLifetimes, UserAgent,
    },
    time::Timestamp,
};

/// A row of `sessions`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct SessionRow {
    pub session_id: SessionId,
    pub session_user_id: UserId,
    pub device_id: DeviceId,
    pub device_name: Option<DeviceName>,
    pub user_agent: Option<UserAgent>,
    pub ip: String,
    /// Names of [`AuthenticationMethod`], separated by spaces.
    pub methods: String,
    pub proven_at: Timestamp,
    pub version: i64,
    pub renewed_generation: i64,
    pub refresh_generation: i64,
    pub refreshed_at: Timestamp,
    pub session_created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub end_reason: Option<EndReason>,
}

impl SessionRow {
    /// The state that decides whether the session may act.
    pub fn life(&self) -> SessionLife {
        SessionLife {
            user: self.session_user_id,
            version: self.version,
            created_at: self.session_created_at,
            last_seen_at: self.last_seen_at,
            end_reason: self.end_reason,
        }
    }

    /// When the session ends if it is not used again; uses after `now` count as now.
    pub fn expires_at(&self, lifetimes: &SessionLifetimes, now: Timestamp) -> Timestamp {
        lifetimes.expiry(self.session_created_at.min(now), self.last_seen_at.min(now))
    }

    /// The session as its owner sees it at `now` from the session `current`, or as an operator sees it.
    pub fn session(
        &self,
        lifetimes: &SessionLifetimes,
        current: Option<SessionId>,
        connected: bool,
        now: Timestamp,
    ) -> Session {
        Session {
            opened: self.opened(),
            last_seen_at: self.last_seen_at.min(now),
            proven_at: self.proven_at.min(now),
            expires_at: self.expires_at(lifetimes, now),
            current: current == Some(self.session_id),
            connected,
        }
    }

    /// The part that never changes.
    pub fn opened(&self) -> OpenedSession {
        OpenedSession {
            id: self.session_id,
            device_name: self.device_name.clone(),
            user_agent: self.user_agent.clone(),
            ip: self.ip.clone(),
            methods: self.methods.split(' ').filter_map(AuthenticationMethod::from_name).collect(),
            created_at: self.session_created_at,
        }
    }
}

/// A live session, and whether it has an open socket on any node.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the row, and its presence")]
pub struct LiveSessionRow {
    #[sqlx(flatten)]
    pub session: SessionRow,
    pub connected: bool,
}

/// A session that has ended.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the row")]
pub struct EndedSessionRow {
    #[sqlx(flatten)]
    pub session: SessionRow,
    pub ended_at: Timestamp,
}

/// A session with its user, which every call that acts for a session reads first.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the two rows")]
pub struct CallerRow {
    #[sqlx(flatten)]
    pub session: SessionRow,
    #[sqlx(flatten)]
    pub user: UserRow,
}

/// A session to open.
#[derive(Debug)]
pub struct NewSession {
    /// The part that events show.
    pub opened: OpenedSession,
    /// The device that it was opened from.
    pub device: DeviceId,
}

/// The columns of [`SessionRow`], under names that differ from those of `users`.
macro_rules! session_columns {
    () => {
        "s.id AS session_id, s.user_id AS session_user_id, s.device_id, s.device_name, s.user_agent, s.ip, s.methods, s.proven_at, s.version, \
         s.renewed_generation, s.refresh_generation, \
         s.refreshed_at, s.created_at AS session_created_at, s.last_seen_at, s.end_reason"
    };
}

const FIND: &str = concat!("SELECT ", session_columns!(), " FROM sessions s WHERE s.id = $1");
const FIND_WITH_USER: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", ",
    user_columns!("u."),
    " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1"
);
const LIST_LIVE: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", EXISTS (SELECT 1 FROM connected_sessions c JOIN nodes n ON n.id = c.node_id \
     WHERE c.session_id = s.id AND n.seen_at > $2) AS connected \
     FROM sessions s WHERE s.user_id = $1 AND s.ended_at IS NULL ORDER BY s.opened_revision DESC"
);
const LIST_BEYOND: &str = "SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL \
     ORDER BY opened_revision DESC LIMIT $3 OFFSET $2";
const INSERT: &str = "INSERT INTO sessions (id, user_id, device_name, user_agent, ip, device_id, methods, \
     version, renewed_generation, refresh_generation, refreshed_at, created_at, last_seen_at, proven_at, opened_revision) \
     VALUES ($1, $2, $3, $4, $5, $7, $8, 0, 0, 0, $6, $6, $6, $6, $9)";
const LIST_ENDED: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", s.ended_at FROM sessions s WHERE s.user_id = $1 AND s.ended_at IS NOT NULL ORDER BY s.opened_revision DESC"
);
const END_ONE: &str = "UPDATE sessions SET ended_at = $3, end_reason = $4 \
     WHERE user_id = $1 AND id = $2 AND ended_at IS NULL RETURNING id";
const END_ALL_BUT: &str = "UPDATE sessions SET ended_at = $3, end_reason = $4 \
     WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id";
const END_ALL: &str = "UPDATE sessions SET ended_at = $2, end_reason = $3 \
     WHERE user_id = $1 AND ended_at IS NULL RETURNING id";
// A use that was recorded by a clock that was ahead is kept: the node that writes an earlier one may be the one whose
// clock is wrong.
const ROTATE: &str = "UPDATE sessions SET refresh_generation = refresh_generation + 1, refreshed_at = $3, \
     last_seen_at = CASE WHEN last_seen_at > $3 THEN last_seen_at ELSE $3 END WHERE id = $1 AND refresh_generation = $2 AND ended_at IS NULL \
     AND last_seen_at > $4 AND created_at > $5";
const PROVE: &str = "UPDATE sessions SET proven_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL";
const TOUCH: &str = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND ended_at IS NULL \
     AND last_seen_at < $3 AND last_seen_at > $4 AND created_at > $5";
const FIND_EXPIRED: &str = "SELECT user_id, id FROM sessions WHERE ended_at IS NULL \
     AND (last_seen_at <= $1 OR created_at <= $2) LIMIT $3";
const PRUNE: &str = "DELETE FROM sessions WHERE id IN \
     (SELECT id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)";

impl Store {
    /// A session with its user, in one statement.
    pub async fn find_caller(&self, session: SessionId) -> Result<Option<CallerRow>, Error> {
        let row = on_pool!(self, pool => sqlx::query_as(FIND_WITH_USER).bind(session).fetch_optional(pool).await)?;
        Ok(row)
    }

    /// At most `limit` sessions that were not used since `idle_since` or are older than `opened_before`.
    pub async fn find_expired_sessions(
        &self,
        idle_since: Timestamp,
        opened_before: Timestamp,
        limit: i64,
    ) -> Result<Vec<(UserId, SessionId)>, Error> {
        let rows = on_pool!(self, pool => sqlx::query_as(FIND_EXPIRED)
            .bind(idle_since).bind(opened_before).bind(limit).fetch_all(pool).await)?;
        Ok(rows)
    }
}

impl Tx {
    /// A session with its user.
    pub async fn find_caller(&mut self, session: SessionId) -> Result<Option<CallerRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND_WITH_USER).bind(session).fetch_optional(c).await)?;
        Ok(row)
    }

    /// A session.
    pub async fn find_session(&mut self, session: SessionId) -> Result<Option<SessionRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND).bind(session).fetch_optional(c).await)?;
        Ok(row)
    }

    /// The sessions of a user that were not ended, newest first. Nodes seen after `alive_since` count as running.
    pub async fn list_live_sessions(
        &mut self,
        user: UserId,
        alive_since: Timestamp,
    ) -> Result<Vec<LiveSessionRow>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(LIST_LIVE).bind(user).bind(alive_since).fetch_all(c).await)?;
        Ok(rows)
    }

    /// The sessions of a user that were not ended, except for the newest `kept`.
    pub async fn list_live_sessions_beyond(&mut self, user: UserId, kept: usize) -> Result<Vec<SessionId>, Error> {
        let kept = i64::try_from(kept).unwrap_or(i64::MAX);
        let ids = in_tx!(self, c => sqlx::query_scalar(LIST_BEYOND).bind(user).bind(kept).bind(i64::MAX)
            .fetch_all(c).await)?;
        Ok(ids)
    }

    /// The sessions of a user that were ended and are still recorded, newest first.
    pub async fn list_ended_sessions(&mut self, user: UserId) -> Result<Vec<EndedSessionRow>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(LIST_ENDED).bind(user).fetch_all(c).await)?;
        Ok(rows)
    }

    /// Uses up the refresh token of `generation`; of concurrent callers, only one gets `true`. The session must be
    /// alive: used after `idle_since`, opened after `opened_after`, not ended.
    pub async fn rotate_refresh_token(
        &mut self,
        session: SessionId,
        generation: i64,
        now: Timestamp,
        idle_since: Timestamp,
        opened_after: Timestamp,
    ) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(ROTATE)
            .bind(session).bind(generation).bind(now).bind(idle_since).bind(opened_after)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Records the use of a session, if it was last seen before `unless_since` and is alive: used after `idle_since`,
    /// opened after `opened_after`, not ended.
    pub async fn touch_session(
        &mut self,
        session: SessionId,
        now: Timestamp,
        unless_since: Timestamp,
        idle_since: Timestamp,
        opened_after: Timestamp,
    ) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(TOUCH)
            .bind(session).bind(now).bind(unless_since).bind(idle_since).bind(opened_after)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` sessions that ended before `before`; returns their number.
    pub async fn prune_sessions(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}

impl LockedAccount {
    /// Opens a session.
    pub async fn open_session(&mut self, session: &NewSession) -> Result<(), Error> {
        let (user, opened) = (self.user.user_id, &session.opened);
        let methods: Vec<_> = opened.methods.iter().map(|method| method.as_str()).collect();
        let revision = self.sessions_revision();
        in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(opened.id).bind(user).bind(&opened.device_name).bind(&opened.user_agent).bind(&opened.ip)
            .bind(opened.created_at).bind(session.device).bind(methods.join(" ")).bind(revision)
            .execute(c).await.map(drop))?;
        self.sessions().opened = Some(opened.clone());
        Ok(())
    }

    /// Ends one live session; `false` if it is not one of the account's.
    pub async fn end_session(&mut self, session: SessionId, reason: EndReason) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let row: Option<SessionId> = in_tx!(&mut self.tx, c => sqlx::query_scalar(END_ONE)
            .bind(user).bind(session).bind(now).bind(reason).fetch_optional(c).await)?;
        self.stage_ended(row.as_slice(), reason);
        Ok(row.is_some())
    }

    /// Ends every live session except `keep`; returns their number.
    pub async fn end_other_sessions(&mut self, keep: SessionId, reason: EndReason) -> Result<usize, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let rows: Vec<SessionId> = in_tx!(&mut self.tx, c => sqlx::query_scalar(END_ALL_BUT)
            .bind(user).bind(keep).bind(now).bind(reason).fetch_all(c).await)?;
        self.stage_ended(&rows, reason);
        Ok(rows.len())
    }

    /// Ends every live session; returns their number.
    pub async fn end_all_sessions(&mut self, reason: EndReason) -> Result<usize, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let rows: Vec<SessionId> = in_tx!(&mut self.tx, c => sqlx::query_scalar(END_ALL)
            .bind(user).bind(now).bind(reason).fetch_all(c).await)?;
        self.stage_ended(&rows, reason);
        Ok(rows.len())
    }

    /// Records that a session is proven; there is no event for it.
    pub async fn prove_session(&mut self, session: SessionId) -> Result<(), Error> {
        let (user, now) = (self.user.user_id, self.now());
        in_tx!(&mut self.tx, c => sqlx::query(PROVE).bind(user).bind(session).bind(now).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    fn stage_ended(&mut self, sessions: &[SessionId], reason: EndReason) {
        if !sessions.is_empty() {
            let ended = sessions.iter().map(|session_id| EndedSession { session_id: *session_id, reason });
            self.sessions().ended.extend(ended);
        }
    }
}
