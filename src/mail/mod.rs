//! Sending letters by mail. This is the only code that uses lettre and askama for letters.
//!
//! How a letter travels:
//!
//! 1. A use-case queues a [`Letter`](crate::domain::letter::Letter) with
//!    [`Tx::insert_letter`](crate::store::Tx::insert_letter), in the transaction of the change that it reports: the
//!    letter exists if and only if the change does. No request waits for a mail server.
//! 2. Nothing wakes a [`Worker`]: it polls, so that the time of later calls does not reveal whether a letter was
//!    queued. Where no letter may be sent, a decoy is queued instead, which is claimed and marked like a letter and is
//!    not sent.
//! 3. A worker *claims* the letter: a lease that excludes other workers, renewed for as long as the sending takes. It
//!    makes the message ([`Renderer`]), tokens included, hands it over ([`Transport`]) and marks the row.
//! 4. A failed attempt is repeated at growing intervals for a day. Only the mail server's rejection of this recipient's
//!    address is final at once ([`About`]); a refusal of the sender holds up every letter, which raises an alarm.
//!
//! In normal operation each letter is handed over once. A worker that is killed between the mail server's "250" and the
//! mark leaves a letter that is handed over again, with the same `Message-ID`, so that mail programs can recognise the
//! copy. The opposite order would lose letters.
//!
//! To add a letter: add a variant of [`Content`](crate::domain::letter::Content), its texts in `texts.rs` (the build
//! then names every language that lacks them), its arm in `wording.rs`, and its line in `snapshot_tests.rs`, which
//! documents how to make the expected files.

mod hello;
mod refusal;
mod render;
mod smtp;
mod test_letter;
mod texts;
mod transport;
mod wording;
mod worker;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod snapshot_tests;

pub use refusal::{About, SendError, Stage};
pub use render::{RenderError, Renderer};
pub use smtp::SmtpClient;
pub use test_letter::send_test_letter;
pub use transport::Transport;
pub use worker::Worker;
