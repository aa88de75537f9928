//! Sessions. Each is one sign-in, with any number of connections.

use super::{
    ids::{SessionId, UserId},
    text::Text,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The owner's name for the device that signed in.
pub type DeviceName = Text<100>;
/// The client's `User-Agent`, shortened to the limit.
pub type UserAgent = Text<255>;

text_enum! {
    /// Why a session ended.
    pub enum EndReason {
        /// Its owner signed out.
        Logout = "logout",
        /// Its owner ended it from another session.
        Revoked = "revoked",
        /// A newer sign-in by cookie replaced it.
        Replaced = "replaced",
        /// The user had too many sessions, and this was the oldest.
        SessionLimit = "session_limit",
        /// The password was changed from another session.
        PasswordChanged = "password_changed",
        /// The password was reset.
        PasswordReset = "password_reset",
        /// The e-mail address was changed.
        EmailChanged = "email_changed",
        /// A superseded refresh token was presented: somebody has a copy.
        RefreshTokenReuse = "refresh_token_reuse",
        /// Unused for too long, or too old.
        Expired = "expired",
        /// The account was disabled.
        AccountDisabled = "account_disabled",
        /// The account was deleted.
        AccountDeleted = "account_deleted",
        /// An older backup of the database was restored.
        Restored = "restored",
    }
}

text_enum! {
    /// Why an access token is refused.
    pub enum InactiveReason {
        /// This server did not issue it, or it is for another backend.
        Invalid = "invalid",
        /// It has expired.
        Expired = "expired",
        /// Its session has newer credentials.
        Renewed = "renewed",
        /// Its session has ended, or its account is gone.
        SessionEnded = "session_ended",
    }
}

text_enum! {
    /// The method of a sign-in.
    pub enum AuthenticationMethod {
        /// The password.
        Password = "password",
        /// A passkey.
        Passkey = "passkey",
        /// A provider (OpenID Connect).
        Provider = "provider",
        /// A code of an authenticator app, as the second factor.
        Totp = "totp",
        /// A recovery code, in place of the second factor.
        RecoveryCode = "recovery_code",
        /// The handle of a registration that has just been verified.
        Registration = "registration",
    }
}

text_enum! {
    /// The fault of a credential (`unauthenticated`).
    pub enum CredentialFault {
        /// There is none.
        Missing = "missing",
        /// This server did not issue it.
        Invalid = "invalid",
        /// An expired access token: refresh, then try again.
        Expired = "expired",
        /// Issued before the session's credentials were renewed: another tab has the new one.
        Renewed = "renewed",
    }
}

text_enum! {
    /// How a client holds the credentials of its new session.
    pub enum CredentialKind {
        /// By tokens.
        Bearer = "bearer",
        /// By the session cookie.
        Cookie = "cookie",
    }
}

text_enum! {
    /// Which sessions `auth.logout` ends.
    pub enum LogoutScope {
        /// Every session of the user.
        Global = "global",
        /// The caller's.
        Local = "local",
        /// Every session of the user but the caller's.
        Others = "others",
    }
}

/// How long sessions live.
#[derive(Clone, Copy, Debug)]
pub struct SessionLifetimes {
    /// After the last use.
    pub idle: Duration,
    /// After the sign-in, even if used.
    pub absolute: Duration,
}

impl SessionLifetimes {
    /// When a session ends if it is not used again.
    pub fn expiry(&self, created_at: Timestamp, last_seen_at: Timestamp) -> Timestamp {
        last_seen_at.after(self.idle).min(created_at.after(self.absolute))
    }

    /// How old `last_seen_at` may get before a use is recorded: five minutes, or less where sessions are so short that
    /// this would end one that is in use.
    pub fn touch_interval(&self) -> Duration {
        Duration::from_secs(300).min(self.idle / 4)
    }
}

/// The state that decides whether a session may act.
#[derive(Clone, Copy, Debug)]
pub struct SessionLife {
    /// The user of the session.
    pub user: UserId,
    /// The version of its credentials.
    pub version: i64,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// Why it ended, if that was recorded.
    pub end_reason: Option<EndReason>,
}

impl SessionLife {
    /// Whether the session may act, and if not, why it ended. An expired session has ended even before that is recorded.
    pub fn standing(&self, lifetimes: &SessionLifetimes, now: Timestamp) -> Result<(), EndReason> {
        match self.end_reason {
            Some(reason) => Err(reason),
            None if lifetimes.expiry(self.created_at, self.last_seen_at) <= now => Err(EndReason::Expired),
            None => Ok(()),
        }
    }
}

/// The part of a session that never changes, as `sessions.changed` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedSession {
    /// The session's id.
    pub id: SessionId,
    /// The owner's name for the device.
    pub device_name: Option<DeviceName>,
    /// The client's `User-Agent`.
    pub user_agent: Option<UserAgent>,
    /// The address that signed in.
    pub ip: String,
    /// The methods of the sign-in.
    pub methods: Vec<AuthenticationMethod>,
    /// When it signed in.
    pub created_at: Timestamp,
}

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// The part that never changes.
    #[serde(flatten)]
    pub opened: OpenedSession,
    /// When it was last used; written at most every five minutes.
    pub last_seen_at: Timestamp,
    /// When its user last proved to be its owner.
    pub proven_at: Timestamp,
    /// When it ends if it is not used again.
    pub expires_at: Timestamp,
    /// Whether it is the caller's own.
    pub current: bool,
    /// Whether a socket of it is open.
    pub connected: bool,
}

/// A session that was ended, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedSession {
    /// Its id.
    pub session_id: SessionId,
    /// The reason.
    pub reason: EndReason,
}

/// The caller: a session of a user. It proves no more than a valid signature: every statement that acts for a session
/// checks in the database that it is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The version of the session's credentials that the caller presented; an earlier one is void.
    pub version: i64,
}

/// A caller of a method that needs a recently proven session (docs/protocol.md, "Proof"). It proves nothing by itself
/// either: the read, or the transaction under the lock, that does the work checks the session's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvenCaller(pub Caller);
