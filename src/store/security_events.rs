//! The security log of each user.

use super::{Error, Tx, in_tx};
use crate::domain::{
    client::Client,
    email::EmailAddress,
    ids::{SecurityEventId, SessionId, UserId},
    security_event::{SecurityEvent, SecurityEventType},
    session::UserAgent,
    time::Timestamp,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: SecurityEventId,
    at: Timestamp,
    #[sqlx(rename = "type")]
    event_type: SecurityEventType,
    session_id: Option<SessionId>,
    ip: Option<String>,
    user_agent: Option<UserAgent>,
    detail: String,
}

impl TryFrom<Row> for SecurityEvent {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            at: row.at,
            r#type: row.event_type,
            session_id: row.session_id,
            ip: row.ip,
            user_agent: row.user_agent,
            detail: serde_json::from_str(&row.detail).map_err(|e| Error::Broken(sqlx::Error::decode(e)))?,
        })
    }
}

const INSERT: &str = "INSERT INTO security_events (id, user_id, at, type, session_id, ip, user_agent, detail) \
     SELECT $1, u.id, $3, $4, $5, $6, $7, $8 FROM users u WHERE u.id = $2";
const INSERT_FOR_EMAIL: &str = "INSERT INTO security_events (id, user_id, at, type, session_id, ip, user_agent, detail) \
     SELECT $1, u.id, $3, $4, $5, $6, $7, $8 FROM users u WHERE u.email = $2";
const DELETE: &str = "DELETE FROM security_events WHERE id = $1";
const PAGE: &str = "SELECT id, at, type, session_id, ip, user_agent, detail FROM security_events \
     WHERE user_id = $1 ORDER BY id DESC LIMIT $2";
const PAGE_BEFORE: &str = "SELECT id, at, type, session_id, ip, user_agent, detail FROM security_events \
     WHERE user_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2";
const PAGE_AFTER: &str = "SELECT id, at, type, session_id, ip, user_agent, detail FROM security_events \
     WHERE user_id = $1 AND id > $3 ORDER BY id LIMIT $2";
const PRUNE: &str = "DELETE FROM security_events WHERE id IN \
     (SELECT id FROM security_events WHERE at < $1 ORDER BY at LIMIT $2)";

impl Tx {
    /// Records an event of a user.
    pub async fn insert_security_event(&mut self, user: UserId, event: &SecurityEvent) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(event.id).bind(user).bind(event.at).bind(event.r#type).bind(event.session_id)
            .bind(&event.ip).bind(&event.user_agent).bind(event.detail.to_string())
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records an event of the user with this address; without such a user, it does the same work without effect.
    pub async fn insert_security_event_for(
        &mut self,
        email: &EmailAddress,
        event: &SecurityEvent,
    ) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT_FOR_EMAIL)
            .bind(event.id).bind(email).bind(event.at).bind(event.r#type).bind(event.session_id)
            .bind(&event.ip).bind(&event.user_agent).bind(event.detail.to_string())
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes an event that was recorded before its outcome was known.
    pub async fn delete_security_event(&mut self, id: SecurityEventId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE).bind(id).execute(c).await.map(drop))?;
        Ok(())
    }

    /// At most `limit` entries before `before`, newest first.
    pub async fn list_security_events(
        &mut self,
        user: UserId,
        before: Option<SecurityEventId>,
        limit: i64,
    ) -> Result<Vec<SecurityEvent>, Error> {
        let rows: Vec<Row> = match before {
            None => in_tx!(self, c => sqlx::query_as(PAGE).bind(user).bind(limit).fetch_all(c).await)?,
            Some(before) => {
                in_tx!(self, c => sqlx::query_as(PAGE_BEFORE).bind(user).bind(limit).bind(before).fetch_all(c).await)?
            }
        };
        rows.into_iter().map(SecurityEvent::try_from).collect()
    }

    /// At most `limit` entries after `after`, oldest first.
    pub async fn list_security_events_after(
        &mut self,
        user: UserId,
        after: SecurityEventId,
        limit: i64,
    ) -> Result<Vec<SecurityEvent>, Error> {
        let rows: Vec<Row> = in_tx!(self, c => sqlx::query_as(PAGE_AFTER)
            .bind(user).bind(limit).bind(after).fetch_all(c).await)?;
        rows.into_iter().map(SecurityEvent::try_from).collect()
    }

    /// Deletes at most `limit` entries from before `before`; returns their number.
    pub async fn prune_security_events(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}

impl SecurityEvent {
    /// An event at the present time.
    pub fn now(
        r#type: SecurityEventType,
        at: Timestamp,
        session_id: Option<SessionId>,
        client: Option<&Client>,
        detail: serde_json::Value,
    ) -> Self {
        Self {
            id: SecurityEventId::new(),
            at,
            r#type,
            session_id,
            ip: client.map(|client| client.ip.to_string()),
            user_agent: client.and_then(|client| client.user_agent.clone()),
            detail,
        }
    }
}
