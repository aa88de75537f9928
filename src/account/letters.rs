//! Queueing letters.

use super::{Accounts, Error};
use crate::{
    domain::{email::EmailAddress, ids::DeviceId, letter::Letter, one_time_token::TokenPurpose, time::Timestamp},
    store::Tx,
};
use std::time::Duration;

/// The time that the limit on letters to a mailbox counts in (docs/settings.md).
const MAILBOX_WINDOW: Duration = Duration::from_secs(3600);

impl Accounts {
    /// Whether a mailbox may get another letter that anybody could have asked for. Ask before anything is
    /// done for the letter: a link that is not sent must not void the one that was.
    pub(crate) async fn has_room(&self, tx: &mut Tx, to: &EmailAddress, now: Timestamp) -> Result<bool, Error> {
        let queued = tx.count_letters(to, now.before(MAILBOX_WINDOW)).await?;
        Ok(queued < i64::from(self.mails_per_mailbox.get()))
    }

    /// Whether a known device may ask for another letter that sets a new password: each has an allowance of its own.
    pub(crate) async fn has_room_for_device(
        &self,
        tx: &mut Tx,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let asked = tx.count_tokens_asked_by(device, TokenPurpose::ResetPassword, now.before(MAILBOX_WINDOW)).await?;
        Ok(asked < i64::from(self.mails_per_mailbox.get()))
    }

    /// Queues a letter, or does the same work where there is none to send.
    pub(crate) async fn queue_letter(
        &self,
        tx: &mut Tx,
        to: &EmailAddress,
        letter: Option<Letter>,
        now: Timestamp,
    ) -> Result<(), Error> {
        match letter {
            Some(letter) => tx.insert_letter(&letter, now).await?,
            None => tx.insert_decoy(to, now).await?,
        }
        Ok(())
    }
}
