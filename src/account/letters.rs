//! Queueing letters that anybody may request.

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
use std::{ops::Range, time::Duration};

/// The period of a mailbox's allowances (docs/settings.md).
const MAILBOX_WINDOW: Duration = Duration::from_secs(3600);
/// A mailbox may get this many times its allowance if each further letter is the first that its network requests: a few
/// networks must not keep an owner from the letter that they need.
const FIRST_LETTERS: i64 = 3;

/// Stands for the network of letters that operators and other services request.
const OPERATORS: &str = "operators";

/// The letters that count at `now`. Those further ahead than the window is long were written before the clock was set
/// back, and must not keep letters from their owner until it gets there again.
fn window(now: Timestamp) -> Range<Timestamp> {
    now.before(MAILBOX_WINDOW)..now.after(MAILBOX_WINDOW)
}

/// A letter that somebody requests, who may not be its recipient.
#[derive(Clone, Debug)]
pub(crate) struct LetterRequest<'a> {
    to: &'a EmailAddress,
    kind: LetterKind,
    /// The network that the request counts against, if it counts against the allowance that is open to anybody.
    network: Option<String>,
    at: Timestamp,
}

/// Whether a change of the e-mail address to a mailbox may be requested again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmailChangeRoom {
    /// Whether the request is granted: it replaces the previous one.
    pub(crate) granted: bool,
    /// Whether the mailbox may get a notice, if it belongs to another account.
    pub(crate) notice: bool,
}

impl<'a> LetterRequest<'a> {
    pub(crate) fn new(to: &'a EmailAddress, kind: LetterKind, client: &Client, at: Timestamp) -> Self {
        Self { to, kind, network: Some(mail_network(client.ip).to_string()), at }
    }

    /// A request of an operator or another service, which have an allowance of their own for each mailbox.
    pub(crate) fn of_operator(to: &'a EmailAddress, kind: LetterKind, at: Timestamp) -> Self {
        Self { to, kind, network: Some(OPERATORS.to_owned()), at }
    }

    /// A request that counts against an allowance of its own, and not against the one that is open to anybody.
    pub(crate) fn of_known_device(to: &'a EmailAddress, kind: LetterKind, at: Timestamp) -> Self {
        Self { to, kind, network: None, at }
    }

    fn network(&self) -> &str {
        self.network.as_deref().unwrap_or_default()
    }
}

impl Accounts {
    /// Whether a mailbox may get another letter of this kind. This must be checked before anything is done for the
    /// letter: a link that is not sent must not void the previous one.
    pub(crate) async fn has_room(&self, tx: &mut Tx, asked: &LetterRequest<'_>) -> Result<bool, Error> {
        if !asked.kind.is_asked_for_by_its_account() {
            tx.lock_mailbox(asked.to, asked.kind, asked.at).await?;
        }
        let (all, own) = tx.count_letters(asked.to, asked.kind, asked.network(), &window(asked.at)).await?;
        Ok(match asked.kind {
            LetterKind::AlreadyRegistered => all == 0,
            _ => self.is_within_allowance(all, own),
        })
    }

    /// The same for a change of the e-mail address. A granted request replaces the previous one, which its caller can
    /// see. So it depends on the earlier granted requests, letter or not, and never on whether the mailbox has an
    /// account. A request that is not granted must leave no row in the outbox.
    pub(crate) async fn has_room_for_email_change(
        &self,
        tx: &mut Tx,
        asked: &LetterRequest<'_>,
    ) -> Result<EmailChangeRoom, Error> {
        // Letter or notice: one lock for both.
        tx.lock_mailbox(asked.to, LetterKind::ConfirmEmailChange, asked.at).await?;
        let counted = tx.count_email_change_requests(asked.to, asked.network(), &window(asked.at)).await?;
        let granted = self.is_within_allowance(counted.all, counted.own);
        Ok(EmailChangeRoom { granted, notice: counted.notices == 0 })
    }

    fn is_within_allowance(&self, all: i64, own: i64) -> bool {
        let allowance = i64::from(self.mails_per_mailbox.get());
        let of_one_network = (allowance + 1) / 2;
        (all < allowance && own < of_one_network) || (own == 0 && all < allowance * FIRST_LETTERS)
    }

    /// Whether a known device may request another letter that sets a new password: each device has an allowance of its
    /// own, which is exact under the lock of its account.
    pub(crate) async fn has_room_for_device(
        &self,
        tx: &mut Tx,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let asked = tx.count_tokens_asked_by(device, TokenPurpose::ResetPassword, &window(now)).await?;
        Ok(asked < i64::from(self.mails_per_mailbox.get()))
    }

    /// Checks that operators may send a mailbox another letter of this kind.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if not: unlike strangers, operators may learn that none is sent.
    pub(crate) async fn check_room_for_operator(&self, tx: &mut Tx, asked: &LetterRequest<'_>) -> Result<(), Error> {
        tx.lock_mailbox(asked.to, asked.kind, asked.at).await?;
        let (_, own) = tx.count_letters(asked.to, asked.kind, asked.network(), &window(asked.at)).await?;
        if own < i64::from(self.mails_per_mailbox.get()) {
            Ok(())
        } else {
            Err(Error::RateLimited { retry_after: MAILBOX_WINDOW })
        }
    }

    /// Queues a letter, or does the same work if there is none to send.
    pub(crate) async fn queue_letter(
        &self,
        tx: &mut Tx,
        asked: &LetterRequest<'_>,
        letter: Option<Letter>,
    ) -> Result<(), Error> {
        match letter {
            Some(letter) => tx.insert_letter(&letter, asked.network.as_deref(), asked.at).await?,
            None => tx.insert_decoy(asked.to, asked.kind, asked.network.as_deref(), asked.at).await?,
        }
        Ok(())
    }
}
