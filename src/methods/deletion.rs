//! `account.request_deletion` and `account.confirm_deletion`.

use super::{
    auth::{Accepted, accepted},
    examples,
    session::Done,
};
use crate::{
    domain::session::ProvenCaller,
    rpc::{
        error::Kind,
        param_types::Token,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use serde_json::json;

params! {
    /// Parameters of `account.confirm_deletion`.
    pub struct ConfirmDeletionParams {
        /// From the letter's link.
        required token: Token,
    }
}

/// Declares the methods.
pub fn declare(registry: &mut Registry) {
    registry.proven(
        "account.request_deletion",
        Effect::Write,
        Description {
            summary: "Mails a link that deletes the account to its address.",
            rate: Rate::Change,
            errors: &[],
            example: || (json!({}), examples::accepted()),
        },
        |call: Call, caller: ProvenCaller, _: NoParams| async move {
            call.context.accounts.request_deletion(caller, &call.client()).await?;
            Ok::<Accepted, _>(accepted())
        },
    );
    registry.public(
        "account.confirm_deletion",
        Effect::Write,
        Description {
            summary: "Deletes the account by a mailed token, at once, with all data about its owner.",
            rate: Rate::Token,
            errors: &[Kind::InvalidToken],
            example: || (json!({ "token": "AZqjxI…" }), json!({})),
        },
        |call: Call, params: ConfirmDeletionParams| async move {
            call.context.accounts.confirm_deletion(&params.token.0, &call.client()).await?;
            Ok(Done {})
        },
    );
}
