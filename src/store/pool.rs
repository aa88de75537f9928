//! Connections that are kept for the next statement.
//!
//! sqlx's own pool pings a connection whenever it is returned, in a task of its own, and this cannot be turned off: a
//! second round trip to PostgreSQL, or to SQLite's thread, for each statement. This pool trusts a connection whose last
//! statement was answered. It pings the others: those whose statement failed or was abandoned before they are kept, and
//! those that were idle for long before they are used. If one is lost, the idle ones are discarded with it: what ended
//! it has probably ended them too.

use super::lease::Lease;
use parking_lot::Mutex;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};
use std::{
    fmt,
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::Semaphore};

/// How long a call waits for a connection before it answers `unavailable`.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// The time limit of the ping of a doubtful connection.
pub(super) const PROOF_TIMEOUT: Duration = Duration::from_secs(2);
/// The first pause between two attempts to connect; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_millis(600);

/// When a connection to a server is no longer trusted. SQLite's connections are files of this process and need no such
/// limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust {
    /// If it was idle for longer, it is pinged before it is used: firewalls drop connections, and machines fail over.
    pub unasked: Duration,
    /// If it was idle for longer, it is closed.
    pub idle: Duration,
    /// If it is older, it is closed: a server behind a load balancer gets its share again after an outage.
    pub age: Duration,
}

/// Operations of the pool on connections of either database.
pub trait Pooled: Connection + 'static {
    /// Rolls back an abandoned or failed transaction. An answer shows that the connection is alive.
    fn roll_back(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

impl Pooled for SqliteConnection {
    async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        // SQLite may have rolled back by itself, and then returns an error.
        match sqlx::query("ROLLBACK").execute(self).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("1") => Ok(()),
            other => other.map(drop),
        }
    }
}

impl Pooled for PgConnection {
    async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("ROLLBACK").execute(self).await.map(drop)
    }
}

/// Connections to one database; clones share them.
pub(super) struct Pool<C: Pooled>(Arc<Shared<C>>);

struct Shared<C: Pooled> {
    options: C::Options,
    trust: Option<Trust>,
    size: u32,
    /// One permit for each connection that is idle or not open yet.
    permits: Semaphore,
    open: Arc<AtomicUsize>,
    closed: AtomicBool,
    /// The most recently used one is taken first, so that connections that are not needed grow old.
    idle: Mutex<Vec<Kept<C>>>,
}

/// An open connection.
pub(super) struct Kept<C> {
    pub(super) connection: C,
    opened: Instant,
    /// When it last answered.
    heard: Instant,
    _count: Count,
}

/// Counts an open connection while it exists.
struct Count(Arc<AtomicUsize>);

impl Count {
    fn one(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open.clone())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A permit for one connection.
pub(super) struct Permit<C: Pooled>(Pool<C>);

impl<C: Pooled> Permit<C> {
    /// The pool of the permit.
    pub(super) fn pool(&self) -> &Pool<C> {
        &self.0
    }
}

impl<C: Pooled> Drop for Permit<C> {
    fn drop(&mut self) {
        self.0.0.permits.add_permits(1);
    }
}

impl<C: Pooled> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: Pooled> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("open", &self.open()).field("idle", &self.idle()).finish_non_exhaustive()
    }
}

impl<C: Pooled> Pool<C> {
    /// At most `size` connections, each opened when it is first needed.
    pub(super) fn new(options: C::Options, size: u32, trust: Option<Trust>) -> Self {
        Self(Arc::new(Shared {
            options,
            trust,
            size,
            permits: Semaphore::new(usize::try_from(size).unwrap_or(usize::MAX)),
            open: Arc::default(),
            closed: AtomicBool::new(false),
            idle: Mutex::default(),
        }))
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Idle connections.
    pub(super) fn idle(&self) -> usize {
        self.0.idle.lock().len()
    }

    /// A connection; callers get one in their order.
    pub(super) async fn acquire(&self) -> Result<Lease<C>, sqlx::Error> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(sqlx::Error::PoolClosed);
        }
        if let Ok(permit) = self.0.permits.try_acquire() {
            permit.forget();
            let permit = Permit(self.clone());
            if let Some(kept) = self.take_trusted()? {
                return Ok(Lease::of(kept, permit));
            }
            // Boxed, because the future of connecting is large and the common path should stay small.
            return Box::pin(in_time(self.prove_or_connect(permit))).await;
        }
        Box::pin(in_time(async {
            self.0.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?.forget();
            let permit = Permit(self.clone());
            match self.take_trusted()? {
                Some(kept) => Ok(Lease::of(kept, permit)),
                None => self.prove_or_connect(permit).await,
            }
        }))
        .await
    }

    /// Waits until all connections are returned, then closes them.
    pub(super) async fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        // The semaphore is never closed: a caller ahead of us gets a permit, sees that the pool is closed, and returns
        // it.
        let Ok(_all) = self.0.permits.acquire_many(self.0.size).await else { return };
        let idle = std::mem::take(&mut *self.0.idle.lock());
        for kept in idle {
            // The connection is gone whether or not it is closed properly.
            let _ = within(PROOF_TIMEOUT, kept.connection.close()).await;
        }
    }

    /// An idle connection that need not be pinged.
    fn take_trusted(&self) -> Result<Option<Kept<C>>, sqlx::Error> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(sqlx::Error::PoolClosed);
        }
        let trusted = |kept: &mut Kept<C>| self.0.trust.is_none_or(|trust| kept.heard.elapsed() < trust.unasked);
        Ok(self.0.idle.lock().pop_if(trusted))
    }

    async fn prove_or_connect(&self, permit: Permit<C>) -> Result<Lease<C>, sqlx::Error> {
        let idle = self.0.idle.lock().pop();
        if let Some(mut kept) = idle {
            match within(PROOF_TIMEOUT, kept.connection.ping()).await {
                Ok(()) => return Ok(Lease::of(kept, permit)),
                Err(error) => self.lose(kept, &error),
            }
        }
        let kept = self.connect().await?;
        Ok(Lease::of(kept, permit))
    }

    /// Connects; if the server is still starting, it tries again. The caller limits the time.
    async fn connect(&self) -> Result<Kept<C>, sqlx::Error> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.0.options.connect().await {
                Ok(connection) => {
                    let now = Instant::now();
                    return Ok(Kept { connection, opened: now, heard: now, _count: Count::one(&self.0.open) });
                }
                Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(sqlx::Error::Database(error)) if error.is_transient_in_connect_phase() => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Keeps a connection that has just answered.
    pub(super) fn keep(&self, mut kept: Kept<C>) {
        let Some(trust) = self.0.trust else {
            return self.0.idle.lock().push(kept);
        };
        let now = Instant::now();
        if now - kept.opened > trust.age {
            return discard(kept);
        }
        kept.heard = now;
        let mut idle = self.0.idle.lock();
        let old = idle.first().is_some_and(|oldest| now - oldest.heard > trust.idle);
        let old = old.then(|| idle.remove(0));
        idle.push(kept);
        drop(idle);
        if let Some(old) = old {
            discard(old);
        }
    }

    /// Discards a failed connection and the idle ones.
    pub(super) fn lose(&self, kept: Kept<C>, error: &sqlx::Error) {
        tracing::warn!(%error, "a connection to the database was lost");
        let idle = std::mem::take(&mut *self.0.idle.lock());
        drop((kept, idle));
    }
}

/// Closes a connection that is no longer needed, in the background.
fn discard<C: Pooled>(kept: Kept<C>) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(within(PROOF_TIMEOUT, kept.connection.close()));
    }
}

/// Fails what takes longer than `limit`: otherwise an unresponsive machine or network would hold up calls, and a clean
/// stop, indefinitely.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
