//! Letters: what is to be told by mail. A letter holds no token: the mail worker derives the token of a
//! link when it sends, so that neither the outbox nor a backup of it is worth stealing.

use super::{email::EmailAddress, ids::RegistrationId, profile::Locale};
use serde::{Deserialize, Serialize};

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom it is sent to.
    pub to: EmailAddress,
    /// The language it is written in.
    pub locale: Locale,
    /// What it says.
    pub content: Content,
}

/// What a letter says. Stored as JSON in the outbox: a changed variant must still read older rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The link that verifies a registration. No text of the registrant: the address may be a stranger's.
    VerifyEmail {
        /// The registration.
        registration: RegistrationId,
        /// Which of its tokens; only the newest is good.
        generation: i64,
    },
    /// Somebody tried to register with an address that has an account.
    AlreadyRegistered,
}

impl Content {
    /// The kind's stable name, for the operator who reads the table or the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered => "already_registered",
        }
    }
}
