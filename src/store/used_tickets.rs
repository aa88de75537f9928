//! Used tickets: a ticket is single-use, and is void after too many wrong answers. A ticket issued before the database
//! was restored is void as well, because it may have been used in the lost time.

use super::{Error, Tx, in_tx};
use crate::domain::{ids::TicketId, time::Timestamp};

const SPEND: &str = "INSERT INTO used_tickets (id, failures, spent, expires_at) SELECT $1, 0, TRUE, $2 \
     WHERE NOT EXISTS (SELECT 1 FROM database_epoch WHERE since > $3) \
     ON CONFLICT (id) DO UPDATE SET spent = TRUE WHERE used_tickets.spent = FALSE";
const COUNT_FAILURE: &str = "INSERT INTO used_tickets (id, failures, spent, expires_at) SELECT $1, 1, FALSE, $2 \
     WHERE NOT EXISTS (SELECT 1 FROM database_epoch WHERE since > $3) \
     ON CONFLICT (id) DO UPDATE SET failures = used_tickets.failures + 1 \
     WHERE used_tickets.spent = FALSE AND used_tickets.failures < $4";
const IS_SPENT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM used_tickets WHERE id = $1 AND spent = TRUE";
const WITHDRAW_FAILURE: &str = "UPDATE used_tickets SET failures = failures - 1 WHERE id = $1 AND failures > 0";
const PRUNE: &str = "DELETE FROM used_tickets WHERE id IN \
     (SELECT id FROM used_tickets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

impl Tx {
    /// Uses up a ticket; returns whether it was still valid. Of concurrent callers, only one gets `true`.
    pub async fn spend_ticket(&mut self, id: TicketId, expires_at: Timestamp) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(SPEND).bind(id).bind(expires_at).bind(id.made_at())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Whether a ticket is used up.
    pub async fn is_ticket_spent(&mut self, id: TicketId) -> Result<bool, Error> {
        let spent: i64 = in_tx!(self, c => sqlx::query_scalar(IS_SPENT).bind(id).fetch_one(c).await)?;
        Ok(spent > 0)
    }

    /// Counts an answer that comes with a ticket as wrong, before it is checked; `false` if the ticket is used up, or has
    /// had `most` wrong answers already.
    pub async fn count_ticket_failure(
        &mut self,
        id: TicketId,
        expires_at: Timestamp,
        most: i64,
    ) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(COUNT_FAILURE).bind(id).bind(expires_at).bind(id.made_at()).bind(most)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// No longer counts an answer that was not wrong.
    pub async fn withdraw_ticket_failure(&mut self, id: TicketId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(WITHDRAW_FAILURE).bind(id).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` tickets that expired before `before`; returns their number.
    pub async fn prune_used_tickets(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
