//! Requests for letters to one mailbox are counted one after the other: the allowance of a mailbox holds exactly, also
//! where several nodes are asked at once.

use super::{Error, Tx, in_tx};
use crate::domain::{email::EmailAddress, letter::LetterKind, time::Timestamp};
use sha2::{Digest, Sha256};

/// A row of the limits is locked until the transaction ends, and goes with them when it is old.
const LOCK: &str = "INSERT INTO rate_limits (subject, arrival_ms) VALUES ($1, $2) \
     ON CONFLICT (subject) DO UPDATE SET arrival_ms = excluded.arrival_ms";

/// Mailboxes share so many locks: the table says of none that letters were asked for.
const LOCKS: u16 = 4096;

impl Tx {
    /// Waits for whoever else counts letters of this kind for this mailbox. To be called once a transaction, after the lock
    /// of an account if that is taken too: whoever holds one and waits for another may wait for itself.
    pub async fn lock_mailbox(&mut self, to: &EmailAddress, kind: LetterKind, now: Timestamp) -> Result<(), Error> {
        let digest = Sha256::digest(format!("{} {to}", kind.as_str()));
        let subject = format!("letters {}", u16::from_be_bytes([digest[0], digest[1]]) % LOCKS);
        in_tx!(self, c => sqlx::query(LOCK).bind(subject).bind(now.unix_millis()).execute(c).await.map(drop))?;
        Ok(())
    }
}
