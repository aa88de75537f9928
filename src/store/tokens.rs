//! One-time tokens of users.

use super::{Error, Tx, in_tx};
use crate::domain::{
    email::EmailAddress,
    ids::{DeviceId, TokenId, UserId},
    one_time_token::{OneTimeToken, TokenPurpose},
    time::Timestamp,
};
use std::ops::Range;

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: TokenId,
    user_id: UserId,
    purpose: TokenPurpose,
    new_email: Option<EmailAddress>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<TokenRow> for OneTimeToken {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            user: row.user_id,
            purpose: row.purpose,
            new_email: row.new_email,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

const SPEND_OLDER: &str =
    "UPDATE one_time_tokens SET used_at = $3 WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL";
const INSERT: &str = "INSERT INTO one_time_tokens (id, user_id, purpose, new_email, device_id, created_at, expires_at) \
     SELECT $1, u.id, $3, $4, $7, $5, $6 FROM users u WHERE u.id = $2";
const FIND: &str = "SELECT id, user_id, purpose, new_email, created_at, expires_at FROM one_time_tokens \
     WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
const COUNT_ASKED_BY: &str = "SELECT COUNT(*) FROM one_time_tokens WHERE user_id = (SELECT user_id FROM known_devices WHERE id = $1) \
     AND purpose = $2 AND device_id = $1 AND created_at > $3 AND created_at < $4";
const SPEND: &str = "UPDATE one_time_tokens SET used_at = $3 \
     WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 \
     RETURNING id, user_id, purpose, new_email, created_at, expires_at";
const COUNT_FAILURE: &str = "UPDATE one_time_tokens SET failures = failures + 1 WHERE id = $1 AND used_at IS NULL \
     AND failures < $2 RETURNING failures";
const WITHDRAW_FAILURE: &str = "UPDATE one_time_tokens SET failures = failures - 1 WHERE id = $1 AND failures > 0";
const SPEND_ALL: &str = "UPDATE one_time_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL";
const PRUNE: &str = "DELETE FROM one_time_tokens WHERE id IN \
     (SELECT id FROM one_time_tokens WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

impl Tx {
    /// Adds a token. The older ones of its purpose must be used up before, because only the newest is valid. It does
    /// the same work, without effect, for a user who does not exist. `asked_by` is the known device that requests it.
    pub async fn insert_token(&mut self, token: &OneTimeToken, asked_by: Option<DeviceId>) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(token.id).bind(token.user).bind(token.purpose).bind(&token.new_email)
            .bind(token.created_at).bind(token.expires_at).bind(asked_by)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// The number of tokens of this purpose that a known device has requested.
    pub async fn count_tokens_asked_by(
        &mut self,
        device: DeviceId,
        purpose: TokenPurpose,
        window: &Range<Timestamp>,
    ) -> Result<i64, Error> {
        let asked = in_tx!(self, c => sqlx::query_scalar(COUNT_ASKED_BY)
            .bind(device).bind(purpose).bind(window.start).bind(window.end).fetch_one(c).await)?;
        Ok(asked)
    }

    /// A valid token, which is not used up.
    pub async fn find_token(
        &mut self,
        id: TokenId,
        purpose: TokenPurpose,
        now: Timestamp,
    ) -> Result<Option<OneTimeToken>, Error> {
        let row: Option<TokenRow> =
            in_tx!(self, c => sqlx::query_as(FIND).bind(id).bind(purpose).bind(now).fetch_optional(c).await)?;
        Ok(row.map(OneTimeToken::from))
    }

    /// Uses up a valid token; of concurrent callers, only one gets it.
    pub async fn spend_token(
        &mut self,
        id: TokenId,
        purpose: TokenPurpose,
        now: Timestamp,
    ) -> Result<Option<OneTimeToken>, Error> {
        let row: Option<TokenRow> =
            in_tx!(self, c => sqlx::query_as(SPEND).bind(id).bind(purpose).bind(now).fetch_optional(c).await)?;
        Ok(row.map(OneTimeToken::from))
    }

    /// Counts a wrong password that comes with a token, before it is checked; `false` if there were `most` already.
    pub async fn count_token_failure(&mut self, id: TokenId, most: i64) -> Result<bool, Error> {
        let counted: Option<i64> = in_tx!(self, c => sqlx::query_scalar(COUNT_FAILURE).bind(id).bind(most)
            .fetch_optional(c).await)?;
        Ok(counted.is_some())
    }

    /// No longer counts a password that turned out to be right.
    pub async fn withdraw_token_failure(&mut self, id: TokenId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(WITHDRAW_FAILURE).bind(id).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Uses up a user's tokens of one purpose.
    pub async fn spend_tokens_for(&mut self, user: UserId, purpose: TokenPurpose, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(SPEND_OLDER).bind(user).bind(purpose).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Uses up every outstanding token of a user.
    pub async fn spend_all_tokens(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(SPEND_ALL).bind(user).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` tokens made before `before`; returns their number.
    pub async fn prune_tokens(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
