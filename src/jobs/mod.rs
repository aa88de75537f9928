//! Periodic work. Every node runs it: each step is a conditional statement, which finds nothing left to do if another
//! node ran it first.

use crate::{
    account::{Accounts, Error},
    meters::meters,
    rpc::Rates,
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Sockets of an expired session close within a minute (docs/protocol.md, "Sessions").
const EXPIRE: Duration = Duration::from_secs(20);
/// The interval at which expired rows are deleted, and secrets sealed again after a rotation.
const PRUNE: Duration = Duration::from_secs(600);
/// The interval at which the counts of idle clients are dropped.
const FORGET_IDLE: Duration = Duration::from_secs(60);
/// The interval at which the costs of accounts' password hashes are counted.
const WEIGH: Duration = Duration::from_secs(60);
/// The interval at which metrics are gathered.
const MEASURE: Duration = Duration::from_secs(5);
/// The shortest interval of any job, however short the configured lifetimes.
const SHORTEST: Duration = Duration::from_millis(100);

/// Starts the jobs, which run until `stop`.
pub fn start(accounts: &Arc<Accounts>, rates: &Arc<Rates>, tasks: &TaskTracker, stop: &CancellationToken) {
    let lifetimes = accounts.session_lifetimes;
    let expire = EXPIRE.min(lifetimes.idle / 4).max(SHORTEST);
    let touch = (lifetimes.touch_interval() / 2).max(SHORTEST);
    tasks.spawn(repeat("expire_sessions", expire, stop.clone(), accounts.clone(), |accounts| async move {
        accounts.end_expired_sessions().await
    }));
    tasks.spawn(repeat("touch_sessions", touch, stop.clone(), accounts.clone(), |accounts| async move {
        accounts.touch_connected_sessions().await
    }));
    let overdue = EXPIRE.min(accounts.lifetimes.one_time_token / 4).max(SHORTEST);
    tasks.spawn(repeat("end_overdue_email_changes", overdue, stop.clone(), accounts.clone(), |accounts| async move {
        accounts.end_overdue_email_changes().await
    }));
    tasks.spawn(repeat(
        "reseal",
        PRUNE,
        stop.clone(),
        accounts.clone(),
        |accounts| async move { accounts.reseal().await },
    ));
    tasks.spawn(repeat("weigh_decoys", WEIGH, stop.clone(), accounts.clone(), |accounts| async move {
        Ok(accounts.weigh_decoys().await?)
    }));
    let rates = rates.clone();
    tasks.spawn(repeat("forget_idle_rates", FORGET_IDLE, stop.clone(), accounts.clone(), move |_| {
        rates.forget_idle();
        async { Ok(()) }
    }));
    tasks.spawn(repeat("measure", MEASURE, stop.clone(), accounts.clone(), |accounts| async move {
        meters().gather();
        accounts.measure_outbox().await?;
        accounts.measure_outgoing().await
    }));
    tasks.spawn(repeat(
        "prune",
        PRUNE,
        stop.clone(),
        accounts.clone(),
        |accounts| async move { accounts.prune().await },
    ));
}

async fn repeat<F: Future<Output = Result<(), Error>>>(
    job: &'static str,
    period: Duration,
    stop: CancellationToken,
    accounts: Arc<Accounts>,
    work: impl Fn(Arc<Accounts>) -> F,
) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = work(accounts.clone()).await {
            meters().jobs_failed.increment(1);
            tracing::warn!(job, ?error, "a job failed; it runs again after its interval");
        }
    }
}
