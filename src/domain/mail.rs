//! Letters as operators see them: their state, and nothing of their content.

use super::{email::EmailAddress, ids::MailId, text_enum::text_enum, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

text_enum! {
    /// The state of a letter.
    pub enum MailState {
        /// It waits to be sent.
        Waiting = "waiting",
        /// The mail server has accepted it.
        Sent = "sent",
        /// It is not tried again unless an operator requests it.
        GivenUp = "given_up",
    }
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mail {
    /// Sorts by time; the next page begins before it.
    pub id: MailId,
    /// The address it is sent to.
    pub recipient: EmailAddress,
    /// Its kind, such as `reset_password`.
    pub kind: String,
    /// Its state.
    pub state: MailState,
    /// The number of attempts, including one under way.
    pub attempts: i64,
    /// Why the last attempt failed, if one did.
    pub last_error: Option<String>,
    /// When it is tried next; `null` if it no longer waits.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was queued.
    pub created_at: Timestamp,
}
