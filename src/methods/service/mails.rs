//! `mails.*`: queued letters.

use crate::{
    account::{Error, Operator},
    domain::{
        ids::MailId,
        mail::{Mail, MailState},
        service_key::{Scope, ServiceKey},
    },
    methods::session::Done,
    rpc::{
        error::Kind,
        param_types::Whole,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// Letters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Mails {
    /// Newest first.
    mails: Vec<Mail>,
    /// Whether there are older ones.
    more: bool,
}

params! {
    /// Parameters of `mails.list`.
    pub struct ListParams {
        /// The state of the letters; any if absent.
        optional state: MailState,
        /// The last `id` of the previous page; the newest letters come first if absent.
        optional before: MailId,
        /// The most letters; 50 if absent.
        optional limit: Whole<1, 200>,
    }
}

params! {
    /// Parameters of `mails.retry`.
    pub struct RetryParams {
        required mail_id: MailId,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    const MAILS: &[Scope] = &[Scope::Mails];
    registry.service(
        "mails.list",
        MAILS,
        Effect::Read,
        Description {
            summary: "Waiting letters, and those of the last seven days that were sent or given up, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "state": "given_up", "limit": 1 }),
                    json!({
                        "mails": [{
                            "id": "019aa3c5-1f01-7c10-8a5e-3b7d9f1c2e44",
                            "recipient": "ann@example.org",
                            "kind": "reset_password",
                            "state": "given_up",
                            "attempts": 1,
                            "last_error": "RCPT TO: 550 5.1.1 no such user",
                            "next_attempt_at": null,
                            "created_at": "2026-11-21T09:01:00.000Z",
                        }],
                        "more": false,
                    }),
                )
            },
        },
        list,
    );
    registry.service(
        "mails.retry",
        MAILS,
        Effect::Write,
        Description {
            summary: "Tries a letter again at once, including one that was given up, but not one that was sent.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (json!({ "mail_id": "019aa3c5-1f01-7c10-8a5e-3b7d9f1c2e44" }), json!({})),
        },
        |call: Call, key: ServiceKey, params: RetryParams| async move {
            call.context.accounts.retry_mail(params.mail_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
}

async fn list(call: Call, _: ServiceKey, params: ListParams) -> Result<Mails, Error> {
    let limit = params.limit.map_or(50, |limit| limit.0);
    let (mails, more) = call.context.accounts.list_mails(params.state, params.before, limit).await?;
    Ok(Mails { mails, more })
}
