//! The distance between this node's clock and the database's, which nodes use as their common clock.

use super::hub::Shared;
use crate::{
    domain::{ids::rise_above, time::Timestamp},
    meters::meters,
    store,
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The interval between measurements.
const PERIOD: Duration = Duration::from_secs(60);
/// A warning is logged from this distance on: synchronised clocks differ by some milliseconds.
const WORTH_A_WARNING: Duration = Duration::from_secs(2);
/// The interval between warnings.
const SILENCE: Duration = Duration::from_secs(600);

/// The last measurement.
#[derive(Debug, Default)]
pub(super) struct ClockDistance {
    /// How many milliseconds this node's clock is ahead.
    ahead_ms: AtomicI64,
    /// Whether the last measurement failed. The distance is that of the one before.
    failed: AtomicBool,
    warned: Mutex<Option<Instant>>,
}

impl ClockDistance {
    /// The time of the database's clock when this node's shows `now`.
    pub(super) fn database_time(&self, now: Timestamp) -> Timestamp {
        now.shifted(-self.ahead_ms.load(Ordering::Relaxed))
    }

    fn record(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        if self.failed.swap(false, Ordering::Relaxed) {
            tracing::info!(ahead_ms, "this node's clock is compared with the database's again");
        }
        let ahead = Duration::from_millis(ahead_ms.unsigned_abs()).as_secs_f64().copysign(if ahead_ms < 0 {
            -1.0
        } else {
            1.0
        });
        meters().clock_ahead.set(ahead);
        if Duration::from_millis(ahead_ms.unsigned_abs()) < WORTH_A_WARNING {
            return;
        }
        let mut warned = self.warned.lock();
        if warned.is_none_or(|at| at.elapsed() >= SILENCE) {
            *warned = Some(Instant::now());
            tracing::warn!(
                ahead_ms,
                "this node's clock differs from the database's: limits and lifetimes are off by as much; synchronise them"
            );
        }
    }

    fn record_failure(&self, error: &store::Error) {
        meters().clock_ahead.set(f64::NAN);
        if !self.failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "this node's clock could not be compared with the database's; trying every minute");
        }
    }
}

/// Measures once and returns by how many milliseconds this node's clock is ahead; `None` on SQLite, which has no clock
/// of its own.
pub(super) async fn measure(shared: &Shared) -> Result<Option<i64>, store::Error> {
    let begun = shared.clock.now();
    let database =
        shared.store.database_time().await.inspect_err(|error| shared.clock_distance.record_failure(error))?;
    // The way there is taken to be half of the round trip.
    let ahead_ms = database.map(|database| {
        let (begun, ended) = (begun.unix_millis(), shared.clock.now().unix_millis());
        begun.midpoint(ended) - database.unix_millis()
    });
    if let Some(ahead_ms) = ahead_ms {
        shared.clock_distance.record(ahead_ms);
        // Lists are ordered by id: this node's next ids are later than those of a node whose clock is ahead.
        let newest =
            shared.store.newest_ids().await.inspect_err(|error| shared.clock_distance.record_failure(error))?;
        newest.into_iter().for_each(rise_above);
    }
    Ok(ahead_ms)
}

/// Measures until the node stops, first after one period: [`measure`] has measured at the start.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // A failure is in the log and the metrics; the next measurement may succeed.
        let _ = measure(&shared).await;
    }
}
