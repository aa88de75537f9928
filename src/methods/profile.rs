//! `profile.*`.

use super::{
    auth::{Accepted, Confirmed, accepted},
    examples,
};
use crate::{
    account::Error,
    domain::{
        email::EmailAddress,
        password::Password,
        phone::Phone,
        profile::{Locale, Name, Profile, ProfilePatch},
        session::Caller,
    },
    rpc::{
        error::Kind,
        param_types::{Revision, Token},
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use serde_json::json;

params! {
    impl ProfilePatch {
        edit first_name: Name,
        /// `null` clears it.
        clearable last_name: Name,
        /// `null` clears it.
        clearable company_name: Name,
        /// `null` clears it.
        clearable phone: Phone,
        /// A region, as in `de-DE`, is ignored.
        edit locale: Locale,
    }
}

params! {
    /// Parameters of `profile.update`.
    pub struct UpdateParams {
        flatten patch: ProfilePatch,
        /// Refuses the edit if the profile changed after this revision.
        optional expected_revision: Revision,
        ; refused email: "is changed by profile.request_email_change"
    }
}

params! {
    /// Parameters of `profile.request_email_change`.
    pub struct RequestEmailChangeParams {
        /// May be absent for a session that was proven recently.
        optional current_password: Password,
        required new_email: EmailAddress,
    }
}

params! {
    /// Parameters of `profile.confirm_email_change`.
    pub struct ConfirmEmailChangeParams {
        /// From the letter's link.
        required token: Token,
        /// The password of the account, unless the caller is one of its sessions.
        optional password: Password,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.session(
        "profile.get",
        Effect::Read,
        Description {
            summary: "The caller's profile.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), examples::profile()),
        },
        |call: Call, caller, _: NoParams| async move { call.context.accounts.get_profile(caller).await },
    );
    registry.session(
        "profile.update",
        Effect::Write,
        Description {
            summary: "Edits the caller's profile; absent parameters leave their fields unchanged.",
            rate: Rate::Change,
            errors: &[Kind::StaleRevision],
            example: || (json!({ "first_name": "Ann", "expected_revision": 4 }), examples::profile()),
        },
        update,
    );
    registry.session(
        "profile.request_email_change",
        Effect::Write,
        Description {
            summary: "Mails a link that confirms a new e-mail address to that address.",
            rate: Rate::Token,
            errors: &[Kind::InvalidCredentials, Kind::ProofRequired],
            example: || {
                (
                    json!({ "current_password": "a long walk by the sea", "new_email": "ann.lee@example.org" }),
                    examples::accepted(),
                )
            },
        },
        request_email_change,
    );
    registry.public(
        "profile.confirm_email_change",
        Effect::Write,
        Description {
            summary: "Changes the e-mail address by a mailed token, for a session of the account or its password; ends every session.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken, Kind::InvalidCredentials, Kind::Conflict],
            example: || (json!({ "token": "AZqjxI…", "password": "a long walk by the sea" }), json!({ "email": "ann.lee@example.org" })),
        },
        confirm_email_change,
    );
    registry.session(
        "profile.cancel_email_change",
        Effect::Write,
        Description {
            summary: "Drops a pending change of the e-mail address and its token.",
            rate: Rate::Change,
            errors: &[],
            example: || (json!({}), examples::profile()),
        },
        |call: Call, caller, _: NoParams| async move {
            call.context.accounts.cancel_email_change(caller, &call.client()).await
        },
    );
}

async fn update(call: Call, caller: Caller, params: UpdateParams) -> Result<Profile, Error> {
    let expected = params.expected_revision.map(|revision| revision.0);
    call.context.accounts.update_profile(caller, &call.client(), params.patch, expected).await
}

async fn request_email_change(call: Call, caller: Caller, params: RequestEmailChangeParams) -> Result<Accepted, Error> {
    let (current, new_email) = (params.current_password.as_ref(), params.new_email);
    call.context.accounts.request_email_change(caller, &call.client(), current, new_email).await?;
    Ok(accepted())
}

async fn confirm_email_change(call: Call, params: ConfirmEmailChangeParams) -> Result<Confirmed, Error> {
    let (caller, client) = (call.caller().ok(), call.client());
    let accounts = &call.context.accounts;
    let email = accounts.confirm_email_change(&params.token.0, caller, params.password.as_ref(), &client).await?;
    Ok(Confirmed { email })
}
