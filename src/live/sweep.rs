//! Finds changes that were not announced: compares the followed users' revisions, and the epoch, with the database.

use super::{
    follower::Follower,
    hub::Shared,
    session_end::{SessionEnd, session_end},
};
use crate::{
    domain::{
        ids::{SessionId, UserId},
        session::EndReason,
    },
    meters::meters,
    store::{self, Reached},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior};

/// Users looked up in one statement.
const BATCH: usize = 500;
/// How long a follower outlives its last connection, so that a page reload does not have to start it again.
const LINGER: Duration = Duration::from_secs(30);

/// Sweeps until the node stops.
pub(super) async fn run(shared: Arc<Shared>, period: Duration) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = ticks.tick() => {}
            () = shared.sweep_soon.notified() => ticks.reset(),
        }
        shared.followers.retain(|_, follower| !follower.stop_if_deserted(LINGER));
        let begun = Instant::now();
        let swept = tokio::select! {
            () = shared.stopping.cancelled() => return,
            swept = sweep_past_the_dead(&shared) => swept,
        };
        meters().sweep.record(begun.elapsed());
        if let Err(error) = swept {
            tracing::warn!(%error, "the sweep could not read the revisions; trying again");
        }
    }
}

/// Starts a sweep whenever the bus is connected again: announcements in between did not reach this node.
pub(super) async fn after_reconnects(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = shared.bus.reconnected() => shared.sweep_soon.notify_one(),
        }
    }
}

/// Sweeps, and tries again past dead connections. After a failover of the database this node's connections are dead,
/// and each is found by one statement that fails. The next sweep would be a period away.
async fn sweep_past_the_dead(shared: &Arc<Shared>) -> Result<(), store::Error> {
    let open: usize = shared.store.connections().iter().map(|(_, open, _)| open).sum();
    for _ in 0..open {
        if sweep(shared).await.is_ok() {
            return Ok(());
        }
    }
    sweep(shared).await
}

async fn sweep(shared: &Arc<Shared>) -> Result<(), store::Error> {
    let followers: Vec<Arc<Follower>> = shared
        .followers
        .iter()
        .filter(|follower| follower.started.initialized())
        .map(|follower| follower.clone())
        .collect();
    if followers.is_empty() {
        return Ok(());
    }
    let begun = Instant::now();
    let epoch = shared.store.epoch().await?;
    let renewed = *shared.epoch.lock() != epoch;
    for batch in followers.chunks(BATCH) {
        // Read before the database is, so that an event delivered in between does not look like a step back.
        let cursors: Vec<i64> = batch.iter().map(|follower| follower.cursor()).collect();
        let users: Vec<UserId> = batch.iter().map(|follower| follower.user).collect();
        let reached = shared.store.reached(&users).await?;
        let reached: HashMap<UserId, Reached> = reached.into_iter().map(|reached| (reached.user, reached)).collect();
        for (follower, cursor) in batch.iter().zip(cursors) {
            match reached.get(&follower.user) {
                Some(reached) if !renewed && reached.revision >= cursor => {
                    meters().sweep_repaired.increment(follower.wake(*reached));
                }
                _ => realign(shared, follower).await?,
            }
        }
    }
    // Stored only now: a sweep that failed half-way must see the new epoch again.
    *shared.epoch.lock() = epoch;
    let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(followers = followers.len(), elapsed_us, "swept");
    Ok(())
}

/// Resets a follower whose place in the log no longer exists: the epoch differs, the revision is below its cursor, the
/// log was pruned beyond it, or the user was deleted. Its sockets are closed: those of ended sessions with the reason,
/// and the others so that their clients reconnect and get a snapshot.
pub(super) async fn realign(shared: &Arc<Shared>, follower: &Follower) -> Result<(), store::Error> {
    meters().realigned.increment(1);
    let now = shared.clock.now();
    let revision = shared.store.reached(&[follower.user]).await?.first().map(|reached| reached.revision);
    // A session of an existing user is missing only if a restored backup does not have it.
    let gone = if revision.is_some() { EndReason::Restored } else { EndReason::AccountDeleted };
    let mut ended: Vec<(SessionId, SessionEnd)> = Vec::new();
    for session in follower.sessions() {
        let reason = match shared.store.find_caller(session).await? {
            Some(row) => row.session.life().standing(&shared.lifetimes, now).err(),
            None => Some(gone),
        };
        ended.extend(reason.map(|reason| (session, session_end(reason, now, None))));
    }
    follower.restart_from(revision.unwrap_or_default(), &ended);
    Ok(())
}
