//! The delivery of queued events to one receiver.

use crate::{
    domain::{
        ids::{DeliveryId, ReceiverId, UserId},
        outgoing_event::{OutgoingData, OutgoingEvent},
        time::Clock,
    },
    leases::{Lease, Queue},
    meters::meters,
    store::{Delivered, DeliveryOutcome, DeliveryRow, Error, Failed, Store},
};
use rand::Rng;
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The most events of one user that a claim delivers, and for how long it continues. The outcome is recorded at the
/// end, so this much is delivered again if a worker is killed.
const RUN: usize = 50;
const LONGEST_RUN: Duration = Duration::from_secs(10);
/// The pause before a worker retries to record an outcome that the database did not accept.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);
/// A retry is delayed by up to a tenth more, so that the events which accumulated during an outage are not all retried
/// at once.
const JITTER: f64 = 0.1;
/// The length to which an error is shortened.
const ERROR_CHARACTERS: usize = 300;

/// A receiver of events.
pub(super) trait Receiver: Send + Sync + 'static {
    /// The state of the receiver when a run begins.
    type Open: Send + Sync;

    /// Its id.
    fn id(&self) -> ReceiverId;

    /// The name of its queue in the log.
    fn name(&self) -> &'static str;

    /// The most events under way at a time, on all nodes together.
    fn at_a_time(&self) -> usize;

    /// Whether events can be delivered at present.
    fn is_there(&self) -> bool {
        true
    }

    /// Starts a run; `None` if nothing more is sent.
    fn open(&self) -> impl Future<Output = Result<Option<Self::Open>, Error>> + Send;

    /// Delivers an event; returns the status of the answer if there is one.
    fn deliver(
        &self,
        open: &Self::Open,
        event: &DeliveryRow,
    ) -> impl Future<Output = Result<Option<i64>, Refusal>> + Send;

    /// The time from a failed attempt to the next one; `None` if there is none.
    fn retry_after(&self, attempts: i64) -> Option<Duration>;

    /// Called when the outcome of a run has been recorded.
    fn settled(
        &self,
        open: &Self::Open,
        outcome: &DeliveryOutcome,
        refusal: Option<&Refusal>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status of the answer, if there was one.
    pub(super) status: Option<i64>,
    /// The reason in words, for the operator.
    pub(super) reason: String,
    /// The delay that the receiver requested.
    pub(super) not_before: Option<Duration>,
    /// Whether the receiver wants no more events.
    pub(super) is_final: bool,
}

/// The queue of one receiver.
pub(super) struct Line<R> {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) receiver: R,
}

/// The outcome of a run.
struct Run {
    delivered: Vec<Delivered>,
    failed: Option<(Failed, Refusal)>,
    /// Whether it ended although more events may be waiting.
    cut: bool,
}

impl<R: Receiver> Queue for Line<R> {
    type Claimed = DeliveryRow;

    fn name(&self) -> &'static str {
        self.receiver.name()
    }

    async fn is_due(&self) -> Result<bool, Error> {
        Ok(self.receiver.is_there() && self.store.event_is_due(self.receiver.id(), self.clock.now()).await?)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<DeliveryRow>, Error> {
        let now = self.clock.now();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let limits = (count(limit), count(self.receiver.at_a_time()));
        let mut tx = self.store.write().await?;
        let rows = tx.claim_events(self.receiver.id(), now, now.after(Lease::STANDARD.holds), limits).await?;
        tx.commit().await?;
        Ok(rows)
    }

    async fn work(&self, head: DeliveryRow) -> bool {
        let (id, claim, user) = (head.id, head.attempts, head.user_id);
        let open = match self.receiver.open().await {
            Ok(Some(open)) => open,
            // Switching it off drops the waiting events.
            Ok(None) => return false,
            Err(error) => {
                tracing::warn!(delivery = %id, %error, "nothing is sent; the event is due again after its lease");
                return false;
            }
        };
        let Some(run) = Lease::STANDARD.hold(self.run(&open, head), || self.renew(id, claim)).await else {
            tracing::warn!(delivery = %id, "another worker has this event now");
            return false;
        };
        let Run { delivered, failed, cut } = run;
        let (failed, refusal) = failed.unzip();
        let outcome = DeliveryOutcome { head: id, claim, user, delivered, failed };
        let settled = self.settle(&outcome).await;
        if settled && let Err(error) = self.receiver.settled(&open, &outcome, refusal.as_ref()).await {
            tracing::warn!(delivery = %id, %error, "the outcome for the receiver was not recorded");
        }
        settled && cut
    }
}

impl<R: Receiver> Line<R> {
    /// Delivers the claimed event and those that wait behind it, in order, until one fails.
    async fn run(&self, open: &R::Open, head: DeliveryRow) -> Run {
        let started = Instant::now();
        let mut run = Run { delivered: Vec::new(), failed: None, cut: false };
        // A worker died while it delivered a doomed event: the event is dropped, and the next one follows.
        let mut next = Some(head).filter(|head| !head.doomed);
        while let Some(event) = next {
            match self.receiver.deliver(open, &event).await {
                Ok(status) => {
                    meters().outgoing_age.record(self.clock.now().since(event.at));
                    run.delivered.push(Delivered { id: event.id, status });
                }
                Err(refusal) => {
                    run.failed = Some((self.failure(&event, run.delivered.is_empty(), &refusal), refusal));
                    break;
                }
            }
            if run.delivered.len() >= RUN || started.elapsed() >= LONGEST_RUN {
                run.cut = true;
                break;
            }
            next = self.next(event.user_id, event.place).await;
        }
        run
    }

    async fn next(&self, user: Option<UserId>, place: i64) -> Option<DeliveryRow> {
        let next = self.store.next_event(user?, self.receiver.id(), place).await;
        next.unwrap_or_else(|error| {
            tracing::debug!(%error, "a run ends early");
            None
        })
    }

    fn failure(&self, event: &DeliveryRow, is_head: bool, refusal: &Refusal) -> Failed {
        // The claim has counted the attempt of its head; those of the following events are not counted yet.
        let attempts = if is_head { event.attempts } else { event.attempts + 1 };
        let wait = self.receiver.retry_after(attempts).map(|wait| {
            let wait = wait.mul_f64(1.0 + rand::rng().random_range(0.0..JITTER));
            wait.max(refusal.not_before.unwrap_or_default())
        });
        let (delivery, r#type, reason) = (event.id, event.r#type.as_str(), refusal.reason.as_str());
        tracing::warn!(%delivery, r#type, attempts, reason, retry_in = ?wait, "an event was not delivered");
        Failed {
            id: event.id,
            attempts,
            status: refusal.status,
            error: refusal.reason.chars().take(ERROR_CHARACTERS).collect(),
            retry_at: wait.map(|wait| self.clock.now().after(wait)),
        }
    }

    async fn renew(&self, id: DeliveryId, claim: i64) -> Result<bool, Error> {
        let until = self.clock.now().after(Lease::STANDARD.holds);
        let mut tx = self.store.write().await?;
        let still_ours = tx.renew_event(id, claim, until).await?;
        tx.commit().await?;
        Ok(still_ours)
    }

    /// Records the outcome of a run, and retries while the database is unavailable, because an unrecorded delivery is
    /// repeated. Returns whether it was recorded.
    async fn settle(&self, outcome: &DeliveryOutcome) -> bool {
        let note = async || {
            let mut tx = self.store.write().await?;
            let settled = tx.settle_events(self.receiver.id(), outcome, self.clock.now()).await?;
            tx.commit().await?;
            Ok::<_, Error>(settled)
        };
        loop {
            match note().await {
                Ok(settled) => return settled,
                Err(error) => {
                    tracing::warn!(delivery = %outcome.head, %error, "an outcome was not recorded: the events may be delivered again");
                    if !matches!(error, Error::Unavailable { .. }) {
                        return false;
                    }
                }
            }
            sleep(PAUSE_AFTER_ERROR).await;
        }
    }
}

/// An event as its receivers get it: the same text in every attempt.
pub(super) fn body(event: &DeliveryRow) -> Result<Vec<u8>, serde_json::Error> {
    let object: &RawValue = serde_json::from_str(&event.object)?;
    let DeliveryRow { r#type, at: timestamp, user_id, revision, session_id, .. } = *event;
    let data = OutgoingData { user_id, external_id: event.external_id.clone(), revision, session_id, object };
    serde_json::to_vec(&OutgoingEvent { r#type, timestamp, data })
}
