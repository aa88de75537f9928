//! SQLite's one writer, and changes that share a sync.
//!
//! What makes a change durable is the sync of its `COMMIT`, some milliseconds on a common disk, and SQLite has
//! one writer at a time. Changes that come while another waits for the disk are therefore made one after the
//! other in the next transaction, each in a savepoint, and committed together. Each is answered after that
//! `COMMIT` and not before; one that fails or is given up is rolled back to its savepoint and takes none of the
//! others along. Where nobody waits, a transaction has one change and ends at once.
//!
//! A change in a group sees those before it, as it would if each were committed. Only when the group's `COMMIT`
//! fails this is not so: then every one of them is answered `unavailable`, and whoever has looked without
//! changing anything is told so by [`Store::settled`].

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

/// Changes that may wait for their turn; the others wait before them.
const QUEUE: usize = 256;
/// Changes that share a transaction at most.
const GROUP: usize = 64;
/// How long a group takes further changes in, at most.
const LONGEST_GATHERING: Duration = Duration::from_millis(10);
/// How long a change waits for its turn: as long as for a connection, and then for another process's lock.
const TURN_TIMEOUT: Duration = ACQUIRE_TIMEOUT.saturating_add(super::SQLITE_BUSY_TIMEOUT);

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT change";
/// Fails if SQLite has rolled the whole transaction back by itself, which it does when a disk is full or failing.
const NEXT: &str = "RELEASE change; SAVEPOINT change";
const UNDO: &str = "ROLLBACK TO change";
const COMMIT: &str = "RELEASE change; COMMIT";

/// Gives turns; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pool: Pool<SqliteConnection>,
    requests: mpsc::Sender<Request>,
}

/// Where somebody waits for a turn.
type Request = oneshot::Sender<Result<Turn, sqlx::Error>>;

/// What became of a group's `COMMIT`, once it is known.
type Settled = watch::Receiver<Option<Result<(), Arc<Error>>>>;

/// One change's turn to write; dropped without [`Turn::commit`] it is rolled back.
#[derive(Debug)]
pub struct Turn {
    held: Option<(Lease<SqliteConnection>, oneshot::Sender<Ended>)>,
    settled: Settled,
    /// Whether changes that are not committed yet may have been seen.
    joined: bool,
}

/// The connection that comes back, and what its change is to become.
type Ended = (Lease<SqliteConnection>, End);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Commit,
    Rollback,
}

tokio::task_local! {
    /// The group whose changes a task has seen without changing anything.
    static SEEN: RefCell<Option<Settled>>;
}

impl Writer {
    /// Gives turns on the one connection of `pool` until the last clone is gone.
    pub(super) fn start(pool: Pool<SqliteConnection>) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(pool.clone(), queue));
        Self { pool, requests }
    }

    /// The pool of the one connection.
    pub(super) fn pool(&self) -> &Pool<SqliteConnection> {
        &self.pool
    }

    /// Waits for a turn; they are given in the order in which callers have come.
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
    /// Runs `work`, and waits until what it has seen is durable if it has changed nothing itself: an answer must
    /// not tell of a change that a power cut undoes.
    ///
    /// # Errors
    /// What it has seen was not committed.
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
            // If nobody takes it back, the lease rolls back.
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
            // Outside of `Store::settled` nobody is answered.
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
    // A group gathers for as long as a sync has just taken, so that a change waits for about two of them at most.
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

/// Makes changes and commits them; says how long the next group may gather, and who is to be its first because this
/// one was lost before their turn.
async fn serve_group(
    mut lease: Lease<SqliteConnection>,
    first: Request,
    queue: &mut Requests,
    gathering: Duration,
) -> (Duration, Option<Request>) {
    let (result, settled) = watch::channel(None);
    let (mut turns, mut changes) = (0, 0);
    let begun = Instant::now();
    let mut next = Some(first);
    while let Some(request) = next.take() {
        // Who has given up waiting gets none.
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
            // If it is not taken, it comes back like one that was dropped.
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
        if turns < GROUP && (changes == 0 || begun.elapsed() < gathering) {
            next = queue.try_recv().ok();
        }
    }
    if changes == 0 {
        // Dropped, it is rolled back, also where no turn was begun.
        return (gathering, None);
    }
    let begun = Instant::now();
    let committed = commit(lease).await;
    result.send_replace(Some(committed.map_err(Arc::new)));
    (begun.elapsed().min(LONGEST_GATHERING), None)
}

async fn commit(mut lease: Lease<SqliteConnection>) -> Result<(), Error> {
    let committed = sqlx::query(COMMIT).execute(&mut *lease).await;
    lease.give_back(committed).map(drop).map_err(Error::group_commit)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
