//! Webhooks.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::WebhookId,
    sealed::{Sealed, SealingKeyId},
    time::Timestamp,
    webhook::{EventTypes, Webhook, WebhookDescription, WebhookUrl},
};
use uuid::Uuid;

/// A row of `webhooks`.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// The webhook as operators see it.
    pub webhook: Webhook,
    /// The secret that signs.
    pub secret: Sealed,
    /// The former secret, which also signs until then.
    pub former: Option<(Sealed, Timestamp)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: WebhookId,
    url: WebhookUrl,
    events: Option<String>,
    description: Option<WebhookDescription>,
    sealed_secret: Vec<u8>,
    sealed_by: Vec<u8>,
    former_secret: Option<Vec<u8>>,
    former_sealed_by: Option<Vec<u8>>,
    former_until: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Row> for WebhookRow {
    fn from(row: Row) -> Self {
        let sealed = |bytes, key: &[u8]| Sealed { key: key.first_chunk().copied().unwrap_or_default(), bytes };
        let former = match (row.former_secret, row.former_sealed_by, row.former_until) {
            (Some(bytes), Some(key), Some(until)) => Some((sealed(bytes, &key), until)),
            _ => None,
        };
        Self {
            webhook: Webhook {
                id: row.id,
                url: row.url,
                events: row.events.as_deref().map(EventTypes::from_stored),
                description: row.description,
                disabled_at: row.disabled_at,
                failing_since: row.failing_since,
                created_at: row.created_at,
            },
            secret: sealed(row.sealed_secret, &row.sealed_by),
            former,
        }
    }
}

macro_rules! columns {
    () => {
        "id, url, events, description, sealed_secret, sealed_by, former_secret, former_sealed_by, former_until, \
         disabled_at, failing_since, created_at"
    };
}

const LIST: &str = concat!("SELECT ", columns!(), " FROM webhooks ORDER BY id DESC");
const FIND: &str = concat!("SELECT ", columns!(), " FROM webhooks WHERE id = $1");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM webhooks";
const FIND_LISTENING: &str = "SELECT id FROM webhooks WHERE disabled_at IS NULL ORDER BY id";
/// Concurrent changes of webhooks wait for each other here.
const RENEW_VERSION: &str = "INSERT INTO webhooks_version (singleton, version) VALUES (TRUE, $1) \
     ON CONFLICT (singleton) DO UPDATE SET version = excluded.version";
const INSERT: &str = "INSERT INTO webhooks (id, url, events, description, sealed_secret, sealed_by, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const UPDATE: &str = "UPDATE webhooks SET url = $2, events = $3, description = $4, disabled_at = $5, failing_since = $6 \
     WHERE id = $1";
const UPDATE_SECRETS: &str = "UPDATE webhooks SET sealed_secret = $2, sealed_by = $3, former_secret = $4, \
     former_sealed_by = $5, former_until = $6 WHERE id = $1";
const DELETE: &str = "DELETE FROM webhooks WHERE id = $1";
const NOTE_FAILURE: &str = "UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL";
const NOTE_SUCCESS: &str = "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";

impl Store {
    /// Every webhook, newest first.
    pub async fn list_webhooks(&self) -> Result<Vec<WebhookRow>, Error> {
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(LIST).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(WebhookRow::from).collect())
    }

    /// A webhook.
    pub async fn find_webhook(&self, webhook: WebhookId) -> Result<Option<WebhookRow>, Error> {
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(FIND).bind(webhook).fetch_optional(pool).await)?;
        Ok(row.map(WebhookRow::from))
    }

    /// The webhooks that are not switched off.
    pub async fn listening_webhooks(&self) -> Result<Vec<WebhookId>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_scalar(FIND_LISTENING).fetch_all(pool).await)?)
    }
}

impl WebhookRow {
    /// Whether one of its secrets is sealed under another key than this.
    pub fn is_sealed_by_another(&self, key: SealingKeyId) -> bool {
        self.secret.key != key || self.former.as_ref().is_some_and(|(former, _)| former.key != key)
    }
}

impl Tx {
    /// Locks the webhooks until the transaction ends: every later change sees what this transaction writes, on every
    /// node.
    pub async fn lock_webhooks(&mut self) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(RENEW_VERSION).bind(Uuid::new_v4()).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The number of webhooks.
    pub async fn count_webhooks(&mut self) -> Result<i64, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(COUNT).fetch_one(c).await)?)
    }

    /// A webhook.
    pub async fn find_webhook(&mut self, webhook: WebhookId) -> Result<Option<WebhookRow>, Error> {
        let row: Option<Row> = in_tx!(self, c => sqlx::query_as(FIND).bind(webhook).fetch_optional(c).await)?;
        Ok(row.map(WebhookRow::from))
    }

    /// Creates a webhook. The webhooks must be locked.
    pub async fn insert_webhook(&mut self, webhook: &Webhook, secret: &Sealed) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(webhook.id).bind(&webhook.url).bind(webhook.events.as_ref().map(ToString::to_string))
            .bind(&webhook.description).bind(&secret.bytes[..]).bind(&secret.key[..]).bind(webhook.created_at)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Writes a webhook, except for its secrets. The webhooks must be locked.
    pub async fn update_webhook(&mut self, webhook: &Webhook) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(UPDATE)
            .bind(webhook.id).bind(&webhook.url).bind(webhook.events.as_ref().map(ToString::to_string))
            .bind(&webhook.description).bind(webhook.disabled_at).bind(webhook.failing_since)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Writes the secrets of a webhook. The webhooks must be locked.
    pub async fn update_webhook_secrets(
        &mut self,
        webhook: WebhookId,
        secret: &Sealed,
        former: Option<&(Sealed, Timestamp)>,
    ) -> Result<(), Error> {
        let (former, until) = former.map(|(former, until)| (former, *until)).unzip();
        in_tx!(self, c => sqlx::query(UPDATE_SECRETS)
            .bind(webhook).bind(&secret.bytes[..]).bind(&secret.key[..])
            .bind(former.map(|former| &former.bytes[..])).bind(former.map(|former| &former.key[..])).bind(until)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes a webhook. Its queued events must be deleted before.
    pub async fn delete_webhook(&mut self, webhook: WebhookId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE).bind(webhook).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records that a webhook has failed or has accepted events.
    pub async fn record_webhook_outcome(
        &mut self,
        webhook: WebhookId,
        failed: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        if failed {
            in_tx!(self, c => sqlx::query(NOTE_FAILURE).bind(webhook).bind(now).execute(c).await.map(drop))?;
        } else {
            in_tx!(self, c => sqlx::query(NOTE_SUCCESS).bind(webhook).execute(c).await.map(drop))?;
        }
        Ok(())
    }
}
