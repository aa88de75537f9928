//! `revocations.*`: revocations of access tokens before they expire, for backends that verify tokens on their own.

use crate::{
    account::Error,
    domain::{
        revocation::RevocationCursor,
        service_key::{Scope, ServiceKey},
    },
    live::{REVOCATIONS, REVOCATIONS_EVENT, RevocationsPage},
    rpc::{
        params::params,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
        spec::DescribedEvent,
        subscription::SubscriptionMethods,
    },
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

params! {
    /// Parameters of `revocations.list` and of `revocations.subscribe`.
    pub struct SinceParams {
        /// The caller's last cursor; everything that is kept is returned if it is absent, or belongs to the time before
        /// a restore.
        optional since: RevocationCursor,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    const VERIFY: &[Scope] = &[Scope::TokensVerify];
    registry.service(
        "revocations.list",
        VERIFY,
        Effect::Read,
        Description {
            summary: "What voids access tokens that have not expired: at most 2,000 entries, which may repeat. Ask again \
                      from the cursor until it stays as it is.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), page()),
        },
        |call: Call, _: ServiceKey, params: SinceParams| async move {
            Ok(call.context.accounts.hub.list_revocations(params.since).await?)
        },
    );
    registry.service_subscription(
        SubscriptionMethods {
            subscribe: (
                "revocations.subscribe",
                Description {
                    summary: "Pushes the same as revocations.event notifications to this WebSocket: what is kept after \
                              `since`, then each as it is committed, on any node.",
                    rate: Rate::Calls,
                    errors: &[],
                    example: || (json!({ "since": CURSOR }), json!(REVOCATIONS)),
                },
            ),
            unsubscribe: (
                "revocations.unsubscribe",
                Description {
                    summary: "Ends the subscription of this WebSocket; false if there is none with this id.",
                    rate: Rate::Calls,
                    errors: &[],
                    example: || (json!({ "subscription": REVOCATIONS }), json!(true)),
                },
            ),
            over_http: "subscriptions require a WebSocket; over HTTP, call revocations.list",
            id: REVOCATIONS,
        },
        VERIFY,
        |call: Call, _: ServiceKey, params: SinceParams| async move {
            let begin = call.context.accounts.hub.subscribe_to_revocations(&call.connection, params.since);
            begin.ok_or(Error::Forbidden("this connection already has a subscription"))
        },
        |call| call.context.accounts.hub.unsubscribe_from_revocations(&call.connection),
    );
}

const CURSOR: &str = "WyIzZjJiOGMxZS03YTVkLTRlOTAtOWIxZi0yYzRkNmU4ZjBhMTMiLDQ3MTFd";

fn page() -> Value {
    json!({
        "revocations": [{
            "session_id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22", "user_id": "019aa3c5-1f00-7d2e-9a41-0b6c8f3e2d10",
            "at": "2026-11-28T09:10:00.000Z", "reason": "logout", "below": null,
        }],
        "cursor": CURSOR,
    })
}

/// The schema of the notification.
struct RevocationsEvent;

impl JsonSchema for RevocationsEvent {
    fn schema_name() -> Cow<'static, str> {
        "RevocationsEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let page = generator.subschema_for::<RevocationsPage>();
        json_schema!({
            "description": "The notification of revocations.",
            "type": "object",
            "required": ["jsonrpc", "method", "params"],
            "properties": {
                "jsonrpc": { "type": "string", "const": "2.0" },
                "method": { "type": "string", "const": REVOCATIONS_EVENT },
                "params": {
                    "type": "object",
                    "required": ["subscription", "result"],
                    "properties": {
                        "subscription": { "type": "string", "description": "The result of `revocations.subscribe`." },
                        "result": page,
                    },
                },
            },
        })
    }
}

/// The event of the namespace; the schemas get its notification.
pub fn describe(generator: &mut SchemaGenerator) -> DescribedEvent {
    generator.subschema_for::<RevocationsEvent>();
    DescribedEvent {
        name: REVOCATIONS_EVENT,
        description: "Revocations of access tokens that have not expired.",
        schema: generator.subschema_for::<RevocationsPage>().to_value(),
        example: json!({
            "jsonrpc": "2.0", "method": REVOCATIONS_EVENT,
            "params": { "subscription": REVOCATIONS, "result": page() },
        }),
    }
}
