//! `profile.*`.

use super::{
    error::Kind,
    examples,
    param_types::Revision,
    params::{NoParams, params},
    registry::{Call, Description, Effect, Registry},
};
use crate::{
    account::Error,
    domain::{
        phone::Phone,
        profile::{Locale, Name, Profile, ProfilePatch},
        session::Caller,
    },
};
use serde_json::json;

params! {
    /// Parameters of `profile.update`.
    pub struct UpdateParams {
        edit first_name: Name,
        edit last_name: Name,
        /// `null` clears it.
        clearable company_name: Name,
        /// `null` clears it.
        clearable phone: Phone,
        edit locale: Locale,
        /// Refuses the edit if the profile changed after this revision.
        optional expected_revision: Revision,
        ; refused email: "is changed by profile.request_email_change"
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.session(
        "profile.get",
        Effect::Read,
        Description { summary: "The caller's profile.", errors: &[], example: (json!({}), examples::profile()) },
        |call: Call, caller, _: NoParams| async move { call.context.accounts.get_profile(caller).await },
    );
    registry.session(
        "profile.update",
        Effect::Write,
        Description {
            summary: "Edits the caller's profile; what is left out stays.",
            errors: &[Kind::StaleRevision],
            example: (json!({ "first_name": "Ann", "expected_revision": 4 }), examples::profile()),
        },
        update,
    );
}

async fn update(call: Call, caller: Caller, params: UpdateParams) -> Result<Profile, Error> {
    let patch = ProfilePatch {
        first_name: params.first_name,
        last_name: params.last_name,
        company_name: params.company_name,
        phone: params.phone,
        locale: params.locale,
    };
    let expected = params.expected_revision.map(|revision| revision.0);
    call.context.accounts.update_profile(caller, patch, expected).await
}
