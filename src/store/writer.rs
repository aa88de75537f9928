//! SQLite's one writer, and changes that share a sync.
//!
//! A change becomes durable by the sync of its `COMMIT`, which takes some milliseconds on a common disk, and SQLite has
//! one writer at a time. Changes that arrive while another waits for the disk are therefore made one after the other in
//! the next transaction, each in a savepoint, and committed together. Each is answered only after that `COMMIT`; one
//! that fails or is abandoned is rolled back to its savepoint and does not affect the others. If no change waits, a
//! transaction has one change and ends at once.
//!
//! A change in a group sees those before it, as if each were committed. This is wrong only if the group's `COMMIT`
//! fails: then all of them are answered with `unavailable`, and so are callers that have only read, by
//! [`Store::settled`].

use super::{
    Backend, Error, Outcome, Store,
    lease::Lease,
    pool::{ACQUIRE_TIMEOUT, Pool},
};
use sqlx::SqliteConnection;
use std::{
    cell::RefCell,
    future::Future,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot, watch};

/// Changes that may wait for their turn; further ones wait to be queued.
const QUEUE: usize = 256;
/// The most changes that share a transaction.
const GROUP: usize = 64;
/// The longest time for which a group accepts further changes.
const LONGEST_GATHERING: Duration = Duration::from_millis(10);
/// The time limit of waiting for a turn: as long as for a connection, and then for another process's lock.
const TURN_TIMEOUT: Duration = ACQUIRE_TIMEOUT.saturating_add(super::SQLITE_BUSY_TIMEOUT);

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT change";
/// Fails if SQLite has rolled the whole transaction back by itself, as it does when a disk is full or failing.
const NEXT: &str = "RELEASE change; SAVEPOINT change";
const UNDO: &str = "ROLLBACK TO change";
const COMMIT: &str = "RELEASE change; COMMIT";

/// Gives turns; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pool: Pool<SqliteConnection>,
    requests: mpsc::Sender<Request>,
}

/// A request for a turn.
type Request = oneshot::Sender<Result<Turn, sqlx::Error>>;

/// The result of a group's `COMMIT`, once it is known.
type Settled = watch::Receiver<Option<Result<(), Arc<Error>>>>;

/// One change's turn to write; dropped without [`Turn::commit`] it is rolled back.
#[derive(Debug)]
pub struct Turn {
    held: Option<(Lease<SqliteConnection>, oneshot::Sender<Ended>)>,
    settled: Settled,
    /// Whether uncommitted changes may have been seen.
    joined: bool,
}

/// The connection that is returned, and what happens to its change.
type Ended = (Lease<SqliteConnection>, End);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Commit,
    Rollback,
}

tokio::task_local! {
    /// The group whose changes a task has seen without writing anything.
    static SEEN: RefCell<Option<Settled>>;
}

impl Writer {
    /// Gives turns on the one connection of `pool` until the last clone is dropped.
    pub(super) fn start(pool: Pool<SqliteConnection>) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(pool.clone(), queue));
        Self { pool, requests }
    }

    /// The pool of the one connection.
    pub(super) fn pool(&self) -> &Pool<SqliteConnection> {
        &self.pool
    }

    /// Waits for a turn; turns are given in the order of the requests.
    pub(super) async fn turn(&self) -> Result<Turn, sqlx::Error> {
        let turn = async {
            let (reply, turn) = oneshot::channel();
            self.requests.send(reply).await.map_err(|_| sqlx::Error::PoolClosed)?;
            turn.await.map_err(|_| sqlx::Error::PoolClosed)?
        };
        tokio::time::timeout(TURN_TIMEOUT, turn).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }
}

impl Store {
    /// Runs `work`. If it has written nothing itself, waits until the changes that it has seen are durable: an answer
    /// must not show a change that a power failure undoes.
    ///
    /// # Errors
    /// If the changes that it has seen were not committed.
    pub async fn settled<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        if !matches!(self.backend, Backend::Sqlite { .. }) {
            return Ok(work.await);
        }
        let (result, seen) = SEEN.scope(RefCell::default(), async { (work.await, SEEN.with(RefCell::take)) }).await;
        if let Some(seen) = seen {
            settled(seen).await?;
        }
        Ok(result)
    }
}

impl Turn {
    /// Waits until the change is durable.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        let settled_by = self.settled.clone();
        self.end(End::Commit);
        settled(settled_by).await
    }

    fn end(&mut self, end: End) {
        if let Some((lease, back)) = self.held.take() {
            // If nobody receives it, the lease rolls back.
            let _ = back.send((lease, end));
        }
    }
}

impl Deref for Turn {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.held.as_ref().expect("a turn has its connection until it ends").0
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.held.as_mut().expect("a turn has its connection until it ends").0
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.held.is_some() && self.joined {
            // Outside of `Store::settled` there is no caller to answer.
            let _ = SEEN.try_with(|seen| seen.replace(Some(self.settled.clone())));
        }
        self.end(End::Rollback);
    }
}

async fn settled(mut group: Settled) -> Result<(), Error> {
    let result = group.wait_for(Option::is_some).await.map(|result| result.clone());
    match result {
        Ok(Some(Ok(()))) => Ok(()),
        Ok(Some(Err(error))) => Err(error.said_again()),
        Ok(None) | Err(_) => Err(Error::Unavailable { outcome: Outcome::Unknown, source: sqlx::Error::WorkerCrashed }),
    }
}

type Requests = mpsc::Receiver<Request>;

async fn serve(pool: Pool<SqliteConnection>, mut queue: Requests) {
    // A group gathers for as long as the last sync took, so that a change waits for at most about two of them.
    let (mut gathering, mut left) = (Duration::ZERO, None);
    loop {
        let first = match left.take() {
            Some(request) => request,
            None => match queue.recv().await {
                Some(request) => request,
                None => return,
            },
        };
        match pool.acquire().await {
            Ok(lease) => (gathering, left) = serve_group(lease, first, &mut queue, gathering).await,
            Err(error) => drop(first.send(Err(error))),
        }
    }
}

/// Makes changes and commits them; returns how long the next group may gather, and the request that is first in it
/// because this group was lost before its turn.
async fn serve_group(
    mut lease: Lease<SqliteConnection>,
    first: Request,
    queue: &mut Requests,
    gathering: Duration,
) -> (Duration, Option<Request>) {
    let (result, settled) = watch::channel(None);
    let (mut turns, mut changes) = (0, 0);
    let started = Instant::now();
    let mut next = Some(first);
    while let Some(request) = next.take() {
        // A caller that has stopped waiting gets no turn.
        if !request.is_closed() {
            let begin = if turns == 0 { BEGIN } else { NEXT };
            if let Err(error) = sqlx::query(begin).execute(lease.beginning()).await {
                result.send_replace(Some(Err(Arc::new(Error::rolled_back(&error)))));
                if turns > 0 {
                    return (gathering, Some(request));
                }
                drop(request.send(Err(error)));
                return (gathering, None);
            }
            turns += 1;
            let (back, returned) = oneshot::channel();
            let turn = Turn { held: Some((lease, back)), settled: settled.clone(), joined: changes > 0 };
            // If nobody receives it, it comes back as if it had been dropped.
            drop(request.send(Ok(turn)));
            let Ok((returned, end)) = returned.await else {
                result.send_replace(Some(Err(Arc::new(Error::rolled_back(&sqlx::Error::WorkerCrashed)))));
                return (gathering, None);
            };
            lease = returned;
            if end == End::Commit {
                changes += 1;
            } else if let Err(error) = sqlx::query(UNDO).execute(&mut *lease).await {
                result.send_replace(Some(Err(Arc::new(Error::rolled_back(&error)))));
                return (gathering, None);
            }
        }
        if turns < GROUP && (changes == 0 || started.elapsed() < gathering) {
            next = queue.try_recv().ok();
        }
    }
    if changes == 0 {
        // Dropping it rolls it back, also if no turn was started.
        return (gathering, None);
    }
    let started = Instant::now();
    let committed = commit(lease).await;
    result.send_replace(Some(committed.map_err(Arc::new)));
    (started.elapsed().min(LONGEST_GATHERING), None)
}

async fn commit(mut lease: Lease<SqliteConnection>) -> Result<(), Error> {
    let committed = sqlx::query(COMMIT).execute(&mut *lease).await;
    lease.give_back(committed).map(drop).map_err(Error::group_commit)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
