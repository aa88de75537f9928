//! `auth.*`: signing in and out.

use super::{
    examples,
    sign_in::{self, Answer, SignIn},
};
use crate::{
    account::Error,
    domain::{
        email::EmailAddress,
        password::Password,
        session::{Caller, CredentialKind, DeviceName, LogoutScope},
        time::Timestamp,
    },
    rpc::{
        error::Kind,
        param_types::Token,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::{Credentials, TokenPair},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The only answer of methods that must not reveal whether an address is known.
pub const CHECK_YOUR_MAIL: &str = "If this is possible, a letter is on its way. Check your mail.";

/// An answer that does not reveal whether an e-mail address is known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Accepted {
    /// A sentence for people; the same whatever happened.
    message: &'static str,
}

/// The answer that reveals nothing.
pub fn accepted() -> Accepted {
    Accepted { message: CHECK_YOUR_MAIL }
}

/// The answer to operators, who may learn that a letter was queued.
pub fn on_its_way() -> Accepted {
    Accepted { message: "The letter is on its way." }
}

/// A pair of tokens of a session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tokens {
    /// A JWT for `Authorization: Bearer` and `session.authenticate`.
    access_token: String,
    /// When it expires.
    access_expires_at: Timestamp,
    /// Valid for one `auth.refresh`.
    refresh_token: String,
    /// When the session ends if it is not used again.
    refresh_expires_at: Timestamp,
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            access_expires_at: pair.access_expires_at,
            refresh_token: pair.refresh_token.expose().to_owned(),
            refresh_expires_at: pair.refresh_expires_at,
        }
    }
}

/// An address that was confirmed by a letter's token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Confirmed {
    /// The address.
    pub email: EmailAddress,
}

/// The number of sessions that a call ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionsEnded {
    /// Includes the caller's own if that was ended.
    pub sessions_ended: usize,
}

params! {
    /// Parameters of `auth.login`.
    pub struct LoginParams {
        required email: EmailAddress,
        required password: Password,
        /// The owner's name for the device.
        optional device_name: DeviceName,
        /// From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it.
        optional device_token: Token,
        /// `bearer` (the default) returns tokens; `cookie` sets the session cookie, over HTTP, outside a batch, and for
        /// pages of an allowed origin only.
        optional credentials: CredentialKind,
    }
}

params! {
    /// Parameters of `auth.refresh`.
    pub struct RefreshParams {
        required refresh_token: Token,
    }
}

params! {
    /// Parameters of `auth.logout`.
    pub struct LogoutParams {
        /// `global` (the default): every session of the user; `local`: this one; `others`: all but this one.
        optional scope: LogoutScope,
        /// Whether the device token of this device becomes invalid, so that its next sign-in is from a new device;
        /// `false` if absent.
        optional forget_device: bool,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.login",
        Effect::Write,
        Description {
            summary: "Opens a session. It does not bind the socket of the call: see session.authenticate.",
            rate: Rate::SignIn,
            errors: &[Kind::InvalidCredentials, Kind::AccountDisabled, Kind::SecondFactorRequired],
            example: || (
                json!({ "email": "ann@example.org", "password": "a long walk by the sea", "device_name": "Ann's laptop" }),
                sign_in::example(),
            ),
        },
        login,
    );
    registry.presenting(
        "auth.refresh",
        Effect::Write,
        Description {
            summary: "Exchanges a refresh token for a new pair; repeated within the grace period, it returns the same successor.",
            rate: Rate::Calls,
            errors: &[Kind::Unauthenticated, Kind::SessionEnded],
            example: || (json!({ "refresh_token": "AZqjxR8Ae0…" }), examples::tokens()),
        },
        |call: &Call, params: &RefreshParams| {
            Ok((call.context.accounts.session_of_refresh_token(&params.refresh_token.0), ()))
        },
        refresh,
    );
    registry.session(
        "auth.logout",
        Effect::Write,
        Description {
            summary: "Ends sessions of the user: their tokens are refused from then on, and their sockets are closed.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({ "scope": "global" }), json!({ "sessions_ended": 3 })),
        },
        logout,
    );
}

async fn login(call: Call, params: LoginParams) -> Result<SignIn, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let device = answer.device(&call, params.device_name, params.device_token);
    let credentials = Credentials { email: params.email, password: params.password };
    let signed_in = call.context.accounts.sign_in(&credentials, &device).await?;
    Ok(answer.of(&call, signed_in))
}

async fn refresh(call: Call, (): (), params: RefreshParams) -> Result<Tokens, Error> {
    Ok(call.context.accounts.refresh(&params.refresh_token.0, &call.client()).await?.into())
}

async fn logout(call: Call, caller: Caller, params: LogoutParams) -> Result<SessionsEnded, Error> {
    let scope = params.scope.unwrap_or(LogoutScope::Global);
    let forget_device = params.forget_device.unwrap_or(false);
    let sessions_ended = call.context.accounts.logout(caller, &call.client(), scope, forget_device).await?;
    if let Some(http) = call.http {
        if http.acts_by_cookie && scope != LogoutScope::Others {
            http.clear_cookie();
        }
        if forget_device {
            http.clear_device_cookie();
        }
    }
    Ok(SessionsEnded { sessions_ended })
}
