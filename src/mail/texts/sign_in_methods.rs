//! Texts about sign-in methods: each letter reports one change to the owner.

use super::Notice;

/// The letters of a language.
pub(in crate::mail) struct SignInMethods {
    pub password_set: Notice,
    pub totp_enabled: Notice,
    pub totp_disabled: Notice,
    pub second_factor_reset: Notice,
    pub recovery_codes_renewed: Notice,
    pub recovery_code_used: RecoveryCodeUsed,
}

/// The letter about the use of a recovery code.
pub(in crate::mail) struct RecoveryCodeUsed {
    pub notice: Notice,
    /// Labels the number of codes that are left.
    pub left: &'static str,
    /// What to do when few are left.
    pub few: &'static str,
}
