//! The security log of an account, for its owner (OWASP ASVS 5, chapter 16).

use super::{
    ids::{SecurityEventId, SessionId},
    session::UserAgent,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

text_enum! {
    /// What happened.
    pub enum SecurityEventType {
        /// The account was created.
        AccountCreated = "account_created",
        /// Somebody signed in.
        SignIn = "sign_in",
        /// A sign-in with a wrong password.
        SignInFailed = "sign_in_failed",
        /// A sign-in passed its first step and requires the second factor.
        SecondFactorRequired = "second_factor_required",
        /// A sign-in gave a wrong second factor.
        SecondFactorFailed = "second_factor_failed",
        /// Sessions were ended by signing out.
        Logout = "logout",
        /// A session was ended from another one.
        SessionRevoked = "session_revoked",
        /// A superseded refresh token was presented; its session was ended.
        RefreshTokenReuse = "refresh_token_reuse",
        /// A link to reset the password was requested.
        PasswordResetRequested = "password_reset_requested",
        /// The password was reset by such a link.
        PasswordReset = "password_reset",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// A password change gave a wrong present password.
        PasswordCheckFailed = "password_check_failed",
        /// A session was proven again.
        SessionProven = "session_proven",
        /// A proof gave a wrong password or code.
        ProofFailed = "proof_failed",
        /// The second factor was turned on.
        TotpEnabled = "totp_enabled",
        /// The second factor was turned off.
        TotpDisabled = "totp_disabled",
        /// An operator removed the second factor, which the owner had lost.
        SecondFactorReset = "second_factor_reset",
        /// New recovery codes replaced the former ones.
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_code_used",
        /// A passkey was registered.
        PasskeyAdded = "passkey_added",
        /// A passkey was deleted.
        PasskeyDeleted = "passkey_deleted",
        /// A passkey's signature counter had not risen: there may be a copy of its key.
        PasskeyRefused = "passkey_refused",
        /// An account at a provider was linked.
        ProviderLinked = "provider_linked",
        /// An account at a provider was unlinked.
        ProviderUnlinked = "provider_unlinked",
        /// A change of the e-mail address was requested.
        EmailChangeRequested = "email_change_requested",
        /// A requested change of the e-mail address was cancelled.
        EmailChangeCancelled = "email_change_cancelled",
        /// The e-mail address was changed.
        EmailChanged = "email_changed",
        /// An operator changed the profile.
        ProfileChanged = "profile_changed",
        /// An operator ended sessions.
        SessionsEnded = "sessions_ended",
        /// A link that deletes the account was requested.
        AccountDeletionRequested = "account_deletion_requested",
        /// The operator disabled the account.
        AccountDisabled = "account_disabled",
        /// The operator enabled the account.
        AccountEnabled = "account_enabled",
        /// The database was restored from a backup; all sessions were ended.
        AccountRestored = "account_restored",
    }
}

/// An entry of the security log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityEvent {
    /// Sorts by time; the next page begins before it.
    pub id: SecurityEventId,
    /// When.
    pub at: Timestamp,
    /// The type.
    pub r#type: SecurityEventType,
    /// The session that caused it, if one did.
    pub session_id: Option<SessionId>,
    /// The client's address, if there was a client.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<UserAgent>,
    /// Details, by type.
    pub detail: Value,
}
