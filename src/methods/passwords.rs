//! The methods of `auth.*` for new passwords: by a mailed link, or with the present password.

use super::{
    auth::{Accepted, Tokens, accepted},
    examples,
    sign_in::{Answer, DEVICE_TOKEN, device_token},
};
use crate::{
    account::Error,
    domain::{
        email::EmailAddress,
        fault::{Fault, Rule},
        password::Password,
        session::{Caller, CredentialKind},
    },
    rpc::{
        error::Kind,
        http_call::HttpCall,
        param_types::Token,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
    sign_in::PasswordChanged,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// A password was reset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PasswordReset {
    /// The device token of this device, which is the only known one from now on; absent with `credentials: "cookie"`,
    /// where the device has a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

params! {
    /// Parameters of `auth.request_password_reset`.
    pub struct RequestPasswordResetParams {
        required email: EmailAddress,
        /// From the last sign-in of this device: a known device has an allowance of letters of its own.
        optional device_token: Token,
    }
}

params! {
    /// Parameters of `auth.confirm_password_reset`.
    pub struct ConfirmPasswordResetParams {
        /// From the letter's link.
        required token: Token,
        chosen new_password: Password,
        /// `bearer` (the default) returns the device token; `cookie` sets a cookie with it, over HTTP, outside a batch,
        /// and for pages of an allowed origin only.
        optional credentials: CredentialKind,
    }
}

/// The result of a change of the password.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PasswordChange {
    /// The number of other sessions that ended.
    sessions_ended: usize,
    /// The renewed credentials of the caller's session; absent for a session by cookie, whose new cookie is set by the
    /// answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Tokens>,
}

params! {
    /// Parameters of `auth.change_password`.
    pub struct ChangePasswordParams {
        /// May be absent for a session that was proven recently: an account without a password gets its first one in
        /// this way.
        optional current_password: Password,
        chosen new_password: Password,
    }
}

/// Declares the methods.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "auth.request_password_reset",
        Effect::Write,
        Description {
            summary: "Mails a link that sets a new password.",
            rate: Rate::Token,
            errors: &[],
            example: || (json!({ "email": "ann@example.org" }), examples::accepted()),
        },
        request_password_reset,
    );
    registry.public(
        "auth.confirm_password_reset",
        Effect::Write,
        Description {
            summary: "Sets a new password by a mailed token, ends every session, and forgets every device except this one.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken],
            example: || (
                json!({ "token": "AZqjxI…", "new_password": "seven green bicycles" }),
                json!({ "device_token": DEVICE_TOKEN }),
            ),
        },
        confirm_password_reset,
    );
    registry.session(
        "auth.change_password",
        Effect::Write,
        Description {
            summary: "Sets a new password, ends every other session, and renews the credentials of the caller's.",
            rate: Rate::PasswordChange,
            errors: &[Kind::InvalidCredentials, Kind::ProofRequired],
            example: || {
                (
                    json!({ "current_password": "a long walk by the sea", "new_password": "seven green bicycles" }),
                    json!({ "sessions_ended": 2, "tokens": examples::tokens() }),
                )
            },
        },
        change_password,
    );
}

async fn request_password_reset(call: Call, params: RequestPasswordResetParams) -> Result<Accepted, Error> {
    let device = device_token(&call, params.device_token);
    call.context.accounts.request_password_reset(&params.email, device.as_ref(), &call.client()).await?;
    Ok(accepted())
}

async fn confirm_password_reset(call: Call, params: ConfirmPasswordResetParams) -> Result<PasswordReset, Error> {
    let answer = Answer::by(&call, params.credentials)?;
    let (token, new_password) = (&params.token.0, &params.new_password);
    let device = call.context.accounts.confirm_password_reset(token, new_password, &call.client()).await?;
    Ok(PasswordReset { device_token: answer.keep(&device) })
}

async fn change_password(call: Call, caller: Caller, params: ChangePasswordParams) -> Result<PasswordChange, Error> {
    let cookie = renewable_cookie(&call)?;
    let (current, new) = (params.current_password.as_ref(), &params.new_password);
    let accounts = &call.context.accounts;
    call.connection.begin_renewal();
    let changed = accounts.change_password(caller, &call.client(), current, new).await;
    accounts.hub.complete_renewal(&call.connection, changed.as_ref().ok().map(|changed| changed.caller));
    let PasswordChanged { sessions_ended, caller, tokens } = changed?;
    let tokens = match cookie {
        Some(http) => {
            http.set_cookie(accounts.cookie_value(caller));
            None
        }
        None => Some(tokens.into()),
    };
    Ok(PasswordChange { sessions_ended, tokens })
}

/// The HTTP answer that sets the renewed cookie; `None` for a session that acts by tokens.
///
/// # Errors
/// [`Error::InvalidParams`] for a session by cookie if no cookie can be set.
fn renewable_cookie(call: &Call) -> Result<Option<Arc<HttpCall>>, Error> {
    let refused = |why| Error::invalid("params", Fault::new(Rule::NotAllowed, why));
    if call.connection.is_bound_by_cookie() {
        return Err(refused(
            "a session by cookie can change its password only over HTTP, where the new cookie can be set",
        ));
    }
    let Some(http) = call.http.clone().filter(|http| http.acts_by_cookie) else { return Ok(None) };
    if call.in_batch {
        return Err(refused("a session by cookie cannot change its password in a batch"));
    }
    Ok(Some(http))
}
