//! Claims on the rows of a queue that several workers share.
//!
//! A worker claims a row by one conditional `UPDATE`, which reserves the row for a time and counts the attempts. That
//! count identifies the claim: whatever the worker writes later about the row is conditional on it, so a worker that
//! lost its claim cannot disturb the next one. The worker renews the claim while it works; when it dies, the claim
//! expires and another worker takes the row.

use crate::store::Error;
use std::{future::ready, sync::Arc, time::Duration};
use tokio::{
    task::{JoinError, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// The pause of [`serve`] after a database error.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// How long [`serve`] waits for work under way when it is stopped.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The duration of a claim, and the interval of its renewals.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// How long a claim holds without renewal, which is how long the rows of a killed worker wait.
    pub holds: Duration,
    /// The interval of renewals; several may fail before the claim expires.
    pub renewed_every: Duration,
}

impl Lease {
    /// The rows of a killed worker are tried again within 30 seconds, whatever else is due.
    pub const STANDARD: Self = Self { holds: Duration::from_secs(20), renewed_every: Duration::from_secs(5) };

    /// Runs `work` and renews its claim in the meantime. `renew` returns whether the claim still holds; if it does not,
    /// another worker has the row, `work` is dropped, and the result is `None`.
    ///
    /// A database that does not answer is no reason to stop: while nobody can renew, nobody can claim either.
    pub async fn hold<T, R: Future<Output = Result<bool, Error>>>(
        self,
        work: impl Future<Output = T>,
        renew: impl Fn() -> R,
    ) -> Option<T> {
        let lost = async {
            let mut beat = interval(self.renewed_every);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first tick is immediate, and the claim has just been made.
            beat.tick().await;
            loop {
                beat.tick().await;
                match renew().await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => tracing::warn!(%error, "a claim was not renewed"),
                }
            }
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = lost => None,
        }
    }
}

/// A queue whose rows are claimed.
pub trait Queue: Send + Sync + 'static {
    /// A claimed row.
    type Claimed: Send + 'static;

    /// Its name in the log.
    fn name(&self) -> &'static str;

    /// Whether anything is due. This is a read, because most polls find nothing and a claim is a write transaction.
    fn is_due(&self) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Claims at most `limit` due rows.
    fn claim(&self, limit: usize) -> impl Future<Output = Result<Vec<Self::Claimed>, Error>> + Send;

    /// Does the work of a row and records the outcome; returns whether it made more rows due at once.
    fn work(&self, claimed: Self::Claimed) -> impl Future<Output = bool> + Send;

    /// Called when nothing is due and nothing is under way.
    fn rest(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// The pace at which a queue is processed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The interval at which it is polled.
    pub beat: Duration,
    /// The number of rows processed at a time. No more are claimed than can be started at once, so that claims do not
    /// expire while they wait.
    pub concurrent: usize,
}

/// Processes a queue until `stop`, then lets the work under way finish, for at most ten seconds. Any number of workers,
/// on any number of nodes, may share a queue.
pub async fn serve<Q: Queue>(queue: Arc<Q>, pace: Pace, stop: CancellationToken) {
    let mut work = JoinSet::new();
    let mut beat = interval(pace.beat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Whether more was due than there was room for: then finished work makes room for more.
    let mut crowded = false;
    loop {
        let look = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = work.join_next(), if !work.is_empty() => has_left_more(&*queue, ended) || crowded,
            _ = beat.tick() => true,
        };
        if !look {
            continue;
        }
        crowded = begin(&queue, pace.concurrent, &mut work).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "{} cannot be polled", queue.name());
            beat.reset_after(PAUSE_AFTER_ERROR);
            false
        });
    }
    let all_ended = async {
        while let Some(ended) = work.join_next().await {
            has_left_more(&*queue, ended);
        }
    };
    if timeout(STOP_LIMIT, all_ended).await.is_err() {
        tracing::warn!(rows = work.len(), "{} stopped with work under way, which will be repeated", queue.name());
    }
    queue.rest().await;
}

/// Starts due rows as far as there is room; returns whether there was too little.
async fn begin<Q: Queue>(queue: &Arc<Q>, concurrent: usize, work: &mut JoinSet<bool>) -> Result<bool, Error> {
    let room = concurrent - work.len();
    if room == 0 {
        return Ok(true);
    }
    if !queue.is_due().await? {
        if work.is_empty() {
            queue.rest().await;
        }
        return Ok(false);
    }
    let claimed = queue.claim(room).await?;
    let crowded = claimed.len() == room;
    for row in claimed {
        let queue = Arc::clone(queue);
        work.spawn(async move { queue.work(row).await });
    }
    Ok(crowded)
}

fn has_left_more<Q: Queue>(queue: &Q, ended: Result<bool, JoinError>) -> bool {
    ended.unwrap_or_else(|error| {
        tracing::error!(%error, "work of {} panicked; it is repeated after its lease", queue.name());
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        cell::Cell,
        future::{pending, ready},
    };
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn a_claim_is_renewed_for_as_long_as_the_work_takes() {
        let renewals = Cell::new(0);
        let renew = || {
            renewals.set(renewals.get() + 1);
            ready(Ok(true))
        };
        let done = Lease::STANDARD.hold(sleep(Duration::from_secs(61)), renew).await;
        assert_eq!((done, renewals.get()), (Some(()), 12));
    }

    #[tokio::test(start_paused = true)]
    async fn work_whose_claim_is_lost_is_dropped() {
        let started = Instant::now();
        let lost =
            Lease::STANDARD.hold(pending::<()>(), || ready(Ok(started.elapsed() < Duration::from_secs(12)))).await;
        assert_eq!((lost, started.elapsed().as_secs()), (None, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_database_does_not_end_the_work() {
        let away = || ready(Err(Error::from(sqlx::Error::PoolTimedOut)));
        let done = Lease::STANDARD.hold(sleep(Duration::from_secs(30)), away).await;
        assert_eq!(done, Some(()));
    }
}
