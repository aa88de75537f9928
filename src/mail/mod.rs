//! Letters by mail. The home of lettre and askama.
//!
//! How a letter travels:
//!
//! 1. A use-case queues a [`Letter`](crate::domain::letter::Letter) with
//!    [`Tx::insert_letter`](crate::store::Tx::insert_letter), in the transaction of the change that it
//!    tells of: the letter exists if and only if the change does. Nobody waits for a mail server in a
//!    request.
//! 2. After the commit it calls `notify_one` on the worker's [`Notify`](tokio::sync::Notify). Only the delay
//!    depends on it: a [`Worker`] also looks by itself, for what other nodes queued and what a crash left
//!    behind.
//! 3. A worker *claims* the letter: a lease that no other worker passes. It makes the message
//!    ([`Renderer`]), tokens included, hands it over ([`Transport`]) and marks the row.
//! 4. What fails for now is tried again, later and later, for a day. What fails for good, or for a day, is
//!    given up and logged as an error.
//!
//! In normal operation each letter is handed over once. A worker that is killed between the mail server's
//! "250" and the mark leaves a letter that is handed over again, with the same `Message-ID`, by which mail
//! programs know the copy. The other way round letters would be lost.
//!
//! To add a letter: a variant of [`Content`](crate::domain::letter::Content), its texts in `texts.rs`
//! (the build then names every language that lacks them), its arm in `wording.rs`, and its line in
//! `snapshot_tests.rs`, which says how to make the expected files.

mod render;
mod smtp;
mod texts;
mod transport;
mod wording;
mod worker;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod snapshot_tests;

pub use render::{RenderError, Renderer};
pub use smtp::SmtpClient;
pub use transport::{SendError, Transport};
pub use worker::Worker;
