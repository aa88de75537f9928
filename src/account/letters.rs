//! Queueing letters.

use super::{Accounts, Error};
use crate::{
    domain::{email::EmailAddress, letter::Letter, time::Timestamp},
    store::Tx,
};
use std::time::Duration;

/// The time that the limit on letters to a mailbox counts in (contract §6).
const MAILBOX_WINDOW: Duration = Duration::from_secs(3600);

impl Accounts {
    /// Queues a letter that anybody could have asked for; nothing is sent, with the same work, where there
    /// is none to send or the mailbox had enough of them.
    pub(super) async fn queue_letter(
        &self,
        tx: &mut Tx,
        to: &EmailAddress,
        letter: Option<Letter>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let queued = tx.count_letters(to, now.before(MAILBOX_WINDOW)).await?;
        match letter.filter(|_| queued < i64::from(self.mails_per_mailbox.get())) {
            Some(letter) => tx.insert_letter(&letter, now).await?,
            None => tx.insert_decoy(to, now).await?,
        }
        Ok(())
    }
}
