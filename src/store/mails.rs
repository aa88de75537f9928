//! Letters as operators see them. Decoys are not shown.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{MailId, UserId},
    mail::{Mail, MailState},
    time::Timestamp,
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    id: MailId,
    user_id: Option<UserId>,
    recipient: EmailAddress,
    kind: String,
    attempts: i64,
    last_error: Option<String>,
    next_attempt_at: Timestamp,
    sent_at: Option<Timestamp>,
    given_up_at: Option<Timestamp>,
    created_at: Timestamp,
}

const COLUMNS: &str =
    "id, user_id, recipient, kind, attempts, last_error, next_attempt_at, sent_at, given_up_at, created_at";
const RETRY: &str = "UPDATE mail_outbox SET given_up_at = NULL, next_attempt_at = $2 WHERE id = $1 AND sent_at IS NULL \
     AND (given_up_at IS NOT NULL OR next_attempt_at > $3)";

impl From<Row> for Mail {
    fn from(row: Row) -> Self {
        let state = match (row.sent_at, row.given_up_at) {
            (Some(_), _) => MailState::Sent,
            (None, Some(_)) => MailState::GivenUp,
            (None, None) => MailState::Waiting,
        };
        Self {
            id: row.id,
            recipient: row.recipient,
            kind: row.kind,
            state,
            attempts: row.attempts,
            last_error: row.last_error,
            next_attempt_at: (state == MailState::Waiting).then_some(row.next_attempt_at),
            created_at: row.created_at,
        }
    }
}

impl Store {
    /// At most `limit` letters before `before`, newest first.
    pub async fn list_mails(
        &self,
        state: Option<MailState>,
        before: Option<MailId>,
        limit: i64,
    ) -> Result<Vec<Mail>, Error> {
        let state = match state {
            None => "",
            Some(MailState::Waiting) => " AND sent_at IS NULL AND given_up_at IS NULL",
            Some(MailState::Sent) => " AND sent_at IS NOT NULL",
            Some(MailState::GivenUp) => " AND given_up_at IS NOT NULL AND sent_at IS NULL",
        };
        let statement =
            format!("SELECT {COLUMNS} FROM mail_outbox WHERE id < $1 AND NOT decoy{state} ORDER BY id DESC LIMIT $2");
        let before = before.unwrap_or(MailId(Uuid::max()));
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(AssertSqlSafe(statement)).bind(before).bind(limit)
            .fetch_all(pool).await)?;
        Ok(rows.into_iter().map(Mail::from).collect())
    }
}

impl Tx {
    /// A letter, and the user it is about.
    pub async fn find_mail(&mut self, id: MailId) -> Result<Option<(Mail, Option<UserId>)>, Error> {
        let statement = format!("SELECT {COLUMNS} FROM mail_outbox WHERE id = $1 AND NOT decoy");
        let row: Option<Row> =
            in_tx!(self, c => sqlx::query_as(AssertSqlSafe(statement)).bind(id).fetch_optional(c).await)?;
        Ok(row.map(|row| {
            let user = row.user_id;
            (row.into(), user)
        }))
    }

    /// Makes a letter due at once. One that is due by `soon` is not changed: it may be under way.
    pub async fn retry_mail(&mut self, id: MailId, now: Timestamp, soon: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(RETRY).bind(id).bind(now).bind(soon).execute(c).await.map(drop))?;
        Ok(())
    }
}
