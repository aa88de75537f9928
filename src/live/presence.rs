//! Announces to the other nodes which sessions have an open socket on this node.
//!
//! Changes are collected and written together, so that a burst of connections is one transaction. Other nodes see them
//! up to [`PERIOD`] late, and those of a dead node for [`DEAD_AFTER`]. Nodes record the time they were last seen by the
//! database's clock, since their own clocks may differ by more than these periods.

use super::{clock_distance, hub::Shared};
use crate::{domain::time::Timestamp, store};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior};

/// How often changes are written.
const PERIOD: Duration = Duration::from_millis(500);
/// How often a node records that it runs.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A node not seen for this long is ignored (`connected` may lag a minute).
const DEAD_AFTER: Duration = Duration::from_secs(50);
/// When the rows of a dead node are removed.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

impl Shared {
    /// Nodes that were seen after this moment are running.
    pub(super) fn alive_since(&self, now: Timestamp) -> Timestamp {
        self.clock_distance.database_time(now).before(DEAD_AFTER)
    }
}

/// Writes presence until the node stops, then withdraws it.
pub(super) async fn run(shared: Arc<Shared>) {
    if let Ok(Some(ahead_ms)) = clock_distance::measure(&shared).await {
        tracing::info!(ahead_ms, "this node's clock was compared with the database's");
    }
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen_at: Option<Instant> = None;
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let heartbeat = seen_at.is_none_or(|seen| seen.elapsed() >= HEARTBEAT);
        let now = shared.clock_distance.database_time(shared.clock.now());
        match write(&shared, heartbeat, now).await {
            Ok(()) if heartbeat => seen_at = Some(Instant::now()),
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "presence could not be written; trying again"),
        }
    }
    if let Err(error) = withdraw(&shared).await {
        tracing::debug!(%error, "presence could not be withdrawn; it lapses by itself");
    }
}

async fn write(shared: &Shared, heartbeat: bool, now: Timestamp) -> Result<(), store::Error> {
    if !heartbeat && shared.presence_changes.is_empty() {
        return Ok(());
    }
    // Removed before they are read, so that a change in between is inserted again.
    let changed: Vec<_> = shared.presence_changes.iter().map(|entry| *entry).collect();
    for entry in &changed {
        shared.presence_changes.remove(entry);
    }
    let written = async {
        let mut tx = shared.store.write().await?;
        if heartbeat {
            tx.see_node(shared.node, now).await?;
            tx.forget_dead_nodes(now.before(FORGET_AFTER)).await?;
        }
        for caller in &changed {
            let connected = shared.connected_sessions(caller.user).binary_search(&caller.session).is_ok();
            tx.set_connected(caller.session, shared.node, connected).await?;
        }
        tx.commit().await
    }
    .await;
    if written.is_err() {
        for caller in changed {
            shared.presence_changes.insert(caller);
        }
    }
    written
}

async fn withdraw(shared: &Shared) -> Result<(), store::Error> {
    let mut tx = shared.store.write().await?;
    tx.forget_node(shared.node).await?;
    tx.commit().await
}
