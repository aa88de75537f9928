//! The way of an event out of the queue to one receiver.

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

/// Events of one user that a claim delivers at most, and how long it goes on at most: what was delivered is noted at its
/// end, so that much is delivered again where a worker is killed.
const RUN: usize = 50;
const LONGEST_RUN: Duration = Duration::from_secs(10);
/// How long a worker waits before it notes again what the database did not take.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);
/// A retry comes up to a tenth later than is said, so that those which an outage has gathered do not all come at once.
const JITTER: f64 = 0.1;
/// What is kept of an error.
const ERROR_CHARACTERS: usize = 300;

/// Who takes events.
pub(super) trait Receiver: Send + Sync + 'static {
    /// What a run needs of the receiver, as it is when the run begins.
    type Open: Send + Sync;

    /// Who it is.
    fn id(&self) -> ReceiverId;

    /// What the log calls its queue.
    fn name(&self) -> &'static str;

    /// Events that may be under way at a time, on all nodes together.
    fn at_a_time(&self) -> usize;

    /// Whether there is any use in taking something out of the queue.
    fn is_there(&self) -> bool {
        true
    }

    /// Begins a run; `None` where nothing is to be sent any more.
    fn open(&self) -> impl Future<Output = Result<Option<Self::Open>, Error>> + Send;

    /// Delivers an event, and gives the status of the answer if there is one.
    fn deliver(
        &self,
        open: &Self::Open,
        event: &DeliveryRow,
    ) -> impl Future<Output = Result<Option<i64>, Refusal>> + Send;

    /// How long after an attempt that failed the next one comes; `None` if there is none.
    fn retry_after(&self, attempts: i64) -> Option<Duration>;

    /// What became of a run is noted.
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
    /// The same in words, for the operator.
    pub(super) reason: String,
    /// How long the receiver wants to be left alone.
    pub(super) not_before: Option<Duration>,
    /// Whether the receiver wants nothing any more.
    pub(super) is_final: bool,
}

/// The queue of one receiver.
pub(super) struct Line<R> {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) receiver: R,
}

/// What a run has come to.
struct Run {
    delivered: Vec<Delivered>,
    failed: Option<(Failed, Refusal)>,
    /// Whether it ended although there may be more.
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
            // Whoever has switched it off drops what waits.
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
            tracing::warn!(delivery = %id, %error, "what became of the receiver was not noted");
        }
        settled && cut
    }
}

impl<R: Receiver> Line<R> {
    /// Delivers what was claimed and what waits behind it, one after the other, until something fails.
    async fn run(&self, open: &R::Open, head: DeliveryRow) -> Run {
        let begun = Instant::now();
        let mut run = Run { delivered: Vec::new(), failed: None, cut: false };
        // A worker died over a doomed event: it is dropped, and the next one has its turn.
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
            if run.delivered.len() >= RUN || begun.elapsed() >= LONGEST_RUN {
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
        // The claim has counted the attempt of its head, and nobody that of what follows.
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

    /// Notes what became of a run; insists while the database is away, as what is not noted is delivered again. Says
    /// whether it was noted.
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
                    tracing::warn!(delivery = %outcome.head, %error, "an outcome is not noted: it may be delivered again");
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
