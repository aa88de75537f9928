//! Locks by which requests for letters to the same mailbox are counted one after the other, so that a mailbox's allowance
//! is exact even if several nodes get requests at once.

use super::{Error, Tx, in_tx};
use crate::domain::{email::EmailAddress, letter::LetterKind, time::Timestamp};
use sha2::{Digest, Sha256};

/// Locks a row of the rate limits until the transaction ends; it is pruned with them.
const LOCK: &str = "INSERT INTO rate_limits (subject, arrival_ms) VALUES ($1, $2) \
     ON CONFLICT (subject) DO UPDATE SET arrival_ms = excluded.arrival_ms";

/// The number of locks. Mailboxes share them, so that the table does not reveal for which ones letters were requested.
const LOCKS: u16 = 4096;

impl Tx {
    /// Waits for other transactions that count letters of this kind for this mailbox. Must be called at most once per
    /// transaction, and after locking an account if that is locked as well: any other order could deadlock.
    pub async fn lock_mailbox(&mut self, to: &EmailAddress, kind: LetterKind, now: Timestamp) -> Result<(), Error> {
        let digest = Sha256::digest(format!("{} {to}", kind.as_str()));
        let subject = format!("letters {}", u16::from_be_bytes([digest[0], digest[1]]) % LOCKS);
        in_tx!(self, c => sqlx::query(LOCK).bind(subject).bind(now.unix_millis()).execute(c).await.map(drop))?;
        Ok(())
    }
}
