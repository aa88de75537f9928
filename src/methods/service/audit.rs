//! `audit.*`: actions of operators and other services.

use crate::{
    account::Error,
    domain::{
        audit::AuditEntry,
        ids::AuditId,
        service_key::{Scope, ServiceKey},
    },
    rpc::{
        param_types::Whole,
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// Entries of the audit log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditLog {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// Whether there are older ones.
    more: bool,
}

params! {
    /// Parameters of `audit.list`.
    pub struct ListParams {
        /// The last `id` of the previous page; the newest entries come first if absent.
        optional before: AuditId,
        /// The most entries; 50 if absent.
        optional limit: Whole<1, 200>,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.service(
        "audit.list",
        &[Scope::Audit],
        Effect::Read,
        Description {
            summary: "Actions by service keys and by the command line, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "limit": 1 }),
                    json!({
                        "entries": [{
                            "id": "019aa3c5-1f01-7c10-8a5e-3b7d9f1c2e44",
                            "at": "2026-11-21T09:01:00.000Z",
                            "actor": "support desk",
                            "key_id": "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07",
                            "method": "users.disable",
                            "user_id": "019aa3c4-5d80-7c3e-9a51-0d4f2b6c8e10",
                            "detail": { "reason": "asked by telephone" },
                        }],
                        "more": true,
                    }),
                )
            },
        },
        list,
    );
}

async fn list(call: Call, _: ServiceKey, params: ListParams) -> Result<AuditLog, Error> {
    let limit = params.limit.map_or(50, |limit| limit.0);
    let (entries, more) = call.context.accounts.list_audit_log(params.before, limit).await?;
    Ok(AuditLog { entries, more })
}
