//! Claims on the work of a queue that several workers share.
//!
//! A worker claims a row by one conditional `UPDATE`, which sets until when it is the worker's alone and counts the
//! attempts. That count is the claim's number: whatever the worker writes later about the row is conditional on it, so a
//! worker that lost its claim cannot disturb the next one. While it works it renews the claim; when it dies, the claim
//! runs out and another worker takes the row.

use crate::store::Error;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How long a claim holds, and how often it is renewed while the work goes on.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// How long a row is its worker's alone without renewal: as long waits what a killed worker had claimed.
    pub holds: Duration,
    /// How often the claim is renewed; several renewals may fail before it runs out.
    pub renewed_every: Duration,
}

impl Lease {
    /// What a killed worker had claimed is tried again within 30 seconds, whatever else is due.
    pub const STANDARD: Self = Self { holds: Duration::from_secs(20), renewed_every: Duration::from_secs(5) };

    /// Does `work` and renews its claim meanwhile. `renew` says whether the claim still holds; where it does not,
    /// another worker has the row, `work` is dropped, and the result is `None`.
    ///
    /// A database that does not answer is no reason to stop: as long as nobody can renew, nobody can claim either.
    pub async fn hold<T, R: Future<Output = Result<bool, Error>>>(
        self,
        work: impl Future<Output = T>,
        renew: impl Fn() -> R,
    ) -> Option<T> {
        let lost = async {
            let mut beat = interval(self.renewed_every);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first tick is at once: the claim has just been made.
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
        let begun = Instant::now();
        let lost = Lease::STANDARD.hold(pending::<()>(), || ready(Ok(begun.elapsed() < Duration::from_secs(12)))).await;
        assert_eq!((lost, begun.elapsed().as_secs()), (None, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_database_does_not_end_the_work() {
        let away = || ready(Err(Error::from(sqlx::Error::PoolTimedOut)));
        let done = Lease::STANDARD.hold(sleep(Duration::from_secs(30)), away).await;
        assert_eq!(done, Some(()));
    }
}
