//! Letters as operators see them: on their way, and what became of them. Nothing of what they say.

use super::{email::EmailAddress, ids::MailId, text_enum::text_enum, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

text_enum! {
    /// What became of a letter.
    pub enum MailState {
        /// It is still to be sent.
        Waiting = "waiting",
        /// The mail server has taken it.
        Sent = "sent",
        /// It will not be tried again by itself.
        GivenUp = "given_up",
    }
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mail {
    /// Sorts by time; the next page begins before it.
    pub id: MailId,
    /// Whom it is sent to.
    pub recipient: EmailAddress,
    /// What it is about, such as `reset_password`.
    pub kind: String,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried, a try under way included.
    pub attempts: i64,
    /// Why the last try failed, if one did.
    pub last_error: Option<String>,
    /// When it is tried next; `null` where it waits no more.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was queued.
    pub created_at: Timestamp,
}
