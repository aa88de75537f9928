//! Counts of wrong passwords, by the subject of the guesses.

use super::{Error, Tx, append::Together, in_tx};
use crate::domain::{
    email::EmailAddress,
    ids::{SecurityEventId, SessionId},
    security_event::SecurityEventType,
    time::Timestamp,
};
use sqlx::QueryBuilder;

const BEGIN: &str = "INSERT INTO password_failures (subject, since, failures) VALUES ($1, $2, 1) \
     ON CONFLICT (subject) DO UPDATE SET \
     failures = CASE WHEN password_failures.since <= $3 THEN 1 ELSE password_failures.failures + 1 END, \
     since = CASE WHEN password_failures.since <= $3 OR password_failures.since > $2 THEN excluded.since \
     ELSE password_failures.since END \
     RETURNING failures, since";
/// The subject follows.
const WITHDRAW: &str = "UPDATE password_failures SET failures = failures - 1 WHERE failures > 0 AND subject = ";
const DELETE: &str =
    "DELETE FROM password_failures WHERE subject = $1 OR substr(subject, 1, length($1) + 1) = $1 || ' '";
const PRUNE: &str = "DELETE FROM password_failures WHERE subject IN \
     (SELECT subject FROM password_failures WHERE since < $1 ORDER BY since LIMIT $2)";

impl Tx {
    /// Counts a guess before it is checked; returns the number of guesses including it, and since when they are
    /// counted. Counts from before `window_start` are dropped; a count that began after `now`, by a clock that was
    /// ahead, begins now.
    pub async fn count_password_failure(
        &mut self,
        subject: &str,
        now: Timestamp,
        window_start: Timestamp,
    ) -> Result<(i64, Timestamp), Error> {
        let counted = in_tx!(self, c => sqlx::query_as(BEGIN)
            .bind(subject).bind(now).bind(window_start).fetch_one(c).await)?;
        Ok(counted)
    }

    /// No longer counts a guess that was not wrong.
    pub async fn withdraw_password_failure(&mut self, subject: &str) -> Result<(), Error> {
        in_tx!(self, c => QueryBuilder::new(WITHDRAW).push_bind(subject).build().execute(c).await.map(drop))?;
        Ok(())
    }

    /// No longer counts a guess that turned out to be right, and sets the outcome of the event that recorded it as wrong,
    /// in one round trip.
    pub async fn resolve_password_failure(
        &mut self,
        subject: &str,
        event: SecurityEventId,
        became: SecurityEventType,
        session: Option<SessionId>,
    ) -> Result<(), Error> {
        in_tx!(self, c => {
            let mut query = QueryBuilder::new("");
            Together::begin_part(&mut query, 0, 2);
            query.push(WITHDRAW).push_bind(subject);
            Together::begin_part(&mut query, 1, 2);
            query.push("UPDATE security_events SET type = ").push_bind(became);
            query.push(", session_id = ").push_bind(session).push(" WHERE id = ").push_bind(event);
            query.build().execute(c).await.map(drop)
        })?;
        Ok(())
    }

    /// Deletes the counts of an address, including those of its devices.
    pub async fn delete_password_failures(&mut self, email: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE).bind(email).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` counts that began before `before`; returns their number.
    pub async fn prune_password_failures(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
