//! The errors of the use-cases.

use crate::{
    crypto::{opaque_token::Secret, password::HashError, webauthn::RequestOptions},
    domain::{
        address::Address,
        fault::{Fault, Faults},
        profile::Profile,
        service_key::Scope,
        session::{AuthenticationMethod, CredentialFault, EndReason},
        sign_in_methods::ProviderName,
        time::Timestamp,
    },
    live::{BindError, JoinError, SnapshotError},
    notices::Notices,
    store::{self, Outcome},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{borrow::Cow, sync::LazyLock, time::Duration};

/// Rate-limited log lines about an unavailable database.
static UNAVAILABLE: LazyLock<Notices<()>> = LazyLock::new(|| Notices::new(1));

/// The delay before a client should try again when the database is unavailable.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// The present state of an edited object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Current {
    /// A profile.
    Profile(Box<Profile>),
    /// An address.
    Address(Box<Address>),
}

/// The challenge for a sign-in that lacks its second factor.
#[derive(Debug)]
pub struct SecondFactorChallenge {
    /// Proves the first step of the sign-in.
    pub challenge: Secret,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The factors that can complete the sign-in.
    pub factors: Vec<AuthenticationMethod>,
    /// The ceremony of a passkey, if the account has one.
    pub passkey: Option<PasskeyCeremony>,
}

/// A ceremony that a passkey of the account completes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PasskeyCeremony {
    /// The ceremony, to be sent back with the credential.
    pub ceremony: String,
    /// The options for the browser.
    pub options: RequestOptions,
}

/// An error of a use-case; `rpc::error` assigns its code and kind.
#[derive(Debug)]
pub enum Error {
    /// Some parameters break rules; holds every fault.
    InvalidParams(Faults),
    /// A one-time token that is unknown, used, expired or for another purpose.
    InvalidToken,
    /// No valid credential.
    Unauthenticated(CredentialFault),
    /// The session has ended.
    SessionEnded(EndReason),
    /// Wrong e-mail address or wrong password.
    InvalidCredentials,
    /// The right password of a disabled account.
    AccountDisabled,
    /// The sign-in lacks the account's second factor.
    SecondFactorRequired(Box<SecondFactorChallenge>),
    /// The session was not proven recently; with the methods that can prove it.
    ProofRequired(Vec<AuthenticationMethod>),
    /// The call is not allowed here, or not allowed to this caller; with the reason.
    Forbidden(&'static str),
    /// The service key lacks this scope.
    MissingScope(Scope),
    /// The provider has not verified the address: a registration was started, with this handle.
    EmailNotVerified(Secret),
    /// The provider's address belongs to an account, to which the provider must be linked by its owner.
    LinkRequired(ProviderName),
    /// Registration is closed, or it requires an invitation that is valid for this address.
    SignUpClosed,
    /// The object does not exist, or belongs to somebody else.
    NotFound,
    /// The value is taken; with the field.
    Conflict(&'static str),
    /// The object has changed since the caller read it.
    StaleRevision(Current),
    /// No more than this many are allowed.
    LimitReached(usize),
    /// The only address cannot be deleted.
    LastAddress,
    /// The last sign-in method cannot be removed.
    LastSignInMethod,
    /// Too many calls; try again later.
    RateLimited {
        /// The time to wait.
        retry_after: Duration,
    },
    /// Try again later.
    Unavailable {
        /// The time to wait.
        retry_after: Duration,
        /// Whether the change may have happened.
        outcome: Outcome,
    },
    /// A defect of the server; the cause is only for the log.
    Internal(Cow<'static, str>),
}

impl Error {
    /// One fault of one field.
    pub fn invalid(field: &'static str, fault: Fault) -> Self {
        Self::InvalidParams(Faults::one(field, fault))
    }

    /// Whether a call by the session cookie was refused because the cookie is no longer valid. It is not if a newer
    /// cookie has replaced it in the browser by now, since that one must be kept.
    pub fn means_dead_cookie(&self) -> bool {
        match self {
            Self::SessionEnded(reason) => *reason != EndReason::Replaced,
            Self::Unauthenticated(fault) => *fault != CredentialFault::Renewed,
            _ => false,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable { outcome, source } => {
                // Every call during an outage gets here.
                if let Some(calls) = UNAVAILABLE.record(()) {
                    tracing::warn!(error = %source, ?outcome, calls, "the database is unavailable");
                }
                Self::Unavailable { retry_after: DATABASE_RETRY, outcome }
            }
            other => Self::Internal(other.to_string().into()),
        }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { retry_after } => Self::Unavailable { retry_after, outcome: Outcome::NotDone },
            other => Self::Internal(other.to_string().into()),
        }
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        match error {
            BindError::OtherSession => {
                Self::Forbidden("this connection acts for another session; open another connection")
            }
            BindError::Ended(reason) => Self::SessionEnded(reason),
        }
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::TooManySockets(limit) => Self::LimitReached(limit),
            JoinError::UnknownUser => Self::Unauthenticated(CredentialFault::Invalid),
            JoinError::Bind(error) => error.into(),
            JoinError::Store(error) => error.into(),
        }
    }
}

impl From<SnapshotError> for Error {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Ended(reason) => Self::SessionEnded(reason),
            SnapshotError::Renewed => Self::Unauthenticated(CredentialFault::Renewed),
            SnapshotError::Unknown => Self::Unauthenticated(CredentialFault::Invalid),
            SnapshotError::Store(error) => error.into(),
        }
    }
}
