//! Letters by mail. The home of lettre and askama.
//!
//! How a letter travels:
//!
//! 1. A use-case queues a [`Letter`](crate::domain::letter::Letter) with
//!    [`Tx::insert_letter`](crate::store::Tx::insert_letter), in the transaction of the change that it
//!    tells of: the letter exists if and only if the change does. Nobody waits for a mail server in a
//!    request.
//! 2. Nobody wakes a [`Worker`]: it looks by its own beat, so that the time which later calls take does not tell
//!    whether a letter was really queued. Where none may be sent a decoy takes its place, which is claimed and marked
//!    like a letter and goes nowhere.
//! 3. A worker *claims* the letter: a lease that no other worker passes, renewed for as long as the sending takes. It
//!    makes the message ([`Renderer`]), tokens included, hands it over ([`Transport`]) and marks the row.
//! 4. What fails is tried again, later and later, for a day. Only what the mail server says of this recipient's address
//!    is final at once ([`About`]); a refusal of the sender holds every letter up, which raises an alarm.
//!
//! In normal operation each letter is handed over once. A worker that is killed between the mail server's
//! "250" and the mark leaves a letter that is handed over again, with the same `Message-ID`, by which mail
//! programs know the copy. The other way round letters would be lost.
//!
//! To add a letter: a variant of [`Content`](crate::domain::letter::Content), its texts in `texts.rs`
//! (the build then names every language that lacks them), its arm in `wording.rs`, and its line in
//! `snapshot_tests.rs`, which says how to make the expected files.

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
