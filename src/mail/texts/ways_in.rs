//! What the letters on ways in say: each tells the owner of one change.

use super::Notice;

/// The letters of a language.
pub(in crate::mail) struct WaysIn {
    pub password_set: Notice,
    pub totp_enabled: Notice,
    pub totp_disabled: Notice,
    pub second_factor_reset: Notice,
    pub recovery_codes_renewed: Notice,
    pub recovery_code_used: RecoveryCodeUsed,
}

/// The letter on a recovery code that was used.
pub(in crate::mail) struct RecoveryCodeUsed {
    pub notice: Notice,
    /// Names the number of codes that are left.
    pub left: &'static str,
    /// What to do where few are left.
    pub few: &'static str,
}
