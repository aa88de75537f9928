//! Sends what is in the outbox.

use super::{Renderer, SendError, Transport};
use crate::{
    domain::{ids::MailId, time::Clock},
    meters::meters,
    store::{Error, OutboxRow, Store},
};
use rand::Rng;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// How long a claimed letter is its worker's alone. What a killed worker had claimed waits as long, and
/// the contract promises another attempt within 30 s.
const LEASE: Duration = Duration::from_secs(20);

/// How long after the claim a letter must be handed over. What is left of the lease is for noting the
/// outcome, so that no two workers send one letter at the same time.
const SEND_LIMIT: Duration = Duration::from_secs(15);

/// How many letters a worker sends at a time, and so how many connections it opens. No more are claimed
/// than can be begun at once: leases do not run out in a queue.
const CONCURRENT: usize = 8;

/// How long a worker sleeps at most: what other nodes queued does not wake it.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// How long a worker waits after an error of the database.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// How long a worker that is stopped waits for the letters that it is sending.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How long a letter is tried, from when it was queued.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest wait before another attempt: a mail server that is busy gets a moment.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// The longest wait before the second attempt; it doubles with each. So even if the first attempt was cut
/// off by a crash, the next one after a refusal is within 30 s.
const FIRST_RETRY: Duration = Duration::from_secs(15);

/// The longest wait before any attempt.
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);

/// Sends what is in the outbox. Any number of workers, on any number of nodes, may share one.
pub struct Worker {
    store: Store,
    clock: Clock,
    renderer: Renderer,
    transport: Transport,
    wake: Arc<Notify>,
}

impl Worker {
    /// A worker that looks into the outbox at once whenever `wake` is notified. That is to be done after a
    /// commit that queued a letter, with `notify_one`, which is remembered while the worker is busy.
    pub fn new(store: Store, clock: Clock, renderer: Renderer, transport: Transport, wake: Arc<Notify>) -> Self {
        Self { store, clock, renderer, transport, wake }
    }

    /// Works until `stop`, then lets what it is sending end, for at most ten seconds.
    pub async fn run(self, stop: CancellationToken) {
        let worker = Arc::new(self);
        let mut sends = JoinSet::new();
        while !stop.is_cancelled() {
            let pause = worker.begin(&mut sends).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the outbox does not answer");
                PAUSE_AFTER_ERROR
            });
            tokio::select! {
                () = stop.cancelled() => {}
                () = worker.wake.notified() => {}
                Some(ended) = sends.join_next() => note_end(ended),
                () = sleep(pause) => {}
            }
        }
        let all_ended = async {
            while let Some(ended) = sends.join_next().await {
                note_end(ended);
            }
        };
        if timeout(STOP_LIMIT, all_ended).await.is_err() {
            tracing::warn!(letters = sends.len(), "stopped while sending; these letters will be sent again");
        }
        worker.transport.rest().await;
    }

    /// Begins to send what is due, as far as there is room, and says when to look again if nothing happens.
    async fn begin(self: &Arc<Self>, sends: &mut JoinSet<()>) -> Result<Duration, Error> {
        let room = CONCURRENT - sends.len();
        if room == 0 {
            return Ok(LONGEST_SLEEP);
        }
        // A read first: most looks find nothing, and a claim is a write transaction.
        let now = self.clock.now();
        let due = self.store.next_letter_due().await?;
        if due.is_none_or(|due| due > now) {
            if sends.is_empty() {
                self.transport.rest().await;
            }
            return Ok(due.map_or(LONGEST_SLEEP, |due| due.since(now).min(LONGEST_SLEEP)));
        }
        let lease = Lease::begin();
        for row in self.claim(room).await? {
            let worker = Arc::clone(self);
            sends.spawn(async move { worker.attempt(row, lease).await });
        }
        Ok(Duration::ZERO)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<OutboxRow>, Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let rows = tx.claim_letters(now, now.after(LEASE), i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Tries once to send a letter, and notes the outcome.
    async fn attempt(&self, row: OutboxRow, lease: Lease) {
        let OutboxRow { id, attempts, .. } = row;
        let kind = row.letter.as_ref().map_or("unknown", |letter| letter.content.kind());
        let begun = Instant::now();
        let Err(SendError { permanent, reason }) = self.hand_over(&row, lease).await else {
            let duration_ms = begun.elapsed().as_millis();
            tracing::info!(mail = %id, kind, attempts, duration_ms, "letter sent");
            meters().mail_sent.increment(1);
            meters().mail_age.record(self.clock.now().since(row.created_at));
            self.note_sent(id).await;
            return;
        };
        let now = self.clock.now();
        let give_up = permanent || now.since(row.created_at) >= GIVE_UP_AFTER;
        let wait = wait_after(attempts);
        if give_up {
            meters().mail_given_up.increment(1);
            tracing::error!(mail = %id, kind, attempts, reason, "letter given up");
        } else {
            meters().mail_postponed.increment(1);
            tracing::warn!(mail = %id, kind, attempts, reason, retry_in = ?wait, "letter not sent");
        }
        // Afterwards it may be another worker's, whose lease this would cut short. It is due again anyway.
        if lease.is_over() {
            return;
        }
        let noted = async {
            let mut tx = self.store.write().await?;
            if give_up {
                tx.give_up_letter(id, now).await?;
            } else {
                tx.postpone_letter(id, now.after(wait)).await?;
            }
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(mail = %id, %error, "the outcome was not noted; the letter is due after its lease");
        }
    }

    async fn hand_over(&self, row: &OutboxRow, lease: Lease) -> Result<(), SendError> {
        let Some(letter) = &row.letter else {
            // A newer version queued it, and runs beside this one or did: it may yet get hold of it.
            let reason = "this version does not know such letters".to_owned();
            return Err(SendError { permanent: false, reason });
        };
        let message = self
            .renderer
            .render(row.id, letter)
            .map_err(|error| SendError { permanent: true, reason: error.to_string() })?;
        timeout_at(lease.send_by(), self.transport.send(row.id, &message)).await.unwrap_or_else(|_| {
            let reason = format!("it was not taken within {} s", SEND_LIMIT.as_secs());
            Err(SendError { permanent: false, reason })
        })
    }

    /// Insists while the database is away, as a letter that is out but not marked is sent again.
    async fn note_sent(&self, id: MailId) {
        let note = async || {
            let mut tx = self.store.write().await?;
            tx.mark_letter_sent(id, self.clock.now()).await?;
            tx.commit().await
        };
        while let Err(error) = note().await {
            tracing::warn!(mail = %id, %error, "a sent letter is not marked and may be sent again");
            if !matches!(error, Error::Unavailable { .. }) {
                return;
            }
            sleep(PAUSE_AFTER_ERROR).await;
        }
    }
}

/// A claim's time, counted from before it and by a clock that nobody sets.
#[derive(Clone, Copy)]
struct Lease(Instant);

impl Lease {
    fn begin() -> Self {
        Self(Instant::now())
    }

    fn send_by(self) -> Instant {
        self.0 + SEND_LIMIT
    }

    fn is_over(self) -> bool {
        self.0.elapsed() >= LEASE
    }
}

/// How long to wait after so many attempts: random below a limit that doubles, so that the letters which a
/// broken mail server has gathered do not all come back at once.
fn wait_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let longest = (FIRST_RETRY * 2_u32.pow(doublings)).min(LONGEST_RETRY);
    rand::rng().random_range(SHORTEST_RETRY..=longest)
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a letter panicked; it is due again after its lease");
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
