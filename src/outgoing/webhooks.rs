//! Webhooks, by Standard Webhooks 1.0. Each has a queue of its own, so that a slow one delays no other.

use super::{
    client::{Bounds, HttpClient, Reading, Request},
    connect::Targets,
    failure::Failure,
    line::{Line, Receiver, Refusal, body},
};
use crate::{
    crypto::{sealed::Sealer, webhook_secret::WebhookSecret},
    domain::{
        email::EmailAddress,
        ids::{ReceiverId, WebhookId},
        letter::{Content, Letter, SwitchedOff},
        profile::Locale,
        time::{Clock, Timestamp},
    },
    leases::{Pace, serve},
    meters::meters,
    store::{DeliveryOutcome, DeliveryRow, Error, Store, WebhookRow},
};
use http::{HeaderName, HeaderValue, StatusCode};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The interval at which the queue of each webhook, and the list of webhooks, are polled.
const BEAT: Duration = Duration::from_millis(250);
/// Concurrent requests per webhook (docs/events.md).
const CONCURRENT: usize = 8;
/// The time limit for a receiver's answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// The delays of retries after each failure; after the last one the event is given up.
const RETRIES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(10 * 3600),
];
/// The longest delay that a receiver can request.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(86_400);
/// A webhook that has failed for this long is switched off.
const FAILING_LIMIT: Duration = Duration::from_secs(5 * 86_400);
/// Rows dropped per transaction.
const BATCH: i64 = 200;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Delivers events to webhooks.
pub struct Webhooks {
    shared: Arc<Shared>,
    store: Store,
    clock: Clock,
}

struct Shared {
    store: Store,
    clock: Clock,
    sealer: Arc<Sealer>,
    client: HttpClient,
    targets: Targets,
    operator: Option<EmailAddress>,
}

/// The allowed targets of requests, and the recipient of letters about webhooks that are switched off.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Whether a webhook's URL may lead to a private network.
    pub allow_private: bool,
    /// The recipient of letters.
    pub operator: Option<EmailAddress>,
}

impl Webhooks {
    /// Delivers what is queued in `store`.
    pub fn new(store: Store, clock: Clock, sealer: Arc<Sealer>, settings: WebhookSettings) -> Self {
        Self::by(HttpClient::default(), store, clock, sealer, settings)
    }

    /// The same with a test's client.
    pub(super) fn by(
        client: HttpClient,
        store: Store,
        clock: Clock,
        sealer: Arc<Sealer>,
        settings: WebhookSettings,
    ) -> Self {
        let WebhookSettings { allow_private, operator } = settings;
        let targets = if allow_private { Targets::Any } else { Targets::Public };
        let shared = Shared { store: store.clone(), clock: clock.clone(), sealer, client, targets, operator };
        Self { shared: Arc::new(shared), store, clock }
    }

    /// Works until `stop`, then lets the requests under way finish, for at most ten seconds.
    pub async fn run(self, stop: CancellationToken) {
        let (mut serving, mut tasks) = (HashMap::<WebhookId, CancellationToken>::new(), JoinSet::new());
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
                _ = beat.tick() => {}
            }
            let listening: HashSet<WebhookId> = match self.store.listening_webhooks().await {
                Ok(webhooks) => webhooks.into_iter().collect(),
                Err(error) => {
                    tracing::debug!(%error, "the webhooks could not be listed");
                    continue;
                }
            };
            serving.retain(|webhook, stop| {
                let stays = listening.contains(webhook);
                if !stays {
                    stop.cancel();
                }
                stays
            });
            for webhook in listening {
                serving.entry(webhook).or_insert_with(|| {
                    let stop = stop.child_token();
                    tasks.spawn(serve(self.line(webhook), Pace { beat: BEAT, concurrent: CONCURRENT }, stop.clone()));
                    stop
                });
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    pub(super) fn line(&self, webhook: WebhookId) -> Arc<Line<WebhookReceiver>> {
        let receiver = WebhookReceiver { webhook, shared: self.shared.clone() };
        Arc::new(Line { store: self.store.clone(), clock: self.clock.clone(), receiver })
    }
}

/// One webhook.
pub(super) struct WebhookReceiver {
    webhook: WebhookId,
    shared: Arc<Shared>,
}

/// A webhook's state when a run begins.
pub(super) struct OpenWebhook {
    url: Url,
    /// Its secrets, newest first.
    secrets: Vec<WebhookSecret>,
    failing_since: Option<Timestamp>,
}

impl Receiver for WebhookReceiver {
    type Open = OpenWebhook;

    fn id(&self) -> ReceiverId {
        self.webhook.into()
    }

    fn name(&self) -> &'static str {
        "the queue of a webhook"
    }

    fn at_a_time(&self) -> usize {
        CONCURRENT
    }

    async fn open(&self) -> Result<Option<OpenWebhook>, Error> {
        let row = self.shared.store.find_webhook(self.webhook).await?;
        let Some(row) = row.filter(|row| row.webhook.disabled_at.is_none()) else { return Ok(None) };
        let Ok(url) = Url::parse(row.webhook.url.as_str()) else { return Ok(None) };
        let secrets = self.secrets(&row);
        if secrets.is_empty() {
            tracing::error!(webhook = %self.webhook, "its secret is not sealed under any of MARBELLE_TOKEN_SECRET: rotate it");
            return Ok(None);
        }
        Ok(Some(OpenWebhook { url, secrets, failing_since: row.webhook.failing_since }))
    }

    async fn deliver(&self, open: &OpenWebhook, event: &DeliveryRow) -> Result<Option<i64>, Refusal> {
        let started = Instant::now();
        let answered = self.send(open, event).await;
        meters().webhook_duration.record(started.elapsed());
        match &answered {
            Ok(_) => meters().webhooks_delivered.increment(1),
            Err(_) => meters().webhooks_failed.increment(1),
        }
        answered.map(Some)
    }

    fn retry_after(&self, attempts: i64) -> Option<Duration> {
        let failures = usize::try_from(attempts).unwrap_or(usize::MAX);
        let wait = RETRIES.get(failures.saturating_sub(1)).copied();
        if wait.is_none() {
            meters().webhooks_given_up.increment(1);
        }
        wait
    }

    async fn settled(
        &self,
        open: &OpenWebhook,
        outcome: &DeliveryOutcome,
        refusal: Option<&Refusal>,
    ) -> Result<(), Error> {
        let now = self.shared.clock.now();
        let has_failed = outcome.failed.is_some();
        let is_news = has_failed != open.failing_since.is_some() || (has_failed && !outcome.delivered.is_empty());
        if is_news && (has_failed || !outcome.delivered.is_empty()) {
            let mut tx = self.shared.store.write().await?;
            if !outcome.delivered.is_empty() {
                tx.record_webhook_outcome(self.webhook, false, now).await?;
            }
            if has_failed {
                tx.record_webhook_outcome(self.webhook, true, now).await?;
            }
            tx.commit().await?;
        }
        let Some(refusal) = refusal else { return Ok(()) };
        let failing_since = open.failing_since.filter(|_| outcome.delivered.is_empty());
        if refusal.is_final {
            self.switch_off(SwitchedOff::Gone).await
        } else if failing_since.is_some_and(|since| now.since(since) >= FAILING_LIMIT) {
            self.switch_off(SwitchedOff::Failing).await
        } else {
            Ok(())
        }
    }
}

impl WebhookReceiver {
    fn secrets(&self, row: &WebhookRow) -> Vec<WebhookSecret> {
        let now = self.shared.clock.now();
        let former = row.former.as_ref().filter(|(_, until)| *until > now).map(|(former, _)| former);
        let sealed = [Some(&row.secret), former].into_iter().flatten();
        sealed.filter_map(|sealed| WebhookSecret::unseal(&self.shared.sealer, self.webhook, sealed)).collect()
    }

    /// Sends an event once; returns the status if the receiver has accepted it.
    async fn send(&self, open: &OpenWebhook, event: &DeliveryRow) -> Result<i64, Refusal> {
        let body = body(event).map_err(|error| Refusal::because(format!("the event cannot be written: {error}")))?;
        let now = self.shared.clock.now();
        let signatures: Vec<String> =
            open.secrets.iter().map(|secret| secret.sign(event.id, now.unix(), &body)).collect();
        let request = Request::post(open.url.clone(), "application/json", body)
            .header(ID, event.id.to_string())
            .header(TIMESTAMP, HeaderValue::from(now.unix()))
            .header(SIGNATURE, signatures.join(" "));
        let bounds = Bounds { targets: self.shared.targets, total: ANSWER_LIMIT, reading: Reading::Head };
        let answer = self.shared.client.send(request, bounds).await.map_err(|failure| Refusal::of(&failure))?;
        let status = i64::from(answer.status.as_u16());
        if answer.status.is_success() {
            return Ok(status);
        }
        Err(Refusal {
            status: Some(status),
            reason: format!("answered {}", answer.status),
            not_before: answer.retry_after(now).map(|wait| wait.min(LONGEST_RETRY_AFTER)),
            is_final: answer.status == StatusCode::GONE,
        })
    }

    /// Switches the webhook off, drops its waiting events, and notifies the operator.
    async fn switch_off(&self, why: SwitchedOff) -> Result<(), Error> {
        let Shared { store, clock, operator, .. } = &*self.shared;
        let mut tx = store.write().await?;
        tx.lock_webhooks().await?;
        let Some(row) = tx.find_webhook(self.webhook).await? else { return Ok(()) };
        let mut webhook = row.webhook;
        if webhook.disabled_at.is_some() {
            return Ok(());
        }
        webhook.disabled_at = Some(clock.now());
        tx.update_webhook(&webhook).await?;
        if let Some(operator) = operator {
            let content = Content::WebhookSwitchedOff { webhook: webhook.id, url: webhook.url.without_query(), why };
            let letter = Letter { user: None, to: operator.clone(), locale: Locale::En, content };
            tx.insert_letter(&letter, None, clock.now()).await?;
        }
        tx.commit().await?;
        tracing::error!(webhook = %self.webhook, why = why.as_str(), "a webhook was switched off");
        meters().webhooks_switched_off.increment(1);
        store.drop_waiting_events(self.webhook.into(), BATCH).await
    }
}

impl Refusal {
    pub(super) fn because(reason: String) -> Self {
        Self { status: None, reason, not_before: None, is_final: false }
    }

    fn of(failure: &Failure) -> Self {
        Self::because(failure.to_string())
    }
}
