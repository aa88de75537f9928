//! `users.*`: the methods that read users.

use super::examples;
use crate::{
    account::{Error, FindUsers, Operator},
    domain::{
        email::EmailAddress,
        export::ExportCursor,
        ids::{SecurityEventId, UserId},
        profile::ExternalId,
        service_key::{Scope, ServiceKey},
        user::{Query, User, UserRef, UserState},
    },
    methods::{
        account::SecurityLog,
        examples as user_examples,
        export::{self, Export},
    },
    rpc::{
        error::Kind,
        param_types::Whole,
        params::{NoParams, Reader, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// A page of users.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Users {
    /// Newest first.
    users: Vec<User>,
    /// The `after` of the next page; `null` if there is none.
    next: Option<UserId>,
}

params! {
    /// Parameters of `users.find`.
    pub struct FindParams {
        /// The beginning of an e-mail address or a name, in any case; every user if absent.
        optional query: Query,
        /// The state of the users; any if absent.
        optional state: UserState,
        /// The `next` of the previous page.
        optional after: UserId,
        /// The most users; 50 if absent. A page may be shorter.
        optional limit: Whole<1, 200>,
    }
}

params! {
    /// Parameters of `users.get`. Exactly one of them is given.
    pub struct GetParams {
        optional user_id: UserId,
        optional email: EmailAddress,
        /// The user's id in another system.
        optional external_id: ExternalId,
        ; check one_of_them
    }
}

fn one_of_them(reader: &mut Reader<'_>) {
    reader.exactly_one_of(&["user_id", "email", "external_id"]);
}

params! {
    /// Parameters that name a user.
    pub struct UserIdParams {
        required user_id: UserId,
    }
}

params! {
    /// Parameters of `users.security_log`.
    pub struct SecurityLogParams {
        required user_id: UserId,
        /// The last `id` of the previous page; the newest entries come first if absent.
        optional before: SecurityEventId,
        /// The most entries; 50 if absent.
        optional limit: Whole<1, 200>,
    }
}

params! {
    /// Parameters of `users.export`.
    pub struct ExportParams {
        required user_id: UserId,
        /// The `cursor` of the previous page; the first page if absent.
        optional after: ExportCursor,
    }
}

/// Declares the methods that read.
pub fn declare(registry: &mut Registry) {
    const READ: &[Scope] = &[Scope::UsersRead];
    registry.service(
        "users.find",
        READ,
        Effect::Read,
        Description {
            summary: "Users whose e-mail address or name begins with a text, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({ "query": "ann" }), json!({ "users": [examples::user()], "next": null })),
        },
        find,
    );
    registry.service(
        "users.get",
        READ,
        Effect::Read,
        Description {
            summary: "A user.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (json!({ "email": "ann@example.org" }), examples::user()),
        },
        get,
    );
    registry.service(
        "users.addresses",
        READ,
        Effect::Read,
        Description {
            summary: "A user's addresses, primary first, then oldest first.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (examples::user_id(), json!([user_examples::address()])),
        },
        |call: Call, _: ServiceKey, params: UserIdParams| async move {
            call.context.accounts.addresses_of(params.user_id).await
        },
    );
    registry.service(
        "users.sessions",
        READ,
        Effect::Read,
        Description {
            summary: "A user's live sessions, newest first.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || {
                let mut session = user_examples::session();
                session["current"] = json!(false);
                (examples::user_id(), json!([session]))
            },
        },
        |call: Call, _: ServiceKey, params: UserIdParams| async move {
            call.context.accounts.sessions_of(params.user_id).await
        },
    );
    registry.service(
        "users.security_log",
        READ,
        Effect::Read,
        Description {
            summary: "The security log of a user, newest first.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (examples::user_id(), json!({ "events": [user_examples::security_event()], "more": true })),
        },
        security_log,
    );
    registry.service(
        "users.export",
        READ,
        Effect::Write,
        Description {
            summary: "A page of all data stored about a user; the audit log records the first one.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (examples::user_id(), export::example()),
        },
        |call: Call, key: ServiceKey, params: ExportParams| async move {
            let after = params.after.unwrap_or(ExportCursor::START);
            Export::try_from(call.context.accounts.export_user(params.user_id, after, Operator::Key(&key)).await?)
        },
    );
    registry.service(
        "users.count",
        READ,
        Effect::Read,
        Description {
            summary: "The numbers of accounts, and of registrations that may still be verified.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), json!({ "active": 4711, "disabled": 8, "registrations": 15 })),
        },
        |call: Call, _: ServiceKey, _: NoParams| async move { call.context.accounts.count_users().await },
    );
}

async fn find(call: Call, _: ServiceKey, params: FindParams) -> Result<Users, Error> {
    let FindParams { query, state, after, limit } = params;
    let limit = limit.map_or(50, |limit| limit.0);
    let page = call.context.accounts.find_users(FindUsers { query: query.as_ref(), state, after, limit }).await?;
    Ok(Users { users: page.users, next: page.next })
}

async fn get(call: Call, _: ServiceKey, params: GetParams) -> Result<User, Error> {
    let id = params.user_id.map(UserRef::Id);
    let user = id.or(params.email.map(UserRef::Email)).or(params.external_id.map(UserRef::External));
    let user = user.ok_or(Error::Internal("none of the parameters of which one is given".into()))?;
    call.context.accounts.get_user(&user).await
}

async fn security_log(call: Call, _: ServiceKey, params: SecurityLogParams) -> Result<SecurityLog, Error> {
    let limit = params.limit.map_or(50, |limit| limit.0);
    let (events, more) = call.context.accounts.security_log_of(params.user_id, params.before, limit).await?;
    Ok(SecurityLog { events, more })
}
