//! Refusals on the wire (contract §5): one match gives each its code, kind and data.

use crate::{
    account::{Current, Error},
    store::Outcome,
};
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// The stable kinds of errors, with code and message.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $kind:literal, $message:literal;)*) => {
        /// A kind of error: what a program looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The JSON-RPC error code.
            pub fn code(self) -> i32 {
                match self { $(Self::$name => $code,)* }
            }

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $kind,)* }
            }

            /// A sentence for a person.
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

kinds! {
    /// Parameters that break rules; `fields` names them all.
    InvalidParams = -32602, "invalid_params", "Some parameters are not valid.";
    /// A defect of the server; `incident` stands in its log.
    Internal = -32603, "internal", "Something went wrong on our side.";
    /// A one-time token that is unknown, used, expired or for another purpose.
    InvalidToken = 4001, "invalid_token", "This link is not valid or has been used.";
    /// No good credential; `reason` says more.
    Unauthenticated = 4010, "unauthenticated", "Sign in first.";
    /// The session has ended; `reason` says why.
    SessionEnded = 4011, "session_ended", "This session has ended.";
    /// Wrong e-mail address or password.
    InvalidCredentials = 4012, "invalid_credentials", "E-mail address or password is wrong.";
    /// The registration's address is not verified.
    EmailNotVerified = 4013, "email_not_verified", "Verify your e-mail address first.";
    /// Not here, or not for this caller.
    Forbidden = 4030, "forbidden", "This is not possible here.";
    /// The account is disabled.
    AccountDisabled = 4031, "account_disabled", "This account is disabled.";
    /// It is not there, or belongs to somebody else.
    NotFound = 4040, "not_found", "There is no such thing.";
    /// Another has it; `field` names what.
    Conflict = 4090, "conflict", "This is taken.";
    /// It changed meanwhile; `current` is how it is now.
    StaleRevision = 4091, "stale_revision", "This has changed since you saw it.";
    /// There is room for `limit`.
    LimitReached = 4092, "limit_reached", "There is no room for more.";
    /// The only address cannot be deleted.
    LastAddress = 4093, "last_address", "The only address cannot be deleted.";
    /// Too often; try again after `retry_after_ms`.
    RateLimited = 4290, "rate_limited", "This was tried too often; try again later.";
    /// Try again after `retry_after_ms`; `outcome` says whether it may have happened.
    Unavailable = 5030, "unavailable", "This is not possible at the moment; try again.";
}

impl Kind {
    /// The error object, with more in `data`.
    fn object(self, more: Value) -> ErrorObjectOwned {
        self.object_saying(self.message(), more)
    }

    fn object_saying(self, message: &str, more: Value) -> ErrorObjectOwned {
        let mut data = json!({ "kind": self.name() });
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        ErrorObject::owned(self.code(), message, Some(data))
    }
}

/// What metrics and logs call an error that was answered.
pub fn outcome(code: i32) -> &'static str {
    match code {
        -32601 => "method_not_found",
        -32600 => "invalid_request",
        _ => Kind::ALL.iter().find(|kind| kind.code() == code).map_or("refused", |kind| kind.name()),
    }
}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidParams(faults) => Kind::InvalidParams.object(json!({ "fields": faults })),
            Error::InvalidToken => {
                tracing::info!(target: "security", "one_time_token_refused");
                Kind::InvalidToken.object(json!({}))
            }
            Error::Unauthenticated(reason) => Kind::Unauthenticated.object(json!({ "reason": reason })),
            Error::SessionEnded(reason) => Kind::SessionEnded.object(json!({ "reason": reason })),
            Error::InvalidCredentials => Kind::InvalidCredentials.object(json!({})),
            Error::EmailNotVerified => Kind::EmailNotVerified.object(json!({})),
            Error::AccountDisabled => Kind::AccountDisabled.object(json!({})),
            Error::Forbidden(why) => Kind::Forbidden.object_saying(why, json!({})),
            Error::NotFound => Kind::NotFound.object(json!({})),
            Error::Conflict(field) => Kind::Conflict.object(json!({ "field": field })),
            Error::StaleRevision(Current::Profile(current)) => {
                Kind::StaleRevision.object(json!({ "current": current }))
            }
            Error::StaleRevision(Current::Address(current)) => {
                Kind::StaleRevision.object(json!({ "current": current }))
            }
            Error::LimitReached(limit) => Kind::LimitReached.object(json!({ "limit": limit })),
            Error::LastAddress => Kind::LastAddress.object(json!({})),
            Error::RateLimited { retry_after } => {
                Kind::RateLimited.object(json!({ "retry_after_ms": milliseconds(retry_after) }))
            }
            Error::Unavailable { retry_after, outcome } => Kind::Unavailable.object(json!({
                "retry_after_ms": milliseconds(retry_after),
                "outcome": match outcome {
                    Outcome::NotDone => "not_done",
                    Outcome::Unknown => "unknown",
                },
            })),
            Error::Internal(cause) => {
                let incident = Uuid::new_v4();
                tracing::error!(%incident, %cause, "internal error");
                Kind::Internal.object(json!({ "incident": incident }))
            }
        }
    }
}

/// Rounded up: who waits so long has waited long enough.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
