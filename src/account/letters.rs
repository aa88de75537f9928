//! Queueing letters that anybody may ask for.

use super::{Accounts, Error};
use crate::{
    domain::{
        client::Client,
        email::EmailAddress,
        ids::DeviceId,
        letter::{Letter, LetterKind},
        network::mail_network,
        one_time_token::TokenPurpose,
        time::Timestamp,
    },
    store::Tx,
};
use std::time::Duration;

/// The time that the allowances of a mailbox count in (docs/settings.md).
const MAILBOX_WINDOW: Duration = Duration::from_secs(3600);
/// A mailbox may get so many times its allowance where each further letter is the first that its network asks for:
/// a few networks must not keep an owner from the one letter that they need.
const FIRST_LETTERS: i64 = 3;

/// A letter that somebody asks for, who need not be the one who gets it.
#[derive(Clone, Debug)]
pub(crate) struct LetterRequest<'a> {
    to: &'a EmailAddress,
    kind: LetterKind,
    network: String,
    at: Timestamp,
}

impl<'a> LetterRequest<'a> {
    pub(crate) fn new(to: &'a EmailAddress, kind: LetterKind, client: &Client, at: Timestamp) -> Self {
        Self { to, kind, network: mail_network(client.ip).to_string(), at }
    }
}

impl Accounts {
    /// Whether a mailbox may get another letter of this kind. Ask before anything is done for the letter: a link that
    /// is not sent must not void the one that was.
    pub(crate) async fn has_room(&self, tx: &mut Tx, asked: &LetterRequest<'_>) -> Result<bool, Error> {
        let since = asked.at.before(MAILBOX_WINDOW);
        let (all, own) = tx.count_letters(asked.to, asked.kind, &asked.network, since).await?;
        Ok(match asked.kind {
            LetterKind::AlreadyRegistered | LetterKind::EmailTaken => all == 0,
            _ => {
                let allowance = i64::from(self.mails_per_mailbox.get());
                let of_one_network = (allowance + 1) / 2;
                (all < allowance && own < of_one_network) || (own == 0 && all < allowance * FIRST_LETTERS)
            }
        })
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
        asked: &LetterRequest<'_>,
        letter: Option<Letter>,
    ) -> Result<(), Error> {
        match letter {
            Some(letter) => tx.insert_letter(&letter, Some(&asked.network), asked.at).await?,
            None => tx.insert_decoy(asked.to, asked.kind, &asked.network, asked.at).await?,
        }
        Ok(())
    }
}
