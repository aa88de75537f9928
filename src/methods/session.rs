//! `session.*`: the caller's session, and the user's other ones.

use super::examples;
use crate::{
    account::Error,
    domain::{
        ids::SessionId,
        profile::Profile,
        session::{Caller, Session},
        text::Text,
        time::Timestamp,
    },
    rpc::{
        error::Kind,
        param_types::Token,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A session and its user.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CurrentSession {
    /// The session.
    session: Session,
    /// The profile of its user.
    profile: Profile,
}

/// An access token for another backend.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackendToken {
    /// A JWT for that backend's `Authorization: Bearer`; this server does not accept it.
    access_token: String,
    /// When it expires.
    access_expires_at: Timestamp,
}

/// An empty result.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Done {}

params! {
    /// Parameters of `session.authenticate`.
    pub struct AuthenticateParams {
        required access_token: Token,
    }
}

params! {
    /// Parameters of `session.access_token`.
    pub struct AccessTokenParams {
        /// The backend's audience, from `MARBELLE_TOKEN_BACKENDS`.
        required audience: Text<255>,
    }
}

params! {
    /// Parameters of `session.revoke`.
    pub struct RevokeParams {
        required session_id: SessionId,
    }
}

fn current() -> Value {
    json!({ "session": examples::session(), "profile": examples::profile() })
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.presenting(
        "session.authenticate",
        Effect::Write,
        Description {
            summary: "Lets this WebSocket act for a session for as long as the session lives. WebSocket only.",
            rate: Rate::Calls,
            errors: &[Kind::Unauthenticated, Kind::SessionEnded, Kind::Forbidden, Kind::LimitReached],
            example: || (json!({ "access_token": "eyJ…" }), current()),
        },
        |call: &Call, params: &AuthenticateParams| {
            if !call.connection.is_socket() {
                let why = "session.authenticate requires a WebSocket; over HTTP, send Authorization: Bearer";
                return Err(Error::Forbidden(why));
            }
            let caller = call.context.accounts.caller_of_token(&params.access_token.0)?;
            Ok((Some(caller.session), caller))
        },
        authenticate,
    );
    registry.session(
        "session.current",
        Effect::Read,
        Description {
            summary: "The caller's session and profile.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), current()),
        },
        |call: Call, caller, _: NoParams| async move {
            let (session, profile) = call.context.accounts.current_session(caller).await?;
            Ok(CurrentSession { session, profile })
        },
    );
    registry.session(
        "session.list",
        Effect::Read,
        Description {
            summary: "The user's live sessions, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), json!([examples::session()])),
        },
        |call: Call, caller, _: NoParams| async move { call.context.accounts.list_sessions(caller).await },
    );
    registry.session(
        "session.access_token",
        Effect::Read,
        Description {
            summary: "An access token for another backend of the shop, also for pages that are signed in by cookie.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "audience": "orders" }),
                    json!({ "access_token": "eyJ…", "access_expires_at": "2026-11-28T09:10:00.000Z" }),
                )
            },
        },
        |call: Call, caller: Caller, params: AccessTokenParams| async move {
            let accounts = &call.context.accounts;
            let (access_token, access_expires_at) = accounts.access_token_for(caller, params.audience.as_str()).await?;
            Ok(BackendToken { access_token, access_expires_at })
        },
    );
    registry.session(
        "session.revoke",
        Effect::Write,
        Description {
            summary: "Ends one of the user's sessions.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (json!({ "session_id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22" }), json!({})),
        },
        |call: Call, caller: Caller, params: RevokeParams| async move {
            call.context.accounts.revoke_session(caller, &call.client(), params.session_id).await?;
            Ok(Done {})
        },
    );
}

async fn authenticate(call: Call, caller: Caller, _: AuthenticateParams) -> Result<CurrentSession, Error> {
    let (session, profile) = call.context.accounts.authenticate(&call.connection, caller).await?;
    Ok(CurrentSession { session, profile })
}
