//! One-time tokens, each of which authorises one action of a mailed link.

use super::{
    email::EmailAddress,
    ids::{TokenId, UserId},
    text_enum::text_enum,
    time::Timestamp,
};

text_enum! {
    /// The purpose of a token. Verifying a registration is not among them: its token belongs to the registration, which
    /// has no user yet.
    pub enum TokenPurpose {
        /// Sets a new password.
        ResetPassword = "reset_password",
        /// Confirms a new e-mail address.
        ChangeEmail = "change_email",
        /// Deletes the account.
        DeleteAccount = "delete_account",
    }
}

/// A token that has not been used.
#[derive(Clone, Debug)]
pub struct OneTimeToken {
    /// Its id; the token is derived from it.
    pub id: TokenId,
    /// The user that it belongs to.
    pub user: UserId,
    /// Its purpose.
    pub purpose: TokenPurpose,
    /// The address that it confirms.
    pub new_email: Option<EmailAddress>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}
