//! `tokens.*`: verification of access tokens, for backends that do not verify them on their own.

use crate::{
    account::{Error, TokenHolder},
    domain::{
        ids::{SessionId, UserId},
        profile::ExternalId,
        service_key::{Scope, ServiceKey},
        session::InactiveReason,
        text::Text,
        time::Timestamp,
    },
    rpc::{
        param_types::Token,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The audience of an access token (`aud`).
pub type Audience = Text<255>;

/// The state of an access token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TokenState {
    /// It is valid at present.
    Active(Active),
    /// It is not valid.
    Inactive(Inactive),
}

/// A valid access token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Active {
    /// `true`.
    #[schemars(extend("const" = true))]
    active: bool,
    /// The user.
    user_id: UserId,
    /// The session.
    session_id: SessionId,
    /// The user's id in another system, if there is one.
    external_id: Option<ExternalId>,
    /// When the token expires.
    expires_at: Timestamp,
}

/// An access token that is not valid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inactive {
    /// `false`.
    #[schemars(extend("const" = false))]
    active: bool,
    /// The reason.
    reason: InactiveReason,
}

params! {
    /// Parameters of `tokens.verify`.
    pub struct VerifyParams {
        required access_token: Token,
        /// The audience that the token must have; this server's (`MARBELLE_TOKEN_AUDIENCE`) if absent.
        optional audience: Audience,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.service(
        "tokens.verify",
        &[Scope::TokensVerify],
        Effect::Read,
        Description {
            summary: "Verifies an access token, also against the database, and returns its user and session.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "access_token": "eyJ…" }),
                    json!({
                        "active": true, "user_id": "019aa3c5-1f00-7d2e-9a41-0b6c8f3e2d10",
                        "session_id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22", "external_id": "django:4711",
                        "expires_at": "2026-11-28T09:10:00.000Z",
                    }),
                )
            },
        },
        verify,
    );
}

async fn verify(call: Call, _: ServiceKey, params: VerifyParams) -> Result<TokenState, Error> {
    let audience = params.audience.as_ref().map(|audience| audience.as_str());
    let verified = call.context.accounts.verify_access_token(&params.access_token.0, audience).await?;
    Ok(match verified {
        Ok(TokenHolder { user, session, external_id, expires_at }) => {
            TokenState::Active(Active { active: true, user_id: user, session_id: session, external_id, expires_at })
        }
        Err(reason) => TokenState::Inactive(Inactive { active: false, reason }),
    })
}
