//! What the owner of an account can read about its security (OWASP ASVS 5, chapter 16).

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
        /// The account was made.
        AccountCreated = "account_created",
        /// Somebody signed in.
        SignIn = "sign_in",
        /// Somebody tried with a wrong password.
        SignInFailed = "sign_in_failed",
        /// Somebody has signed in but for the second factor, and was asked for it.
        SecondFactorRequired = "second_factor_required",
        /// Somebody who had signed in but for the second factor gave a wrong one.
        SecondFactorFailed = "second_factor_failed",
        /// Sessions were ended by signing out.
        Logout = "logout",
        /// A session was ended from another one.
        SessionRevoked = "session_revoked",
        /// A superseded refresh token was presented; its session was ended.
        RefreshTokenReuse = "refresh_token_reuse",
        /// A link to reset the password was asked for.
        PasswordResetRequested = "password_reset_requested",
        /// The password was reset by such a link.
        PasswordReset = "password_reset",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// A wrong present password was given for a change.
        PasswordCheckFailed = "password_check_failed",
        /// Somebody proved once more that a session is theirs.
        SessionProven = "session_proven",
        /// Somebody tried that with a wrong password or code.
        ProofFailed = "proof_failed",
        /// The second factor was turned on.
        TotpEnabled = "totp_enabled",
        /// The second factor was turned off.
        TotpDisabled = "totp_disabled",
        /// The operator took away the second factor, whose owner had lost it.
        SecondFactorReset = "second_factor_reset",
        /// New recovery codes took the place of the former.
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
        /// The link to an account at a provider was taken away.
        ProviderUnlinked = "provider_unlinked",
        /// A change of the e-mail address was asked for.
        EmailChangeRequested = "email_change_requested",
        /// A change of the e-mail address was dropped.
        EmailChangeCancelled = "email_change_cancelled",
        /// The e-mail address was changed.
        EmailChanged = "email_changed",
        /// An operator changed the profile.
        ProfileChanged = "profile_changed",
        /// An operator ended sessions.
        SessionsEnded = "sessions_ended",
        /// A link that deletes the account was asked for.
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
    /// What.
    pub r#type: SecurityEventType,
    /// The session that did it, if one did.
    pub session_id: Option<SessionId>,
    /// The client's address, if it came from one.
    pub ip: Option<String>,
    /// What the client said it was.
    pub user_agent: Option<UserAgent>,
    /// More, by type.
    pub detail: Value,
}
