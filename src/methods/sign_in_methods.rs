//! `sign_in_methods.*`: the sign-in methods of the caller's account.

use super::examples;
use crate::rpc::{
    params::NoParams,
    rates::Rate,
    registry::{Call, Description, Effect, Registry},
};
use serde_json::json;

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.session(
        "sign_in_methods.get",
        Effect::Read,
        Description {
            summary: "The sign-in methods of the caller's account.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), examples::sign_in_methods()),
        },
        |call: Call, caller, _: NoParams| async move { call.context.accounts.get_sign_in_methods(caller).await },
    );
}
