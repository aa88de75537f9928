//! The cleanup of a restored database: sessions and tokens in it may have been used since the backup.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::{Epoch, UserId},
    time::Timestamp,
};
use uuid::Uuid;

const RENEW_EPOCH: &str = "INSERT INTO database_epoch (singleton, epoch, since) VALUES (TRUE, $1, $2) \
     ON CONFLICT (singleton) DO UPDATE SET epoch = excluded.epoch, since = excluded.since";
/// By the primary key, so that every account is visited once, however many pages there are.
const FIND_USERS: &str = "SELECT u.id FROM users u WHERE u.id > $1 AND (u.pending_email IS NOT NULL \
     OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.ended_at IS NULL) \
     OR EXISTS (SELECT 1 FROM one_time_tokens t WHERE t.user_id = u.id AND t.used_at IS NULL)) \
     ORDER BY u.id LIMIT $2";
/// Each token raises the generation. In the lost time some generations may have been issued, and none of them may be
/// issued again.
const EXPIRE_REGISTRATION_TOKENS: &str = "UPDATE registrations SET token_expires_at = $1, \
     token_generation = token_generation + 1000000 WHERE id IN \
     (SELECT id FROM registrations WHERE token_expires_at > $1 LIMIT $2)";
const GIVE_UP_LETTERS: &str = "UPDATE mail_outbox SET given_up_at = $1 WHERE id IN \
     (SELECT id FROM mail_outbox WHERE sent_at IS NULL AND given_up_at IS NULL AND NOT decoy AND created_at <= $1 \
     LIMIT $2)";

impl Store {
    /// At most `limit` users with ids above `after`, in order, who have a live session, an unused token or a pending
    /// e-mail address.
    pub async fn find_users_to_end(&self, after: Option<UserId>, limit: i64) -> Result<Vec<UserId>, Error> {
        let after = after.unwrap_or(UserId(Uuid::nil()));
        let rows = on_pool!(self, pool => sqlx::query_scalar(FIND_USERS)
            .bind(after).bind(limit).fetch_all(pool).await)?;
        Ok(rows)
    }
}

impl Tx {
    /// Sets the epoch of the database, from now on.
    pub async fn renew_epoch(&mut self, epoch: Epoch, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(RENEW_EPOCH).bind(epoch).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Expires the tokens of at most `limit` registrations; new ones can be requested. Returns their number.
    pub async fn expire_registration_tokens(&mut self, now: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(EXPIRE_REGISTRATION_TOKENS).bind(now).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }

    /// Gives up at most `limit` unsent letters that were queued by `now`; returns their number.
    pub async fn give_up_letters(&mut self, now: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(GIVE_UP_LETTERS).bind(now).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
