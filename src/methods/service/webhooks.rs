//! `webhooks.*`: webhooks and their deliveries.

use super::examples;
use crate::{
    account::{Error, Operator, WebhookPatch},
    domain::{
        ids::{DeliveryId, WebhookId},
        service_key::{Scope, ServiceKey},
        webhook::{DeliveryState, EventTypes, Webhook, WebhookDescription, WebhookUrl},
    },
    methods::session::Done,
    rpc::{
        error::Kind,
        param_types::Whole,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A new webhook.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CreatedWebhook {
    /// The webhook.
    webhook: Webhook,
    /// The secret by which its receiver authenticates requests; it is returned only once.
    secret: String,
}

/// The new secret of a webhook.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WebhookSecret {
    /// The secret by which its receiver authenticates requests; it is returned only once.
    secret: String,
}

/// A test event that was queued.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QueuedTest {
    /// The delivery, which the receiver sees as `webhook-id`.
    delivery_id: DeliveryId,
}

params! {
    /// Parameters of `webhooks.create`.
    pub struct CreateWebhookParams {
        /// The URL that events are sent to; https in production.
        required url: WebhookUrl,
        /// The types of events; all if absent. `user.resync` is sent to every webhook.
        optional events: EventTypes,
        /// The operator's description.
        optional description: WebhookDescription,
    }
}

params! {
    /// Parameters of `webhooks.update`.
    pub struct UpdateWebhookParams {
        required webhook_id: WebhookId,
        /// The URL that events are sent to; https in production.
        edit url: WebhookUrl,
        /// The types of events; `null` for all.
        clearable events: EventTypes,
        /// The operator's description.
        clearable description: WebhookDescription,
        /// Whether it is switched off, which drops its waiting events.
        edit disabled: bool,
    }
}

params! {
    /// Parameters of methods of one webhook.
    pub struct WebhookParams {
        required webhook_id: WebhookId,
    }
}

params! {
    /// Parameters of `webhooks.deliveries`.
    pub struct DeliveriesParams {
        required webhook_id: WebhookId,
        /// Only deliveries with this outcome.
        optional state: DeliveryState,
        /// The last `id` of the previous page; the newest deliveries come first if absent.
        optional before: DeliveryId,
        /// The most deliveries; 50 if absent.
        optional limit: Whole<1, 200>,
    }
}

params! {
    /// Parameters of `webhooks.redeliver`.
    pub struct RedeliverParams {
        required delivery_id: DeliveryId,
    }
}

const WEBHOOKS: &[Scope] = &[Scope::Webhooks];
/// Events are about users: whoever sets their receiver must be allowed to read users.
const WEBHOOKS_OF_USERS: &[Scope] = &[Scope::Webhooks, Scope::UsersRead];
const WEBHOOK_ID: &str = "019aa3c5-1f00-7f31-9c02-4d5e6f708192";
const DELIVERY_ID: &str = "019aa3c5-1f00-7a62-8d13-5e6f70819203";

fn description(summary: &'static str, errors: &'static [Kind], example: fn() -> (Value, Value)) -> Description {
    Description { summary, rate: Rate::Calls, errors, example }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.service(
        "webhooks.list",
        WEBHOOKS,
        Effect::Read,
        description("Every webhook, newest first.", &[], || (json!({}), json!([examples::webhook()]))),
        |call: Call, _: ServiceKey, _: NoParams| async move { call.context.accounts.list_webhooks().await },
    );
    registry.service(
        "webhooks.create",
        WEBHOOKS_OF_USERS,
        Effect::Write,
        description(
            "Creates a webhook: a URL that changes are sent to, by Standard Webhooks.",
            &[Kind::LimitReached],
            || {
                let url = "https://search.shop.example/hooks/accounts";
                let params = json!({ "url": url, "events": ["profile.changed", "user.deleted"] });
                (params, json!({ "webhook": examples::webhook(), "secret": "whsec_…" }))
            },
        ),
        create,
    );
    registry.service(
        "webhooks.update",
        WEBHOOKS_OF_USERS,
        Effect::Write,
        description("Edits a webhook, and switches it off or on.", &[Kind::NotFound], || {
            (json!({ "webhook_id": WEBHOOK_ID, "disabled": false }), examples::webhook())
        }),
        update,
    );
    registry.service(
        "webhooks.delete",
        WEBHOOKS,
        Effect::Write,
        description("Deletes a webhook and the records of its deliveries.", &[Kind::NotFound], || {
            (json!({ "webhook_id": WEBHOOK_ID }), json!({}))
        }),
        |call: Call, key: ServiceKey, params: WebhookParams| async move {
            call.context.accounts.delete_webhook(params.webhook_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
    registry.service(
        "webhooks.rotate_secret",
        WEBHOOKS,
        Effect::Write,
        description(
            "Replaces the secret of a webhook; for a day the former one signs as well.",
            &[Kind::NotFound],
            || (json!({ "webhook_id": WEBHOOK_ID }), json!({ "secret": "whsec_…" })),
        ),
        |call: Call, key: ServiceKey, params: WebhookParams| async move {
            let secret = call.context.accounts.rotate_webhook_secret(params.webhook_id, Operator::Key(&key)).await?;
            Ok(WebhookSecret { secret: secret.expose().to_owned() })
        },
    );
    registry.service(
        "webhooks.test",
        WEBHOOKS,
        Effect::Write,
        description("Queues a webhook.test event.", &[Kind::NotFound, Kind::Forbidden], || {
            (json!({ "webhook_id": WEBHOOK_ID }), json!({ "delivery_id": DELIVERY_ID }))
        }),
        |call: Call, key: ServiceKey, params: WebhookParams| async move {
            let delivery_id = call.context.accounts.test_webhook(params.webhook_id, Operator::Key(&key)).await?;
            Ok(QueuedTest { delivery_id })
        },
    );
    declare_deliveries(registry);
}

fn declare_deliveries(registry: &mut Registry) {
    registry.service(
        "webhooks.deliveries",
        WEBHOOKS,
        Effect::Read,
        description(
            "The deliveries of a webhook in the last seven days, and their outcomes; newest first.",
            &[Kind::NotFound],
            || {
                (
                    json!({ "webhook_id": WEBHOOK_ID, "limit": 1 }),
                    json!({ "deliveries": [examples::delivery()], "more": true }),
                )
            },
        ),
        |call: Call, _: ServiceKey, params: DeliveriesParams| async move {
            let limit = params.limit.map_or(50, |limit| limit.0);
            call.context.accounts.list_deliveries(params.webhook_id, params.state, params.before, limit).await
        },
    );
    registry.service(
        "webhooks.redeliver",
        WEBHOOKS,
        Effect::Write,
        description(
            "Delivers an event again, at once if it waits for its next attempt.",
            &[Kind::NotFound, Kind::Forbidden],
            || (json!({ "delivery_id": DELIVERY_ID }), json!({})),
        ),
        |call: Call, key: ServiceKey, params: RedeliverParams| async move {
            call.context.accounts.redeliver(params.delivery_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
}

async fn create(call: Call, key: ServiceKey, params: CreateWebhookParams) -> Result<CreatedWebhook, Error> {
    let CreateWebhookParams { url, events, description } = params;
    let (webhook, secret) = call.context.accounts.create_webhook(url, events, description, Operator::Key(&key)).await?;
    Ok(CreatedWebhook { webhook, secret: secret.expose().to_owned() })
}

async fn update(call: Call, key: ServiceKey, params: UpdateWebhookParams) -> Result<Webhook, Error> {
    let UpdateWebhookParams { webhook_id, url, events, description, disabled } = params;
    let patch = WebhookPatch { url, events, description, disabled };
    call.context.accounts.update_webhook(webhook_id, patch, Operator::Key(&key)).await
}
