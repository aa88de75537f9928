//! The only SQL. One text per statement runs on SQLite and on PostgreSQL; only the migrations, opening
//! and `BEGIN` differ.
//!
//! Rules for this: `$n` parameters, `RETURNING` and `ON CONFLICT`; the present time is bound, never read from the
//! database; case is folded in Rust; sums are cast to BIGINT; an error inside a transaction ends it. To add a table,
//! add the same file to both folders of `migrations/`, a noun here, and its statements as methods of [`Tx`] (or of
//! [`Store`] for a read that is one statement).
//!
//! Columns are named, never `*`: a newer version may add some while this one runs, and PostgreSQL refuses
//! prepared statements whose result changes.

mod addresses;
mod append;
mod audit_log;
mod backup;
mod clock;
mod deleted_sessions;
mod deliveries;
mod error;
mod events;
mod existing;
mod import;
mod import_sign_in_methods;
mod invitations;
mod known_devices;
mod lease;
mod locked_account;
mod mailbox_locks;
mod mails;
mod migrate;
mod outbox;
mod outgoing_events;
mod passkeys;
mod password_failures;
mod pool;
mod presence;
mod private_files;
mod profiles;
mod provider_links;
mod rate_limits;
mod receivers;
mod recovery_codes;
mod registration_sign_ins;
mod registrations;
mod restore;
mod revocations;
mod security_events;
mod service_keys;
mod session_versions;
mod sessions;
mod sign_in_methods;
mod tokens;
mod totp;
mod tx;
mod used_tickets;
mod user_search;
mod users;
mod webhooks;
mod writer;

pub use backup::BackupError;
pub use deliveries::{Delivered, DeliveryRow, Failed, Outcome as DeliveryOutcome};
pub use error::{Error, Outcome};
pub use events::{EventRow, follows};
pub use existing::is_there;
pub use import::{ExternalUser, ImportedUser, OwnedAddress};
pub use import_sign_in_methods::{ImportedSignInMethods, ImportedTotp, OwnedRecoveryCode};
pub use invitations::ValidInvitation;
pub use known_devices::FoundDevice;
pub use locked_account::{Committed, LockedAccount};
pub use outbox::{EmailChangeRequests, LetterAbout, OutboxRow, Queued};
pub use passkeys::{NewPasskey, PasskeyRow, PasskeyUse};
pub use provider_links::{NewProviderLink, ProviderLinkRow};
pub use rate_limits::SharedQuota;
pub use receivers::{Receiver, Receivers};
pub use registration_sign_ins::RegistrationSignIn;
pub use registrations::{GuessedRegistration, RegistrationLink, RegistrationRow, RegistrationToken};
pub use revocations::RevocationRow;
pub use session_versions::{RenewedSession, SessionVersions};
pub use sessions::{CallerRow, EndedSessionRow, LiveSessionRow, NewSession, SessionRow};
pub use totp::TotpRow;
pub use tx::Tx;
pub use user_search::{SessionSummary, UserSearch};
pub use users::{NewUser, Reached, UserRow};
pub use webhooks::WebhookRow;

use crate::settings::Database;
use pool::{Pool, Trust, within};
use secrecy::ExposeSecret;
use sqlx::{
    PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{future::Future, str::FromStr, time::Duration};
use writer::Writer;

/// How long SQLite waits for another process's lock before it answers `unavailable`.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// The size to which the file of SQLite's log is truncated when a checkpoint has emptied it, in bytes: otherwise it
/// would keep the size of its largest burst permanently.
const SQLITE_LOG_BYTES: u32 = 8 << 20;
/// The time limit of a statement on PostgreSQL. Ours take milliseconds.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit of waiting for a lock. It is shorter, so that PostgreSQL reports it itself.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL per node.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long connections to PostgreSQL are trusted.
const POSTGRES_TRUST: Trust =
    Trust { unasked: Duration::from_secs(10), idle: Duration::from_secs(10 * 60), age: Duration::from_secs(30 * 60) };

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    /// SQLite has one writer at a time. Changes queue for it in order, whereas waiting on the file's lock would not be
    /// fair. Readers never wait for it (WAL).
    Sqlite {
        read: Pool<SqliteConnection>,
        write: Writer,
    },
    Postgres(Pool<PgConnection>),
}

/// Runs one statement on a connection of either backend; on SQLite, a reader's.
macro_rules! on_pool {
    ($store:expr, $connection:ident => $body:expr) => {
        match &$store.backend {
            $crate::store::Backend::Sqlite { read, .. } => {
                async {
                    let mut lease = read.acquire().await?;
                    let $connection = &mut *lease;
                    let result = $body;
                    lease.give_back(result)
                }
                .await
            }
            $crate::store::Backend::Postgres(pool) => {
                async {
                    let mut lease = pool.acquire().await?;
                    let result = $crate::store::bounded(async {
                        let $connection = &mut *lease;
                        $body
                    })
                    .await;
                    lease.give_back(result)
                }
                .await
            }
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

/// Fails the statement if PostgreSQL is silent for too long.
async fn bounded<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    within(STATEMENT_TIMEOUT, statement).await
}

impl Store {
    /// Opens the database and brings its tables up to date. Several processes may do so at once.
    ///
    /// # Errors
    /// Also [`Error::TooOld`], if the tables belong to a version too far ahead.
    pub async fn open(database: &Database) -> Result<Self, Error> {
        let backend = match database {
            Database::Sqlite(path) => {
                private_files::close_to_others(path);
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // An answered change must survive a power failure; NORMAL would lose the last ones.
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("journal_size_limit", SQLITE_LOG_BYTES.to_string())
                    .busy_timeout(SQLITE_BUSY_TIMEOUT);
                let write = Pool::new(options.clone(), 1, None);
                migrate::sqlite(&write).await?;
                let readers = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 16);
                let readers = u32::try_from(readers).unwrap_or(2);
                let read = Pool::new(options.read_only(true), readers, None);
                Backend::Sqlite { read, write: Writer::start(write) }
            }
            Database::Postgres(url) => {
                let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
                let options = PgConnectOptions::from_str(url.expose_secret())?.application_name("marbelle").options([
                    ("statement_timeout", milliseconds(STATEMENT_TIMEOUT)),
                    ("lock_timeout", milliseconds(LOCK_TIMEOUT)),
                    ("idle_in_transaction_session_timeout", milliseconds(STATEMENT_TIMEOUT * 2)),
                ]);
                let pool = Pool::new(options, POSTGRES_CONNECTIONS, Some(POSTGRES_TRUST));
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
        match &self.backend {
            Backend::Sqlite { read, write } => {
                vec![("read", read.open(), read.idle()), ("write", write.pool().open(), write.pool().idle())]
            }
            Backend::Postgres(pool) => vec![("all", pool.open(), pool.idle())],
        }
    }

    /// Lets running statements finish and closes every connection.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { read, write } => {
                read.close().await;
                write.pool().close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}
