//! Webhooks and their deliveries.

use super::{Accounts, BATCH, Error, Operator};
use crate::{
    crypto::{opaque_token::Secret, webhook_secret::WebhookSecret},
    domain::{
        audit::AuditEntry,
        fault::{Fault, Rule},
        ids::{DeliveryId, ReceiverId, WebhookId},
        sealed::Sealed,
        webhook::{Deliveries, DeliveryState, EventTypes, Webhook, WebhookDescription, WebhookUrl},
    },
    store::{Tx, WebhookRow},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The most webhooks: each is a row that every change writes.
const MAX_WEBHOOKS: usize = 50;
/// How long the former secret also signs, so that receivers can switch in the meantime.
const FORMER_SECRET: Duration = Duration::from_secs(86_400);
/// The error for a disabled webhook.
const IS_DISABLED: Error = Error::Forbidden("this webhook is disabled; enable it first");

/// An edit: `None` leaves a field unchanged.
#[derive(Debug, Default)]
pub struct WebhookPatch {
    /// The URL that events are sent to.
    pub url: Option<WebhookUrl>,
    /// The types of events; `Some(None)` means all.
    pub events: Option<Option<EventTypes>>,
    /// The operator's description.
    pub description: Option<Option<WebhookDescription>>,
    /// Whether it is switched off.
    pub disabled: Option<bool>,
}

impl Accounts {
    /// Every webhook, newest first.
    pub async fn list_webhooks(&self) -> Result<Vec<Webhook>, Error> {
        Ok(self.store.list_webhooks().await?.into_iter().map(|row| row.webhook).collect())
    }

    /// Creates a webhook. The secret, by which its receiver authenticates requests, is returned only here.
    ///
    /// # Errors
    /// [`Error::LimitReached`] if there are as many as allowed; `not_allowed` for a URL without TLS in production.
    pub async fn create_webhook(
        &self,
        url: WebhookUrl,
        events: Option<EventTypes>,
        description: Option<WebhookDescription>,
        operator: Operator<'_>,
    ) -> Result<(Webhook, Secret), Error> {
        self.check_webhook_url(&url)?;
        let secret = WebhookSecret::new();
        let mut tx = self.store.write().await?;
        tx.lock_webhooks().await?;
        if tx.count_webhooks().await? >= i64::try_from(MAX_WEBHOOKS).unwrap_or(i64::MAX) {
            return Err(Error::LimitReached(MAX_WEBHOOKS));
        }
        let webhook = Webhook {
            id: WebhookId::new(),
            url,
            events,
            description,
            disabled_at: None,
            failing_since: None,
            created_at: self.clock.now(),
        };
        tx.insert_webhook(&webhook, &secret.seal(&self.sealer, webhook.id)).await?;
        self.audit_webhook(&mut tx, operator, "webhooks.create", described(&webhook)).await?;
        tx.commit().await?;
        tracing::info!(target: "security", webhook = %webhook.id, "webhook_created");
        Ok((webhook, secret.text()))
    }

    /// Edits a webhook. Switching it off drops its waiting events; switching it on starts without any.
    ///
    /// # Errors
    /// [`Error::NotFound`]; `not_allowed` for a URL without TLS in production.
    pub async fn update_webhook(
        &self,
        webhook: WebhookId,
        patch: WebhookPatch,
        editor: Operator<'_>,
    ) -> Result<Webhook, Error> {
        self.edit_webhook(webhook, patch, Some(editor)).await
    }

    /// The same; without an editor, as a part of a larger action, it is not recorded in the audit log.
    async fn edit_webhook(
        &self,
        webhook: WebhookId,
        patch: WebhookPatch,
        editor: Option<Operator<'_>>,
    ) -> Result<Webhook, Error> {
        if let Some(url) = &patch.url {
            self.check_webhook_url(url)?;
        }
        if patch.disabled == Some(false) {
            // Drops what an interrupted switch-off may have left.
            self.drop_events_of_disabled_webhook(webhook).await?;
        }
        let mut tx = self.store.write().await?;
        let mut row = lock_webhook(&mut tx, webhook).await?.webhook;
        let WebhookPatch { url, events, description, disabled } = patch;
        if let Some(url) = url {
            row.url = url;
        }
        if let Some(events) = events {
            row.events = events;
        }
        if let Some(description) = description {
            row.description = description;
        }
        match disabled {
            Some(true) if row.disabled_at.is_none() => row.disabled_at = Some(self.clock.now()),
            Some(false) => (row.disabled_at, row.failing_since) = (None, None),
            _ => {}
        }
        tx.update_webhook(&row).await?;
        if let Some(editor) = editor {
            self.audit_webhook(&mut tx, editor, "webhooks.update", described(&row)).await?;
        }
        tx.commit().await?;
        tracing::info!(target: "security", %webhook, disabled = row.disabled_at.is_some(), "webhook_updated");
        if row.disabled_at.is_some() {
            self.store.drop_waiting_events(webhook.into(), BATCH).await?;
        }
        Ok(row)
    }

    async fn drop_events_of_disabled_webhook(&self, webhook: WebhookId) -> Result<(), Error> {
        let row = self.store.find_webhook(webhook).await?.ok_or(Error::NotFound)?;
        if row.webhook.disabled_at.is_some() {
            self.store.drop_waiting_events(webhook.into(), BATCH).await?;
        }
        Ok(())
    }

    /// Deletes a webhook and the records of its deliveries.
    pub async fn delete_webhook(&self, webhook: WebhookId, deleter: Operator<'_>) -> Result<(), Error> {
        // It is switched off first, so that no events are queued after the deletion of its rows.
        let off = WebhookPatch { disabled: Some(true), ..WebhookPatch::default() };
        let row = self.edit_webhook(webhook, off, None).await?;
        self.store.delete_events_for(webhook.into(), BATCH).await?;
        let mut tx = self.store.write().await?;
        tx.lock_webhooks().await?;
        tx.delete_webhook(webhook).await?;
        self.audit_webhook(&mut tx, deleter, "webhooks.delete", described(&row)).await?;
        tx.commit().await?;
        tracing::info!(target: "security", %webhook, "webhook_deleted");
        Ok(())
    }

    /// Replaces the secret of a webhook. The new one is returned only here; for a day the former one signs as well.
    pub async fn rotate_webhook_secret(&self, webhook: WebhookId, rotator: Operator<'_>) -> Result<Secret, Error> {
        let secret = WebhookSecret::new();
        let mut tx = self.store.write().await?;
        let row = lock_webhook(&mut tx, webhook).await?;
        let former = (row.secret, self.clock.now().after(FORMER_SECRET));
        tx.update_webhook_secrets(webhook, &secret.seal(&self.sealer, webhook), Some(&former)).await?;
        self.audit_webhook(&mut tx, rotator, "webhooks.rotate_secret", described(&row.webhook)).await?;
        tx.commit().await?;
        tracing::info!(target: "security", %webhook, "webhook_secret_rotated");
        Ok(secret.text())
    }

    /// Queues a `webhook.test`, whatever types the webhook has chosen.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a webhook that is switched off.
    pub async fn test_webhook(&self, webhook: WebhookId, tester: Operator<'_>) -> Result<DeliveryId, Error> {
        let mut tx = self.store.write().await?;
        check_is_on(&mut tx, webhook).await?;
        let delivery = tx.insert_test_event(webhook.into(), self.clock.now()).await?;
        let detail = json!({ "webhook_id": webhook, "delivery_id": delivery });
        self.audit_webhook(&mut tx, tester, "webhooks.test", detail).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// The recent deliveries of a webhook, newest first.
    pub async fn list_deliveries(
        &self,
        webhook: WebhookId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: i64,
    ) -> Result<Deliveries, Error> {
        self.store.find_webhook(webhook).await?.ok_or(Error::NotFound)?;
        let mut deliveries = self.store.list_deliveries(webhook.into(), state, before, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = deliveries.len() > limit;
        deliveries.truncate(limit);
        Ok(Deliveries { deliveries, more })
    }

    /// Queues an event to be delivered again, after the user's waiting ones; one that waits for its next attempt is
    /// tried at once.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a webhook that is switched off.
    pub async fn redeliver(&self, delivery: DeliveryId, operator: Operator<'_>) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let (receiver, user) = tx.locate_event(delivery).await?.ok_or(Error::NotFound)?;
        if receiver == ReceiverId::STREAM {
            return Err(Error::NotFound);
        }
        check_is_on(&mut tx, WebhookId(receiver.0)).await?;
        if let Some(user) = user {
            tx.lock_user_quietly(user).await?;
        }
        tx.requeue_event(delivery, self.clock.now()).await?;
        let detail = json!({ "webhook_id": receiver, "delivery_id": delivery });
        self.audit_webhook(&mut tx, operator, "webhooks.redeliver", detail).await?;
        Ok(tx.commit().await?)
    }

    /// Seals the secrets of webhooks that are sealed under an older token secret again, under the present one.
    pub(crate) async fn reseal_webhooks(&self) -> Result<(), Error> {
        let key = self.sealer.key();
        for row in self.store.list_webhooks().await?.into_iter().filter(|row| row.is_sealed_by_another(key)) {
            let webhook = row.webhook.id;
            let mut tx = self.store.write().await?;
            let row = lock_webhook(&mut tx, webhook).await?;
            let Some(secret) = self.seal_anew(webhook, &row.secret) else { continue };
            let former = match row.former {
                Some((former, until)) if until > self.clock.now() => {
                    self.seal_anew(webhook, &former).map(|former| (former, until))
                }
                _ => None,
            };
            tx.update_webhook_secrets(webhook, &secret, former.as_ref()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn audit_webhook(
        &self,
        tx: &mut Tx,
        operator: Operator<'_>,
        method: &str,
        detail: Value,
    ) -> Result<(), Error> {
        let entry = AuditEntry::of(operator, method, None, detail, self.clock.now());
        Ok(tx.insert_audit_entry(&entry).await?)
    }

    fn seal_anew(&self, webhook: WebhookId, sealed: &Sealed) -> Option<Sealed> {
        let secret = WebhookSecret::unseal(&self.sealer, webhook, sealed)?;
        Some(secret.seal(&self.sealer, webhook))
    }

    fn check_webhook_url(&self, url: &WebhookUrl) -> Result<(), Error> {
        if self.webhooks_need_tls && !url.is_https() {
            return Err(Error::invalid("url", Fault::new(Rule::NotAllowed, "must begin with https:// in production")));
        }
        Ok(())
    }
}

/// The webhook as recorded in the audit log. A query may hold a secret of the receiver, so it is left out.
fn described(webhook: &Webhook) -> Value {
    json!({
        "webhook_id": webhook.id, "url": webhook.url.without_query(), "events": webhook.events,
        "disabled_at": webhook.disabled_at,
    })
}

/// Locks the webhooks and returns one of them.
async fn lock_webhook(tx: &mut Tx, webhook: WebhookId) -> Result<WebhookRow, Error> {
    tx.lock_webhooks().await?;
    tx.find_webhook(webhook).await?.ok_or(Error::NotFound)
}

async fn check_is_on(tx: &mut Tx, webhook: WebhookId) -> Result<(), Error> {
    let row = tx.find_webhook(webhook).await?.ok_or(Error::NotFound)?;
    if row.webhook.disabled_at.is_some() { Err(IS_DISABLED) } else { Ok(()) }
}
