//! `auth.*` of new passwords: by a mailed link, or by who knows the present one.

use super::{
    auth::{Accepted, EmailParams, SessionsEnded, accepted},
    examples,
    session::Done,
};
use crate::{
    account::Error,
    domain::{password::Password, session::Caller},
    rpc::{
        error::Kind,
        param_types::Token,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use serde_json::json;

params! {
    /// Parameters of `auth.confirm_password_reset`.
    pub struct ConfirmPasswordResetParams {
        /// From the letter's link.
        required token: Token,
        chosen new_password: Password,
    }
}

params! {
    /// Parameters of `auth.change_password`.
    pub struct ChangePasswordParams {
        required current_password: Password,
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
            example: (json!({ "email": "ann@example.org" }), examples::accepted()),
        },
        request_password_reset,
    );
    registry.public(
        "auth.confirm_password_reset",
        Effect::Write,
        Description {
            summary: "Sets a new password by a mailed token and ends every session.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken],
            example: (json!({ "token": "AZqjxI…", "new_password": "seven green bicycles" }), json!({})),
        },
        confirm_password_reset,
    );
    registry.session(
        "auth.change_password",
        Effect::Write,
        Description {
            summary: "Sets a new password for who knows the present one, and ends every other session.",
            rate: Rate::PasswordChange,
            errors: &[Kind::InvalidCredentials],
            example: (
                json!({ "current_password": "a long walk by the sea", "new_password": "seven green bicycles" }),
                json!({ "sessions_ended": 2 }),
            ),
        },
        change_password,
    );
}

async fn request_password_reset(call: Call, params: EmailParams) -> Result<Accepted, Error> {
    call.context.accounts.request_password_reset(&params.email, &call.client()).await?;
    Ok(accepted())
}

async fn confirm_password_reset(call: Call, params: ConfirmPasswordResetParams) -> Result<Done, Error> {
    let (token, new_password) = (&params.token.0, &params.new_password);
    call.context.accounts.confirm_password_reset(token, new_password, &call.client()).await?;
    Ok(Done {})
}

async fn change_password(call: Call, caller: Caller, params: ChangePasswordParams) -> Result<SessionsEnded, Error> {
    let (current, new) = (&params.current_password, &params.new_password);
    let accounts = &call.context.accounts;
    Ok(SessionsEnded { sessions_ended: accounts.change_password(caller, &call.client(), current, new).await? })
}
