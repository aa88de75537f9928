//! `keys.*`: service keys.

use super::examples;
use crate::{
    account::{Error, NewKey, Operator},
    domain::{
        ids::KeyId,
        service_key::{KeyName, Scope, Scopes, ServiceKey},
        time::Timestamp,
    },
    methods::session::Done,
    rpc::{
        error::Kind,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// A new key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CreatedKey {
    /// The key.
    key: ServiceKey,
    /// The secret for `Authorization: Bearer …`, which is returned only once.
    secret: String,
}

params! {
    /// Parameters of `keys.create`.
    pub struct CreateParams {
        /// Its name in security logs and in the audit log.
        required name: KeyName,
        /// Its scopes; only scopes of the calling key are allowed.
        required scopes: Scopes,
        /// When it expires; never if absent. It must not be after the expiry of the calling key.
        optional expires_at: Timestamp,
    }
}

params! {
    /// Parameters of `keys.revoke`.
    pub struct RevokeParams {
        required key_id: KeyId,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    const KEYS: &[Scope] = &[Scope::Keys];
    registry.service(
        "keys.list",
        KEYS,
        Effect::Read,
        Description {
            summary: "All keys, newest first, including revoked and expired ones.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), json!([examples::key()])),
        },
        |call: Call, _: ServiceKey, _: NoParams| async move { call.context.accounts.list_keys().await },
    );
    registry.service(
        "keys.create",
        KEYS,
        Effect::Write,
        Description {
            summary: "Creates a key.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({ "name": "orders", "scopes": ["users:read", "tokens:verify"] }),
                    json!({ "key": examples::key(), "secret": "marbelle_…" }),
                )
            },
        },
        create,
    );
    registry.service(
        "keys.revoke",
        KEYS,
        Effect::Write,
        Description {
            summary: "Ends a key at once, its open WebSockets included.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (json!({ "key_id": "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07" }), json!({})),
        },
        |call: Call, key: ServiceKey, params: RevokeParams| async move {
            call.context.accounts.revoke_key(params.key_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
}

async fn create(call: Call, key: ServiceKey, params: CreateParams) -> Result<CreatedKey, Error> {
    let CreateParams { name, scopes, expires_at } = params;
    let (key, secret) =
        call.context.accounts.create_key(NewKey { name, scopes, expires_at }, Operator::Key(&key)).await?;
    Ok(CreatedKey { key, secret: secret.expose().to_owned() })
}
