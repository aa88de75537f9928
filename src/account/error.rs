//! Every way in which a use-case refuses.

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

/// What is told of a database that is away.
static UNAVAILABLE: LazyLock<Notices<()>> = LazyLock::new(|| Notices::new(1));

/// How long a client may wait before it tries again when the database is away.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// The present state of what an edit was made against.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Current {
    /// A profile.
    Profile(Box<Profile>),
    /// An address.
    Address(Box<Address>),
}

/// What somebody is handed who has signed in but for the second factor.
#[derive(Debug)]
pub struct SecondFactorChallenge {
    /// Stands for what was shown so far.
    pub challenge: Secret,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// What the sign-in can be completed by.
    pub factors: Vec<AuthenticationMethod>,
    /// The ceremony of a passkey, where there is one.
    pub passkey: Option<PasskeyCeremony>,
}

/// The begin of a ceremony that a passkey of the account completes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PasskeyCeremony {
    /// What is sent back with the credential.
    pub ceremony: String,
    /// What the browser is asked for.
    pub options: RequestOptions,
}

/// A refusal; `rpc::error` gives each its code and kind.
#[derive(Debug)]
pub enum Error {
    /// Parameters that break rules; all of them.
    InvalidParams(Faults),
    /// A one-time token that is unknown, used, expired or for another purpose.
    InvalidToken,
    /// No good credential.
    Unauthenticated(CredentialFault),
    /// The session has ended.
    SessionEnded(EndReason),
    /// Wrong e-mail address or wrong password.
    InvalidCredentials,
    /// The right password of a disabled account.
    AccountDisabled,
    /// The sign-in lacks the account's second factor.
    SecondFactorRequired(Box<SecondFactorChallenge>),
    /// The session was not proven lately; says what it can be proven by.
    ProofRequired(Vec<AuthenticationMethod>),
    /// Not here, or not for this caller; says why.
    Forbidden(&'static str),
    /// The service key lacks this scope.
    MissingScope(Scope),
    /// The provider does not vouch for the address: a registration was begun, and this is its handle.
    EmailNotVerified(Secret),
    /// An account has the address that the provider tells: it is to be linked from within.
    LinkRequired(ProviderName),
    /// Nobody can register, or only with a good invitation, or not with this address.
    SignUpClosed,
    /// It is not there, or somebody else's.
    NotFound,
    /// Another has it; names the field.
    Conflict(&'static str),
    /// It changed since the caller has seen it.
    StaleRevision(Current),
    /// There is room for this many.
    LimitReached(usize),
    /// The only address cannot be deleted.
    LastAddress,
    /// The last way in cannot be taken away.
    LastSignInMethod,
    /// Too often; try again later.
    RateLimited {
        /// How much later.
        retry_after: Duration,
    },
    /// Try again later.
    Unavailable {
        /// How much later.
        retry_after: Duration,
        /// Whether the change may have happened.
        outcome: Outcome,
    },
    /// A defect of ours; the cause is for the log only.
    Internal(Cow<'static, str>),
}

impl Error {
    /// One fault of one field.
    pub fn invalid(field: &'static str, fault: Fault) -> Self {
        Self::InvalidParams(Faults::one(field, fault))
    }

    /// Whether a call that acted by the session cookie was refused because that is good for nothing any more. Not
    /// where a newer cookie has taken its place in the browser by now: that one must stay.
    pub fn says_cookie_is_dead(&self) -> bool {
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
                // As many calls as anybody makes meanwhile meet with it.
                if let Some(calls) = UNAVAILABLE.note(()) {
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
