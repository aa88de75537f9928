//! Letters: what is to be told by mail. A letter holds no token: the mail worker derives the token of a
//! link when it sends, so that neither the outbox nor a backup of it is worth stealing.

use super::{
    email::EmailAddress,
    ids::{RegistrationId, TokenId, UserId},
    profile::Locale,
    session::UserAgent,
    text_enum::text_enum,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whose account it is about, if there is one: it goes with the account, whatever address it is sent to.
    pub user: Option<UserId>,
    /// Whom it is sent to.
    pub to: EmailAddress,
    /// The language it is written in.
    pub locale: Locale,
    /// What it says.
    pub content: Content,
}

text_enum! {
    /// How a device was connected.
    pub enum AddressFamily {
        /// By an IPv4 address.
        Ipv4 = "IPv4",
        /// By an IPv6 address.
        Ipv6 = "IPv6",
    }
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
    /// The link that sets a new password.
    ResetPassword {
        /// The one-time token.
        token: TokenId,
    },
    /// The password was reset by such a link.
    PasswordWasReset,
    /// The password was changed by who knew it.
    PasswordChanged,
    /// The link that confirms a new address; sent there. No text of the account's owner: the address may
    /// be a stranger's.
    ConfirmEmailChange {
        /// The one-time token.
        token: TokenId,
    },
    /// Somebody tried to change the address of another account to one that has an account.
    EmailTaken,
    /// A change of the address was asked for; sent to the present one at once.
    EmailChangeRequested {
        /// The address that is to be the account's.
        new_email: EmailAddress,
    },
    /// The address was changed; sent to the old one.
    EmailChanged {
        /// The new address.
        new_email: EmailAddress,
    },
    /// A sign-in from a device that was not seen before.
    NewDevice {
        /// What the client said it was.
        user_agent: Option<UserAgent>,
        /// How it was connected.
        network: AddressFamily,
        /// When.
        at: Timestamp,
    },
}

impl Content {
    /// The kind's stable name, for the operator who reads the table or the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordWasReset => "password_was_reset",
            Self::PasswordChanged => "password_changed",
            Self::ConfirmEmailChange { .. } => "confirm_email_change",
            Self::EmailTaken => "email_taken",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::NewDevice { .. } => "new_device",
        }
    }
}
