//! The only SQL. One text per statement runs on SQLite and on PostgreSQL; only the migrations, opening
//! and `BEGIN` differ.
//!
//! Rules that keep it so: `$n` parameters, `RETURNING` and `ON CONFLICT`; the present is bound, never
//! asked of the database; case is folded in Rust; sums are cast to BIGINT; an error inside a transaction
//! ends it. To add a table, add the same file to both folders of `migrations/`, a noun here, and its
//! statements as methods of [`Tx`] (or of [`Store`] for a read that is one statement).
//!
//! Columns are named, never `*`: a newer version may add some while this one runs, and PostgreSQL refuses
//! prepared statements whose result changes.

mod addresses;
mod error;
mod events;
mod existing;
mod migrate;
mod outbox;
mod password_failures;
mod presence;
mod profiles;
mod rate_limits;
mod registrations;
mod restore;
mod security_events;
mod sessions;
mod tokens;
mod tx;
mod users;

pub use error::{Error, Outcome};
pub use events::{AccountChange, Committed, EventRow, follows};
pub use existing::is_there;
pub use outbox::{OutboxRow, Queued};
pub use rate_limits::SharedQuota;
pub use registrations::RegistrationRow;
pub use sessions::{CallerRow, LiveSessionRow, NewSession, SessionRow};
pub use tx::Tx;
pub use users::{NewUser, UserRow};

use crate::settings::Database;
use secrecy::ExposeSecret;
use sqlx::{
    Connection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{future::Future, io, str::FromStr, time::Duration};

/// How long a call waits for a database connection before it answers `unavailable`.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process's lock before it answers `unavailable`.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// How long PostgreSQL may work on a statement, or stay silent. Ours take milliseconds.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a statement may wait for another's lock: less, so that PostgreSQL says so itself.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that was used may take to show that it can be used again.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections to PostgreSQL a node.
const POSTGRES_CONNECTIONS: u32 = 16;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    /// SQLite has one writer at a time: a pool of one connection queues them fairly, where waiting on
    /// the file's lock would not. Readers never wait for it (WAL).
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs one statement on a pool of either backend: readers' for SQLite.
macro_rules! on_pool {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.backend {
            $crate::store::Backend::Sqlite { read: $pool, .. } => $body,
            $crate::store::Backend::Postgres($pool) => $crate::store::bounded(async { $body }).await,
        }
    };
}
/// Runs one statement in a transaction of either backend.
macro_rules! in_tx {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::Tx::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $crate::store::bounded(async { $body }).await
            }
        }
    };
}
pub(crate) use {in_tx, on_pool};

/// A statement that fails when the server is silent for too long: a machine or a network that died
/// without a word would hold calls, and a clean stop, for ever.
async fn bounded<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(STATEMENT_TIMEOUT, statement).await.unwrap_or_else(|_| Err(silence()))
}

fn silence() -> sqlx::Error {
    sqlx::Error::Io(io::ErrorKind::TimedOut.into())
}

impl Store {
    /// Opens the database and brings its tables up to date. Several processes may do so at once.
    ///
    /// # Errors
    /// Also [`Error::TooOld`], where the tables are those of a version too far ahead.
    pub async fn open(database: &Database) -> Result<Self, Error> {
        let backend = match database {
            Database::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // An answered change must survive a power cut; NORMAL would lose the last ones.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(SQLITE_BUSY_TIMEOUT);
                let write = sqlite_pool(1).connect_with(options.clone()).await?;
                migrate::sqlite(&write).await?;
                let readers = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 16);
                let readers = u32::try_from(readers).unwrap_or(2);
                let read = sqlite_pool(readers).connect_with(options.read_only(true)).await?;
                Backend::Sqlite { read, write }
            }
            Database::Postgres(url) => {
                let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
                let options = PgConnectOptions::from_str(url.expose_secret())?.application_name("marbelle").options([
                    ("statement_timeout", milliseconds(STATEMENT_TIMEOUT)),
                    ("lock_timeout", milliseconds(LOCK_TIMEOUT)),
                    ("idle_in_transaction_session_timeout", milliseconds(STATEMENT_TIMEOUT * 2)),
                ]);
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    // A broken connection is found by its first statement, which answers `unavailable`
                    // with `not_done`; asking first would double every read's round trips.
                    .test_before_acquire(false)
                    // sqlx asks once more by itself, and would wait for the answer until TCP gives up: for a quarter
                    // of an hour, and each connection that died without a word would keep its place for as long.
                    .after_release(|connection, _| {
                        let answer = tokio::time::timeout(RELEASE_TIMEOUT, connection.ping());
                        Box::pin(async { answer.await.unwrap_or_else(|_| Err(silence())).map(|()| true) })
                    })
                    .connect_with(options)
                    .await?;
                migrate::postgres(&pool).await?;
                Backend::Postgres(pool)
            }
        };
        let store = Self { backend };
        store.check_floor().await?;
        store.check_time_limits().await?;
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        on_pool!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// The pools: name, open connections, idle ones among them.
    pub fn connections(&self) -> Vec<(&'static str, usize, usize)> {
        let open = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        match &self.backend {
            Backend::Sqlite { read, write } => {
                vec![("read", open(read.size()), read.num_idle()), ("write", open(write.size()), write.num_idle())]
            }
            Backend::Postgres(pool) => vec![("all", open(pool.size()), pool.num_idle())],
        }
    }

    /// Lets running statements end and closes every connection.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // SQLite itself rolls a transaction back that meets a full disk or a failing one. sqlx believes it is
        // open still, and would refuse every later one on this connection: another takes its place.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}
