//! Sends the letters in the outbox.

use super::{
    Renderer, Transport,
    refusal::{About, SendError},
    render::RenderError,
};
use crate::{
    domain::{
        ids::{MailId, RegistrationId},
        invitation::InvitationLink,
        letter::{Content, Letter},
        time::Clock,
    },
    leases::{Lease, Pace, Queue, serve},
    meters::meters,
    store::{Error, OutboxRow, Queued, Store},
};
use parking_lot::Mutex;
use rand::Rng;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// The interval at which a worker polls the outbox. It is never woken because a letter was queued: otherwise a letter
/// that is really sent would show in the time that the next calls take. Short enough that nobody notices the wait, long
/// enough that an idle outbox costs next to nothing.
const BEAT: Duration = Duration::from_millis(500);

/// The number of letters that a worker sends at a time, and so of its connections. No more are claimed than can be
/// started at once, so that leases do not expire in a queue.
const CONCURRENT: usize = 8;

/// The pause before the worker retries to record an outcome that the database did not accept.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// How long a letter is tried, from the time it was queued.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest wait before another attempt, which gives a busy mail server a moment.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// The limit of the wait before the second attempt; it doubles with each. So even if a crash cut off the first attempt,
/// the next one after a refusal is within 30 s.
const FIRST_RETRY: Duration = Duration::from_secs(15);

/// The limit of the wait before any attempt.
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);

/// A letter that is due later than this was postponed before the clock was set back, and counts as due. Twice the
/// longest retry, since the clocks of several nodes differ.
const FARTHEST_RETRY: Duration = LONGEST_RETRY.saturating_mul(2);

/// The length to which a failure's reason is shortened for operators: a mail server's reply may be long.
const LONGEST_REASON: usize = 500;

/// The interval between alarms about letters that are refused whatever their recipient. Each letter has its own line at
/// `warn`.
const ALARM_PERIOD: Duration = Duration::from_secs(10 * 60);

/// Sends the letters in the outbox. Any number of workers, on any number of nodes, may share one.
pub struct Worker {
    store: Store,
    clock: Clock,
    renderer: Renderer,
    transport: Transport,
    lease: Lease,
    last_alarm: Mutex<Option<Instant>>,
}

impl Worker {
    /// A worker that takes letters from `store` and hands them to `transport`.
    pub fn new(store: Store, clock: Clock, renderer: Renderer, transport: Transport) -> Self {
        Self { store, clock, renderer, transport, lease: Lease::STANDARD, last_alarm: Mutex::new(None) }
    }

    /// Works until `stop`, then lets the letters under way finish, for at most ten seconds.
    pub async fn run(self, stop: CancellationToken) {
        serve(Arc::new(self), Pace { beat: BEAT, concurrent: CONCURRENT }, stop).await;
    }

    /// Tries once to send a letter, and records the outcome.
    async fn attempt(&self, row: OutboxRow) {
        let OutboxRow { id, attempts, .. } = row;
        match self.record_hand_over(&row).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(mail = %id, attempts, "letter dropped: its invitation is no longer valid");
                return;
            }
            Err(error) => {
                tracing::warn!(mail = %id, %error, "the letter was not started; it is due again after its lease");
                return;
            }
        }
        let kind = match &row.queued {
            // Claimed and marked like a letter, so that the database's work does not reveal which of the two it was.
            Queued::Decoy => return self.record_sent(&row).await,
            Queued::Letter(letter) => letter.content.kind().as_str(),
            Queued::Unknown => "unknown",
        };
        let begun = Instant::now();
        let renew = || self.renew(id, attempts);
        let Some(outcome) = self.lease.hold(self.hand_over(&row), renew).await else {
            tracing::warn!(mail = %id, kind, attempts, "another worker has this letter now");
            return;
        };
        let Err(error) = outcome else {
            let duration_ms = begun.elapsed().as_millis();
            tracing::info!(mail = %id, kind, attempts, duration_ms, "letter sent");
            meters().mail_sent.increment(1);
            meters().mail_age.record(self.clock.now().since(row.created_at));
            self.record_sent(&row).await;
            return;
        };
        self.record_failure(&row, kind, &error).await;
    }

    /// Makes the code of a verification letter valid. This comes before sending, so that nobody reads a code that is
    /// not valid yet. The work is the same for every letter and decoy that a stranger can cause. A letter whose
    /// invitation was withdrawn, replaced or used, or has expired, is deleted: returns whether there is one to send.
    async fn record_hand_over(&self, row: &OutboxRow) -> Result<bool, Error> {
        if self.has_void_invitation(row).await? {
            let mut tx = self.store.write().await?;
            tx.delete_letter(row.id).await?;
            tx.commit().await?;
            return Ok(false);
        }
        let (registration, generation) = match &row.queued {
            Queued::Letter(Letter { content: Content::VerifyEmail { registration, generation }, .. }) => {
                (*registration, *generation)
            }
            _ => (RegistrationId::new(), 0),
        };
        let mut tx = self.store.write().await?;
        tx.mark_verification_handed_over(registration, generation).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn has_void_invitation(&self, row: &OutboxRow) -> Result<bool, Error> {
        let Queued::Letter(Letter { content: Content::Invitation { invitation, generation, .. }, to, .. }) =
            &row.queued
        else {
            return Ok(false);
        };
        let link = InvitationLink { id: *invitation, generation: *generation };
        Ok(self.store.find_valid_invitation(link, to, self.clock.now()).await?.is_none())
    }

    async fn hand_over(&self, row: &OutboxRow) -> Result<(), SendError> {
        let Queued::Letter(letter) = &row.queued else {
            // A newer version queued it, and runs or ran beside this one: it may still claim it.
            return Err(SendError::passing("this version does not know such letters".to_owned()));
        };
        let message = self.renderer.render(row.id, letter).map_err(|error| match error {
            RenderError::Address(_) => {
                SendError { about: About::Recipient, reason: "the address cannot receive mail".to_owned(), reply: None }
            }
            RenderError::Message(_) | RenderError::Template(_) => SendError::of_sender(error.to_string()),
        })?;
        self.transport.send(row.id, &message).await
    }

    async fn renew(&self, id: MailId, attempts: i64) -> Result<bool, Error> {
        let until = self.clock.now().after(self.lease.holds);
        let mut tx = self.store.write().await?;
        let still_ours = tx.postpone_letter(id, attempts, until).await?;
        tx.commit().await?;
        Ok(still_ours)
    }

    /// Gives the letter up or schedules the next attempt, unless another worker has claimed it since.
    async fn record_failure(&self, row: &OutboxRow, kind: &str, SendError { about, reason, .. }: &SendError) {
        let OutboxRow { id, attempts, .. } = *row;
        let now = self.clock.now();
        let wait = wait_after(attempts);
        if *about == About::Sender {
            meters().mail_held_up.increment(1);
            self.raise_alarm(reason);
        }
        let give_up = *about == About::Recipient || now.since(row.created_at) >= GIVE_UP_AFTER;
        if give_up {
            meters().mail_given_up.increment(1);
            tracing::error!(mail = %id, kind, attempts, reason, "letter given up");
        } else {
            meters().mail_postponed.increment(1);
            tracing::warn!(mail = %id, kind, attempts, reason, retry_in = ?wait, "letter not sent");
        }
        let noted = async {
            let mut tx = self.store.write().await?;
            tx.record_letter_error(id, attempts, beginning(reason)).await?;
            if give_up && row.leaves_nothing() {
                tx.delete_letter(id).await?;
            } else if give_up {
                tx.give_up_letter(id, attempts, now).await?;
            } else {
                tx.postpone_letter(id, attempts, now.after(wait)).await?;
            }
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(mail = %id, %error, "the outcome was not recorded; the letter is due after its lease");
        }
    }

    /// Logs an error from time to time while no letter can be sent until an operator fixes the settings or the mail
    /// server.
    fn raise_alarm(&self, reason: &str) {
        let mut last = self.last_alarm.lock();
        if last.is_none_or(|at| at.elapsed() >= ALARM_PERIOD) {
            *last = Some(Instant::now());
            tracing::error!(
                reason,
                "the mail server refused a letter, and not for its recipient's address: others may wait for the same reason; \
                 try `marbelle mail test`"
            );
        }
    }

    /// Retries while the database is unavailable, because a letter that was sent and not marked is sent again.
    async fn record_sent(&self, row: &OutboxRow) {
        let id = row.id;
        let mark = async || {
            let mut tx = self.store.write().await?;
            if row.leaves_nothing() {
                tx.delete_letter(id).await?;
            } else {
                tx.mark_letter_sent(id, self.clock.now()).await?;
            }
            tx.commit().await
        };
        while let Err(error) = mark().await {
            tracing::warn!(mail = %id, %error, "a sent letter is not marked and may be sent again");
            if !matches!(error, Error::Unavailable { .. }) {
                return;
            }
            sleep(PAUSE_AFTER_ERROR).await;
        }
    }
}

impl Queue for Worker {
    type Claimed = OutboxRow;

    fn name(&self) -> &'static str {
        "the outbox"
    }

    async fn is_due(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        self.store.letter_is_due(now, now.after(FARTHEST_RETRY)).await
    }

    async fn claim(&self, limit: usize) -> Result<Vec<OutboxRow>, Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = tx.claim_letters(now, now.after(FARTHEST_RETRY), now.after(self.lease.holds), limit).await?;
        tx.commit().await?;
        Ok(rows)
    }

    async fn work(&self, row: OutboxRow) -> bool {
        self.attempt(row).await;
        false
    }

    async fn rest(&self) {
        self.transport.rest().await;
    }
}

/// The part of a mail server's reply that is stored.
fn beginning(reason: &str) -> &str {
    reason.char_indices().nth(LONGEST_REASON).map_or(reason, |(end, _)| &reason[..end])
}

/// The wait after this many attempts: random below a limit that doubles, so that the letters which accumulated during
/// an outage are not all retried at once.
fn wait_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let longest = (FIRST_RETRY * 2_u32.pow(doublings)).min(LONGEST_RETRY);
    rand::rng().random_range(SHORTEST_RETRY..=longest)
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
