//! How far this node's clock is from the database's, by which several nodes agree on who runs.

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

/// How often it is measured.
const PERIOD: Duration = Duration::from_secs(60);
/// From when on the log warns of it: synchronised clocks are some milliseconds apart.
const WORTH_A_WARNING: Duration = Duration::from_secs(2);
/// How often it does.
const SILENCE: Duration = Duration::from_secs(600);

/// The last measurement.
#[derive(Debug, Default)]
pub(super) struct ClockDistance {
    /// How many milliseconds this node's clock is ahead.
    ahead_ms: AtomicI64,
    warned: Mutex<Option<Instant>>,
}

impl ClockDistance {
    /// What time it is by the database's clock when it is `now` by this node's.
    pub(super) fn database_time(&self, now: Timestamp) -> Timestamp {
        now.shifted(-self.ahead_ms.load(Ordering::Relaxed))
    }

    fn note(&self, ahead_ms: i64) {
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
                "this node's clock is not the database's: limits and lifetimes are off by as much; synchronise the clocks"
            );
        }
    }
}

/// Measures once; answers how many milliseconds this node's clock is ahead, where the database has another.
pub(super) async fn measure(shared: &Shared) -> Option<i64> {
    let begun = shared.clock.now();
    match shared.store.database_time().await {
        // Half of the way there and back is taken for the way there.
        Ok(Some(database)) => {
            let (begun, ended) = (begun.unix_millis(), shared.clock.now().unix_millis());
            let ahead_ms = begun.midpoint(ended) - database.unix_millis();
            shared.clock_distance.note(ahead_ms);
            Some(ahead_ms)
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%error, "this node's clock could not be compared with the database's");
            None
        }
    }
}

/// Measures until the node stops. The first time is [`measure`]'s.
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
