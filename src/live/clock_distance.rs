//! The distance between this node's clock and the database's, which nodes use as their common clock.

use super::hub::Shared;
use crate::{domain::time::Timestamp, meters::meters};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
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
    warned: Mutex<Option<Instant>>,
}

impl ClockDistance {
    /// The time of the database's clock when this node's shows `now`.
    pub(super) fn database_time(&self, now: Timestamp) -> Timestamp {
        now.shifted(-self.ahead_ms.load(Ordering::Relaxed))
    }

    fn record(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
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
}

/// Measures once and returns by how many milliseconds this node's clock is ahead; `None` if that failed, and on SQLite,
/// which has no clock of its own.
pub(super) async fn measure(shared: &Shared) -> Option<i64> {
    let begun = shared.clock.now();
    match shared.store.database_time().await {
        // The way there is taken to be half of the round trip.
        Ok(Some(database)) => {
            let (begun, ended) = (begun.unix_millis(), shared.clock.now().unix_millis());
            let ahead_ms = begun.midpoint(ended) - database.unix_millis();
            shared.clock_distance.record(ahead_ms);
            Some(ahead_ms)
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%error, "this node's clock could not be compared with the database's");
            None
        }
    }
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
        measure(&shared).await;
    }
}
