//! The outbox of letters.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{MailId, UserId},
    letter::{Content, Letter, LetterKind},
    profile::Locale,
    time::Timestamp,
};
use std::ops::Range;

/// A due letter.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its id; the `Message-ID` is made from it, so that a repeated letter has the same one.
    pub id: MailId,
    /// Its content.
    pub queued: Queued,
    /// When it was queued.
    pub created_at: Timestamp,
    /// The number of attempts, including this one, which is the number of the claim ([`crate::leases`]).
    pub attempts: i64,
}

/// The content of a row of the outbox.
#[derive(Clone, Debug)]
pub enum Queued {
    /// A letter.
    Letter(Letter),
    /// A letter of a kind that this version does not know.
    Unknown,
    /// Nothing to send: it stands in for a letter that would have revealed something.
    Decoy,
}

/// Requests to change an account's address to a mailbox. Each is one row of the outbox, a letter or a decoy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct EmailChangeRequests {
    /// All of them.
    #[sqlx(rename = "asked")]
    pub all: i64,
    /// Those from one network.
    pub own: i64,
    /// Notices that the mailbox got because it has an account.
    pub notices: i64,
}

/// The record of a letter about an account.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema, sqlx::FromRow)]
pub struct LetterAbout {
    /// Its id.
    pub id: MailId,
    /// Its recipient.
    pub recipient: EmailAddress,
    /// Its kind.
    pub kind: LetterKind,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was handed over to the mail server.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub given_up_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: MailId,
    user_id: Option<UserId>,
    recipient: EmailAddress,
    /// As text: a newer version may know languages that this one does not.
    locale: String,
    content: String,
    created_at: Timestamp,
    attempts: i64,
    decoy: bool,
}

const INSERT: &str = "INSERT INTO mail_outbox (id, user_id, recipient, locale, content, created_at, attempts, \
     next_attempt_at, decoy, kind, network) VALUES ($1, $6, $2, $3, $4, $5, 0, $5, FALSE, $7, $8)";
const INSERT_DECOY: &str = "INSERT INTO mail_outbox (id, recipient, locale, content, created_at, attempts, \
     next_attempt_at, decoy, kind, network) VALUES ($1, $2, 'en', '{}', $3, 0, $3, TRUE, $4, $5)";
const COUNT_RECENT: &str = "SELECT COUNT(*), COUNT(CASE WHEN network = $3 THEN 1 END) FROM mail_outbox \
     WHERE recipient = $1 AND kind = $2 AND created_at > $4 AND created_at < $5 AND network IS NOT NULL AND NOT decoy";
const COUNT_EMAIL_CHANGES: &str = "SELECT COUNT(*) AS asked, COUNT(CASE WHEN network = $4 THEN 1 END) AS own, \
     COUNT(CASE WHEN kind = $3 AND NOT decoy THEN 1 END) AS notices FROM mail_outbox \
     WHERE recipient = $1 AND kind IN ($2, $3) AND created_at > $5 AND created_at < $6";
// A time further ahead than any retry was written before the clock was set back: it counts as now.
const DUE: &str = "SELECT EXISTS (SELECT 1 FROM mail_outbox WHERE sent_at IS NULL AND given_up_at IS NULL \
     AND (next_attempt_at <= $1 OR next_attempt_at > $2))";
const CLAIM: &str = "UPDATE mail_outbox SET attempts = attempts + 1, next_attempt_at = $3 WHERE id IN \
     (SELECT id FROM mail_outbox WHERE sent_at IS NULL AND given_up_at IS NULL \
     AND (next_attempt_at <= $1 OR next_attempt_at > $2) ORDER BY next_attempt_at LIMIT $4) \
     AND sent_at IS NULL AND given_up_at IS NULL AND (next_attempt_at <= $1 OR next_attempt_at > $2) \
     RETURNING id, user_id, recipient, locale, content, created_at, attempts, decoy";
const DELETE: &str = "DELETE FROM mail_outbox WHERE id = $1";
const MARK_SENT: &str = "UPDATE mail_outbox SET sent_at = $2 WHERE id = $1";
const NOTE_ERROR: &str = "UPDATE mail_outbox SET last_error = $3 WHERE id = $1 AND attempts = $2";
const GIVE_UP: &str = "UPDATE mail_outbox SET given_up_at = $3 WHERE id = $1 AND attempts = $2 AND sent_at IS NULL";
const POSTPONE: &str = "UPDATE mail_outbox SET next_attempt_at = $3 WHERE id = $1 AND attempts = $2 \
     AND sent_at IS NULL AND given_up_at IS NULL";
const DELETE_TO: &str = "DELETE FROM mail_outbox WHERE recipient = $1";
const ADOPT: &str = "UPDATE mail_outbox SET user_id = $1 WHERE recipient = $2 AND user_id IS NULL";
const DELETE_OF: &str = "DELETE FROM mail_outbox WHERE user_id = $1";
const LIST_OF: &str = "SELECT id, recipient, kind, created_at, sent_at, given_up_at FROM mail_outbox \
     WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3";
const WAITING: &str = "SELECT COUNT(*), MIN(created_at) FROM mail_outbox WHERE sent_at IS NULL AND given_up_at IS NULL \
     AND NOT decoy";
const PRUNE: &str = "DELETE FROM mail_outbox WHERE id IN (SELECT id FROM mail_outbox \
     WHERE created_at < $1 AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL OR decoy) ORDER BY created_at LIMIT $2)";

impl OutboxRow {
    /// Whether the row is deleted with the letter: nothing is kept about a user who deleted their account.
    pub fn leaves_nothing(&self) -> bool {
        matches!(&self.queued, Queued::Letter(letter) if letter.content == Content::AccountDeleted)
    }
}

impl Store {
    /// The number of letters that wait, and since when the oldest of them has waited.
    pub async fn waiting_letters(&self) -> Result<(i64, Option<Timestamp>), Error> {
        let row = on_pool!(self, pool => sqlx::query_as(WAITING).fetch_one(pool).await)?;
        Ok(row)
    }

    /// Whether a letter is due at `now`; a time after `latest` counts as now.
    pub async fn letter_is_due(&self, now: Timestamp, latest: Timestamp) -> Result<bool, Error> {
        let due = on_pool!(self, pool => sqlx::query_scalar(DUE).bind(now).bind(latest).fetch_one(pool).await)?;
        Ok(due)
    }
}

impl Tx {
    /// Queues a letter, which is sent once the transaction is committed. `network` is where it was requested, and
    /// counts against the allowance that is open to anybody. A letter that only its owner or a known device can cause
    /// has none.
    pub async fn insert_letter(&mut self, letter: &Letter, network: Option<&str>, now: Timestamp) -> Result<(), Error> {
        let content =
            serde_json::to_string(&letter.content).map_err(|e| Error::Broken(sqlx::Error::Encode(e.into())))?;
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(MailId::new()).bind(&letter.to).bind(letter.locale).bind(content).bind(now).bind(letter.user)
            .bind(letter.content.kind()).bind(network)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Writes a row like that of a letter, so that a call does the same work whether there is somebody to write to or
    /// not. It is never sent.
    pub async fn insert_decoy(
        &mut self,
        to: &EmailAddress,
        kind: LetterKind,
        network: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT_DECOY).bind(MailId::new()).bind(to).bind(now).bind(kind).bind(network)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// The number of letters of a kind that were requested for a mailbox, and the number of those from this network.
    pub async fn count_letters(
        &mut self,
        to: &EmailAddress,
        kind: LetterKind,
        network: &str,
        window: &Range<Timestamp>,
    ) -> Result<(i64, i64), Error> {
        let counts = in_tx!(self, c => sqlx::query_as(COUNT_RECENT)
            .bind(to).bind(kind).bind(network).bind(window.start).bind(window.end).fetch_one(c).await)?;
        Ok(counts)
    }

    /// The number of requests to change an account's address to this mailbox.
    pub async fn count_email_change_requests(
        &mut self,
        to: &EmailAddress,
        network: &str,
        window: &Range<Timestamp>,
    ) -> Result<EmailChangeRequests, Error> {
        let counts = in_tx!(self, c => sqlx::query_as(COUNT_EMAIL_CHANGES)
            .bind(to).bind(LetterKind::ConfirmEmailChange).bind(LetterKind::EmailTaken).bind(network).bind(window.start)
            .bind(window.end).fetch_one(c).await)?;
        Ok(counts)
    }

    /// Claims at most `limit` due letters until `until`. If the worker dies, they become due again then.
    pub async fn claim_letters(
        &mut self,
        now: Timestamp,
        latest: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<OutboxRow>, Error> {
        let rows: Vec<Row> = in_tx!(self, c => sqlx::query_as(CLAIM)
            .bind(now).bind(latest).bind(until).bind(limit).fetch_all(c).await)?;
        Ok(rows
            .into_iter()
            .map(|row| OutboxRow {
                id: row.id,
                queued: if row.decoy {
                    Queued::Decoy
                } else {
                    let content = serde_json::from_str::<Content>(&row.content).ok();
                    content.zip(Locale::from_name(&row.locale)).map_or(Queued::Unknown, |(content, locale)| {
                        Queued::Letter(Letter { user: row.user_id, to: row.recipient, locale, content })
                    })
                },
                created_at: row.created_at,
                attempts: row.attempts,
            })
            .collect())
    }

    /// Records that a letter was handed over.
    pub async fn mark_letter_sent(&mut self, id: MailId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(MARK_SENT).bind(id).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes a letter that was handed over or given up.
    pub async fn delete_letter(&mut self, id: MailId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE).bind(id).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records that a letter will not be sent, if it is still claimed by this attempt.
    pub async fn give_up_letter(&mut self, id: MailId, attempts: i64, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(GIVE_UP).bind(id).bind(attempts).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records why an attempt failed, if the letter is still claimed by it.
    pub async fn record_letter_error(&mut self, id: MailId, attempts: i64, reason: &str) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(NOTE_ERROR).bind(id).bind(attempts).bind(reason).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Sets when a letter is due again, if it is still claimed by this attempt; returns whether it is. While it is
    /// being sent, this renews the claim.
    pub async fn postpone_letter(&mut self, id: MailId, attempts: i64, until: Timestamp) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(POSTPONE).bind(id).bind(attempts).bind(until)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// At most `limit` letters about a user's account after `after`, oldest first.
    pub async fn list_letters_of(
        &mut self,
        user: UserId,
        after: MailId,
        limit: i64,
    ) -> Result<Vec<LetterAbout>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(LIST_OF).bind(user).bind(after).bind(limit).fetch_all(c).await)?;
        Ok(rows)
    }

    /// Deletes every letter about a user's account, sent or not, whatever address it went to.
    pub async fn delete_letters_of(&mut self, user: UserId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_OF).bind(user).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes every letter to an address, sent or not.
    pub async fn delete_letters_to(&mut self, to: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_TO).bind(to).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Assigns the letters that an address got before it had an account to that account.
    pub async fn adopt_letters(&mut self, user: UserId, to: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(ADOPT).bind(user).bind(to).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` letters queued before `before` that no longer wait; returns their number.
    pub async fn prune_letters(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
