//! `users.*`: the methods that change users.

use super::{examples, users::UserIdParams};
use crate::{
    account::{Error, NewAccount, Operator, Reason},
    domain::{
        email::EmailAddress,
        ids::{SessionId, UserId},
        profile::{ExternalId, PersonalData, ProfilePatch},
        service_key::{Scope, ServiceKey},
        text::Text,
        user::{User, UserRef},
    },
    methods::{
        auth::{Accepted, on_its_way},
        session::Done,
    },
    rpc::{
        error::Kind,
        param_types::Revision,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A stored password hash.
type PasswordHash = Text<512>;

/// The result of ending sessions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionsEnded {
    /// The number of sessions that were ended.
    sessions_ended: usize,
}

params! {
    /// Parameters of `users.create`.
    pub struct CreateParams {
        /// The address, which counts as verified.
        required email: EmailAddress,
        flatten person: PersonalData,
        /// The user's id in another system.
        optional external_id: ExternalId,
        /// A hash of another system, of a kind and cost that an import accepts. Without it the user has no password
        /// yet.
        optional password_hash: PasswordHash,
    }
}

params! {
    /// Parameters of `users.update`.
    pub struct UpdateParams {
        required user_id: UserId,
        flatten patch: ProfilePatch,
        /// `null` clears it.
        clearable external_id: ExternalId,
        /// Refuses the edit if the profile changed after this revision.
        optional expected_revision: Revision,
        ; refused email: "can be changed only by its owner"
    }
}

params! {
    /// Parameters of `users.disable` and `users.enable`.
    pub struct StateParams {
        required user_id: UserId,
        /// The reason, for the audit log.
        optional reason: Reason,
    }
}

params! {
    /// Parameters of `users.end_sessions`.
    pub struct EndSessionsParams {
        required user_id: UserId,
        /// The session; all sessions if absent.
        optional session_id: SessionId,
    }
}

params! {
    /// Parameters of `users.resend_verification`.
    pub struct EmailParams {
        /// The address, whose newest registration is used.
        required email: EmailAddress,
    }
}

/// Declares the methods that change users.
pub fn declare(registry: &mut Registry) {
    const WRITE: &[Scope] = &[Scope::UsersWrite];
    let changes =
        |summary, errors, example: fn() -> (Value, Value)| Description { summary, rate: Rate::Calls, errors, example };
    registry.service(
        "users.create",
        WRITE,
        Effect::Write,
        changes(
            "Creates an account without a registration.",
            &[Kind::Conflict],
            || (
                json!({ "email": "ann@example.org", "first_name": "Ann", "last_name": "Lee", "external_id": "crm:4711" }),
                examples::user(),
            ),
        ),
        create,
    );
    registry.service(
        "users.update",
        WRITE,
        Effect::Write,
        changes(
            "Edits a user's profile, and the user's id in another system.",
            &[Kind::NotFound, Kind::Conflict, Kind::StaleRevision],
            || (json!({ "user_id": examples::user_id()["user_id"], "external_id": "crm:4711" }), examples::user()),
        ),
        update,
    );
    registry.service(
        "users.disable",
        WRITE,
        Effect::Write,
        changes("Disables a user: ends the user's sessions, and refuses sign-ins.", &[Kind::NotFound], || {
            let mut disabled = examples::user();
            disabled["disabled_at"] = json!("2026-11-21T10:00:00.000Z");
            (json!({ "user_id": examples::user_id()["user_id"], "reason": "asked by telephone" }), disabled)
        }),
        |call: Call, key: ServiceKey, params: StateParams| async move {
            let StateParams { user_id, reason } = params;
            call.context.accounts.disable_user(user_id, reason.as_ref(), Operator::Key(&key)).await
        },
    );
    registry.service(
        "users.enable",
        WRITE,
        Effect::Write,
        changes("Allows a disabled user to sign in again.", &[Kind::NotFound], || {
            (examples::user_id(), examples::user())
        }),
        |call: Call, key: ServiceKey, params: StateParams| async move {
            let StateParams { user_id, reason } = params;
            call.context.accounts.enable_user(user_id, reason.as_ref(), Operator::Key(&key)).await
        },
    );
    registry.service(
        "users.end_sessions",
        WRITE,
        Effect::Write,
        changes("Ends a user's sessions, or one of them.", &[Kind::NotFound], || {
            (examples::user_id(), json!({ "sessions_ended": 2 }))
        }),
        |call: Call, key: ServiceKey, params: EndSessionsParams| async move {
            let EndSessionsParams { user_id, session_id } = params;
            let ended = call.context.accounts.end_sessions_of(user_id, session_id, Operator::Key(&key)).await?;
            Ok(SessionsEnded { sessions_ended: ended })
        },
    );
    registry.service(
        "users.send_password_reset",
        WRITE,
        Effect::Write,
        changes("Mails a user a link that sets a new password.", &[Kind::NotFound, Kind::AccountDisabled], || {
            (examples::user_id(), json!({ "message": "The letter is on its way." }))
        }),
        |call: Call, key: ServiceKey, params: UserIdParams| async move {
            call.context.accounts.send_password_reset(params.user_id, Operator::Key(&key)).await?;
            Ok::<Accepted, Error>(on_its_way())
        },
    );
    registry.service(
        "users.resend_verification",
        WRITE,
        Effect::Write,
        changes(
            "Mails a new link and code to an address whose registration is not verified yet.",
            &[Kind::NotFound],
            || (json!({ "email": "ann@example.org" }), json!({ "message": "The letter is on its way." })),
        ),
        |call: Call, key: ServiceKey, params: EmailParams| async move {
            call.context.accounts.send_verification(&params.email, Operator::Key(&key)).await?;
            Ok::<Accepted, Error>(on_its_way())
        },
    );
    registry.service(
        "users.reset_second_factor",
        &[Scope::UsersSecurity],
        Effect::Write,
        changes(
            "Removes the second factor of a user who has lost it, ends the user's sessions, and sends the user a letter.",
            &[Kind::NotFound],
            || (examples::user_id(), examples::user()),
        ),
        |call: Call, key: ServiceKey, params: UserIdParams| async move {
            let accounts = &call.context.accounts;
            accounts.reset_second_factor(params.user_id, Operator::Key(&key)).await?;
            accounts.get_user(&UserRef::Id(params.user_id)).await
        },
    );
    registry.service(
        "users.delete",
        &[Scope::UsersDelete],
        Effect::Write,
        changes("Ends a user's sessions and deletes all the user's data, at once.", &[Kind::NotFound], || {
            (examples::user_id(), json!({}))
        }),
        |call: Call, key: ServiceKey, params: UserIdParams| async move {
            call.context.accounts.delete_user(params.user_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
}

async fn create(call: Call, key: ServiceKey, params: CreateParams) -> Result<User, Error> {
    let CreateParams { email, person, external_id, password_hash } = params;
    let password_hash = password_hash.map(|hash| hash.as_str().to_owned());
    let new = NewAccount { email, person, external_id, password_hash };
    call.context.accounts.create_user(new, Operator::Key(&key)).await
}

async fn update(call: Call, key: ServiceKey, params: UpdateParams) -> Result<User, Error> {
    let UpdateParams { user_id, patch, external_id, expected_revision } = params;
    let expected = expected_revision.map(|revision| revision.0);
    call.context.accounts.update_user(user_id, patch, external_id, expected, Operator::Key(&key)).await
}
