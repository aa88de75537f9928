//! Errors on the wire (docs/protocol.md, "Errors"): each kind is declared once, with its code, message and data.

use crate::{
    account::{Current, Error, PasskeyCeremony, SecondFactorChallenge},
    domain::{
        fault::Faults,
        service_key::Scope,
        session::{AuthenticationMethod, CredentialFault, EndReason},
        sign_in_methods::ProviderName,
        time::Timestamp,
    },
    store::Outcome,
};
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// The fields of a kind's `data` beside `kind`.
pub trait ErrorData: Serialize {
    /// The kind.
    const KIND: Kind;
}

/// The stable kinds of errors, with code, name, message and data.
macro_rules! kinds {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $code:literal, $kind:literal, $message:literal {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty,)*
        }
    )*) => {
        /// A kind of error, which programs check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($(#[doc = $doc])* $name,)* }

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

            /// The name of the schema of its data.
            pub fn schema_name(self) -> &'static str {
                match self { $(Self::$name => concat!(stringify!($name), "Data"),)* }
            }

            /// The schema of the fields beside `kind`.
            fn fields_schema(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $(Self::$name => data::$name::json_schema(generator),)* }
            }
        }

        /// The fields of each error's `data` beside `kind`.
        pub mod data {
            use super::*;
            $(
                $(#[doc = $doc])*
                #[derive(Serialize, JsonSchema)]
                pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

                impl ErrorData for $name {
                    const KIND: Kind = Kind::$name;
                }
            )*
        }
    };
}

kinds! {
    /// Some parameters break rules; `fields` lists every fault.
    InvalidParams = -32602, "invalid_params", "Some parameters are invalid." {
        /// Every broken rule, by parameter.
        fields: Faults,
    }
    /// An unexpected fault of the server; its log has an entry with `incident`.
    Internal = -32603, "internal", "An internal error occurred." {
        /// The id of the entry in the log.
        incident: Uuid,
    }
    /// A one-time token that is unknown, used, expired or for another purpose.
    InvalidToken = 4001, "invalid_token", "This link is invalid, has expired or has been used." {}
    /// No valid credential; `reason` has the details.
    Unauthenticated = 4010, "unauthenticated", "Sign in first." {
        /// The fault of the credential.
        reason: CredentialFault,
    }
    /// The session has ended; `reason` says why.
    SessionEnded = 4011, "session_ended", "This session has ended." {
        /// Why the session ended.
        reason: EndReason,
    }
    /// Wrong e-mail address or password.
    InvalidCredentials = 4012, "invalid_credentials", "The e-mail address or the password is wrong." {}
    /// The provider has not verified the address: a registration was started, and is linked once the address is
    /// verified.
    EmailNotVerified = 4013, "email_not_verified", "Verify your e-mail address first." {
        /// The secret handle of the registration, as `auth.register` returns it.
        registration: String,
    }
    /// The account has a second factor: complete the sign-in by `auth.login_second_factor`.
    SecondFactorRequired = 4014, "second_factor_required", "A second factor is required to sign in." {
        /// Proves the first step of the sign-in; single-use and short-lived.
        challenge: String,
        /// When it expires.
        expires_at: Timestamp,
        /// The factors that can complete the sign-in.
        factors: Vec<AuthenticationMethod>,
        /// The ceremony of a passkey, if the account has one.
        passkey: Option<PasskeyCeremony>,
    }
    /// The session was not proven recently: call `session.prove`.
    ProofRequired = 4015, "proof_required", "Confirm your identity first." {
        /// The methods that can prove the session; `provider`: by signing in with it again.
        methods: Vec<AuthenticationMethod>,
    }
    /// The provider's e-mail address belongs to an account: sign in to it and link the provider.
    LinkRequired = 4016, "link_required", "An account with this e-mail address exists; sign in to it first." {
        /// The provider to link.
        provider: ProviderName,
    }
    /// Registration is closed, or it requires an invitation that is valid for this address.
    SignUpClosed = 4033, "sign_up_closed", "Registration is closed, or requires an invitation that is valid for this address." {}
    /// The call is not allowed here, or not allowed to this caller.
    Forbidden = 4030, "forbidden", "This is not allowed." {
        /// The scope that the service key lacks, if that is the reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        scope: Option<Scope>,
    }
    /// The account is disabled.
    AccountDisabled = 4031, "account_disabled", "This account is disabled." {}
    /// The object does not exist, or belongs to somebody else.
    NotFound = 4040, "not_found", "This does not exist." {}
    /// The value is taken; `field` names the parameter.
    Conflict = 4090, "conflict", "This value is already taken." {
        /// The parameter whose value is taken.
        field: &'static str,
    }
    /// The object has changed since the caller read it; `current` is its present state.
    StaleRevision = 4091, "stale_revision", "This has changed since you loaded it." {
        /// The object in its present state.
        current: Current,
    }
    /// No more than `limit` are allowed.
    LimitReached = 4092, "limit_reached", "The limit has been reached." {
        /// The greatest number allowed.
        limit: usize,
    }
    /// The only address cannot be deleted.
    LastAddress = 4093, "last_address", "The only address cannot be deleted." {}
    /// The last sign-in method cannot be removed.
    LastSignInMethod = 4094, "last_sign_in_method", "The only sign-in method cannot be removed." {}
    /// Too many calls; try again after `retry_after_ms`.
    RateLimited = 4290, "rate_limited", "There were too many attempts; try again later." {
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
    }
    /// Try again after `retry_after_ms`; `outcome` shows whether the call may have taken effect.
    Unavailable = 5030, "unavailable", "This is temporarily unavailable; try again." {
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
        /// Whether the call may have taken effect.
        outcome: Outcome,
    }
}

impl Kind {
    /// The schema of an error's `data`: `kind` and the fields of that kind.
    pub fn data_schema(self, generator: &mut SchemaGenerator) -> Value {
        let mut schema = self.fields_schema(generator).to_value();
        schema["properties"]["kind"] = json!({ "type": "string", "const": self.name() });
        match schema["required"].as_array_mut() {
            Some(required) => required.insert(0, json!("kind")),
            None => schema["required"] = json!(["kind"]),
        }
        schema
    }
}

/// The error object, with the kind's own message.
fn refusal<D: ErrorData>(data: &D) -> ErrorObjectOwned {
    refusal_saying(D::KIND.message(), data)
}

fn refusal_saying<D: ErrorData>(message: &str, data: &D) -> ErrorObjectOwned {
    let mut all = json!({ "kind": D::KIND.name() });
    if let (Value::Object(all), Ok(Value::Object(data))) = (&mut all, serde_json::to_value(data)) {
        all.extend(data);
    }
    ErrorObject::owned(D::KIND.code(), message, Some(all))
}

/// The name of an answered error in metrics and logs.
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
            Error::InvalidParams(fields) => refusal(&data::InvalidParams { fields }),
            Error::InvalidToken => {
                tracing::info!(target: "security", "one_time_token_refused");
                refusal(&data::InvalidToken {})
            }
            Error::Unauthenticated(reason) => refusal(&data::Unauthenticated { reason }),
            Error::SessionEnded(reason) => refusal(&data::SessionEnded { reason }),
            Error::InvalidCredentials => refusal(&data::InvalidCredentials {}),
            Error::AccountDisabled => refusal(&data::AccountDisabled {}),
            Error::SecondFactorRequired(challenge) => {
                let SecondFactorChallenge { challenge, expires_at, factors, passkey } = *challenge;
                let challenge = challenge.expose().to_owned();
                refusal(&data::SecondFactorRequired { challenge, expires_at, factors, passkey })
            }
            Error::ProofRequired(methods) => refusal(&data::ProofRequired { methods }),
            Error::Forbidden(why) => refusal_saying(why, &data::Forbidden { scope: None }),
            Error::MissingScope(scope) => {
                let why = format!("This key lacks the scope {}.", scope.as_str());
                refusal_saying(&why, &data::Forbidden { scope: Some(scope) })
            }
            Error::EmailNotVerified(handle) => {
                refusal(&data::EmailNotVerified { registration: handle.expose().to_owned() })
            }
            Error::LinkRequired(provider) => refusal(&data::LinkRequired { provider }),
            Error::SignUpClosed => refusal(&data::SignUpClosed {}),
            Error::NotFound => refusal(&data::NotFound {}),
            Error::Conflict(field) => refusal(&data::Conflict { field }),
            Error::StaleRevision(current) => refusal(&data::StaleRevision { current }),
            Error::LimitReached(limit) => refusal(&data::LimitReached { limit }),
            Error::LastAddress => refusal(&data::LastAddress {}),
            Error::LastSignInMethod => refusal(&data::LastSignInMethod {}),
            Error::RateLimited { retry_after } => {
                refusal(&data::RateLimited { retry_after_ms: milliseconds(retry_after) })
            }
            Error::Unavailable { retry_after, outcome } => {
                refusal(&data::Unavailable { retry_after_ms: milliseconds(retry_after), outcome })
            }
            Error::Internal(cause) => {
                let incident = Uuid::new_v4();
                tracing::error!(%incident, %cause, "internal error");
                refusal(&data::Internal { incident })
            }
        }
    }
}

/// Rounded up, so that a client that waits this long has waited long enough.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
