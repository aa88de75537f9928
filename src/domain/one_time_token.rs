//! One-time tokens: what a mailed link may do.

use super::{
    email::EmailAddress,
    ids::{TokenId, UserId},
    text_enum::text_enum,
    time::Timestamp,
};

text_enum! {
    /// What a token is for. The verification of a registration is not here: that token belongs to the
    /// registration, which has no user yet.
    pub enum TokenPurpose {
        /// Sets a new password.
        ResetPassword = "reset_password",
        /// Confirms a new e-mail address.
        ChangeEmail = "change_email",
        /// Deletes the account.
        DeleteAccount = "delete_account",
    }
}

/// A token that was not spent.
#[derive(Clone, Debug)]
pub struct OneTimeToken {
    /// Its id; the token is derived from it.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// The address that it confirms.
    pub new_email: Option<EmailAddress>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}
