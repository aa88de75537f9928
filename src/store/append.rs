//! Writes what a change adds to its account's row, log and queue in one round trip.
//!
//! Each part is a statement with the same text on both databases. SQLite runs them one after the other, in one hop to its
//! thread. On PostgreSQL all but the last are parts of a `WITH`. There each part sees the state before the whole statement:
//! no part may read what another writes, and no two may write the same row.

use super::{Error, Tx, in_tx};
use crate::domain::{
    event::EventType,
    ids::{DeliveryId, ReceiverId, SessionId, UserId},
    outgoing_event::OutgoingType,
    profile::Profile,
    time::Timestamp,
    user::name_keys,
};
use sqlx::{Database, Postgres, QueryBuilder, Sqlite};

/// An entry of the log.
#[derive(Debug)]
pub(super) struct LogEntry {
    pub(super) revision: i64,
    pub(super) r#type: EventType,
    pub(super) data: String,
}

/// An event that leaves the server.
#[derive(Debug)]
pub(super) struct OutgoingEvent {
    pub(super) r#type: OutgoingType,
    /// The revision of the account after it.
    pub(super) revision: i64,
    /// The change, as JSON.
    pub(super) object: String,
    /// The receivers that get it.
    pub(super) receivers: Vec<ReceiverId>,
}

/// The writes of one account that go together. The transaction holds the account's lock.
#[derive(Debug)]
pub(super) struct Append<'a> {
    pub(super) user: UserId,
    pub(super) at: Timestamp,
    /// The session that made the change.
    pub(super) actor: Option<SessionId>,
    /// The version of the account's credentials after the change.
    pub(super) credentials_version: i64,
    /// The revision that the account has reached, unless it is the one that locking has set.
    pub(super) revision: Option<i64>,
    /// The new profile.
    pub(super) profile: Option<&'a Profile>,
    pub(super) log: &'a [LogEntry],
    /// Entries of the log up to this revision are deleted.
    pub(super) forgotten: Option<i64>,
    pub(super) outgoing: &'a [OutgoingEvent],
}

impl<'a> Append<'a> {
    /// Events that leave the server, and nothing else.
    pub(super) fn only_outgoing(
        user: UserId,
        at: Timestamp,
        actor: Option<SessionId>,
        outgoing: &'a [OutgoingEvent],
    ) -> Self {
        let (revision, profile, forgotten) = (None, None, None);
        Self { user, at, actor, credentials_version: 0, revision, profile, log: &[], forgotten, outgoing }
    }

    /// The rows of the queue, in order: the receiver, the row's number among the receiver's rows of this change, counted
    /// from 1, and the event.
    fn rows(&self) -> Vec<(ReceiverId, usize, &'a OutgoingEvent)> {
        let mut rows: Vec<(ReceiverId, usize, &OutgoingEvent)> = Vec::new();
        for event in self.outgoing {
            for receiver in &event.receivers {
                let number = 1 + rows.iter().filter(|(earlier, ..)| earlier == receiver).count();
                rows.push((*receiver, number, event));
            }
        }
        rows
    }
}

/// The place of an event in the queue.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Queued {
    pub(super) receiver_id: ReceiverId,
    pub(super) place: i64,
    pub(super) is_head: bool,
}

/// How several statements are sent to a database as one.
pub(super) trait Together: Database {
    /// Begins part `part`, counted from 0, of `of` parts.
    fn begin_part(query: &mut QueryBuilder<Self>, part: usize, of: usize);
}

impl Together for Sqlite {
    fn begin_part(query: &mut QueryBuilder<Self>, part: usize, _of: usize) {
        if part > 0 {
            query.push("; ");
        }
    }
}

impl Together for Postgres {
    fn begin_part(query: &mut QueryBuilder<Self>, part: usize, of: usize) {
        let is_last = part + 1 == of;
        match (part, is_last) {
            (0, true) => {}
            (0, false) => drop(query.push("WITH part_0 AS (")),
            (_, true) => drop(query.push(") ")),
            (_, false) => drop(query.push("), part_").push(part).push(" AS (")),
        }
    }
}

impl Tx {
    /// Writes all of it. Returns the places of the queued events.
    pub(super) async fn append(&mut self, append: &Append<'_>) -> Result<Vec<Queued>, Error> {
        let Append { user, at, actor, credentials_version, revision, profile, log, forgotten, .. } = append;
        let rows = append.rows();
        let writes_user = revision.is_some() || profile.is_some();
        let wanted = [writes_user, !log.is_empty(), forgotten.is_some(), !rows.is_empty()];
        let parts = wanted.into_iter().filter(|wanted| *wanted).count();
        if parts == 0 {
            return Ok(Vec::new());
        }
        let queued = in_tx!(self, c => {
            let mut query = QueryBuilder::new("");
            let mut part = 0;
            if writes_user {
                Together::begin_part(&mut query, part, parts);
                part += 1;
                query.push("UPDATE users SET ");
                let mut columns = query.separated(", ");
                if let Some(revision) = revision {
                    columns.push("revision = ").push_bind_unseparated(*revision);
                }
                if let Some(profile) = profile {
                    let (name_key, surname_key) = name_keys(&profile.first_name, profile.last_name.as_ref());
                    columns.push("first_name = ").push_bind_unseparated(&profile.first_name);
                    columns.push("last_name = ").push_bind_unseparated(&profile.last_name);
                    columns.push("company_name = ").push_bind_unseparated(&profile.company_name);
                    columns.push("phone = ").push_bind_unseparated(&profile.phone);
                    columns.push("locale = ").push_bind_unseparated(profile.locale);
                    columns.push("pending_email = ").push_bind_unseparated(&profile.pending_email);
                    if profile.pending_email.is_none() {
                        columns.push("pending_email_until = NULL").push("pending_email_session = NULL");
                    }
                    columns.push("profile_revision = ").push_bind_unseparated(profile.revision);
                    columns.push("updated_at = ").push_bind_unseparated(profile.updated_at);
                    columns.push("name_key = ").push_bind_unseparated(name_key);
                    columns.push("surname_key = ").push_bind_unseparated(surname_key);
                }
                query.push(" WHERE id = ").push_bind(*user);
            }
            if !log.is_empty() {
                Together::begin_part(&mut query, part, parts);
                part += 1;
                query.push("INSERT INTO account_events (user_id, revision, at, type, data, session_id, credentials_version) ");
                query.push_values(*log, |mut row, entry| {
                    row.push_bind(*user).push_bind(entry.revision).push_bind(*at).push_bind(entry.r#type);
                    row.push_bind(&entry.data).push_bind(*actor).push_bind(*credentials_version);
                });
            }
            if let Some(until) = forgotten {
                Together::begin_part(&mut query, part, parts);
                part += 1;
                query.push("DELETE FROM account_events WHERE user_id = ").push_bind(*user);
                query.push(" AND revision <= ").push_bind(*until);
            }
            if !rows.is_empty() {
                Together::begin_part(&mut query, part, parts);
                query.push("INSERT INTO outgoing_events (id, receiver_id, user_id, place, type, at, external_id, revision, \
                    session_id, object, state, attempts, next_attempt_at, claimed, doomed) ");
                query.push_values(&rows, |mut row, (receiver, number, event)| {
                    row.push_bind(DeliveryId::new()).push_bind(*receiver).push_bind(*user);
                    row.push("(SELECT COALESCE(MAX(place), 0) + ").push_unseparated(number);
                    row.push_unseparated(" FROM outgoing_events WHERE user_id = ").push_bind_unseparated(*user);
                    row.push_unseparated(" AND receiver_id = ").push_bind_unseparated(*receiver).push_unseparated(")");
                    row.push_bind(event.r#type).push_bind(*at);
                    row.push("(SELECT external_id FROM users WHERE id = ");
                    row.push_bind_unseparated(*user).push_unseparated(")");
                    row.push_bind(event.revision).push_bind(*actor).push_bind(&event.object);
                    row.push("'waiting', 0");
                    if *number == 1 {
                        row.push("CASE WHEN EXISTS (SELECT 1 FROM outgoing_events WHERE user_id = ");
                        row.push_bind_unseparated(*user).push_unseparated(" AND receiver_id = ");
                        row.push_bind_unseparated(*receiver);
                        row.push_unseparated(" AND next_attempt_at IS NOT NULL) THEN NULL ELSE ");
                        row.push_bind_unseparated(*at).push_unseparated(" END");
                    } else {
                        row.push("NULL");
                    }
                    row.push("FALSE, FALSE");
                });
                query.push(" RETURNING receiver_id, place, next_attempt_at IS NOT NULL AS is_head");
            }
            query.build_query_as().fetch_all(c).await
        })?;
        Ok(queued)
    }
}
