//! Brings the tables up to date, and checks whether this program may run on them (`migrations/README.md`).
//!
//! In a rolling upgrade the newest node migrates while older ones run, and an older one that is restarted in the
//! meantime must be able to start: migrations that it does not know are ignored. The tables themselves state how far
//! back that holds, as `schema_floor`.

use super::{Error, Store, on_pool, pool::Pool};
use sqlx::{Connection, PgConnection, SqliteConnection, migrate::Migrator};
use std::{sync::LazyLock, time::Duration};

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| passing_over_newer(sqlx::migrate!("migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = passing_over_newer(sqlx::migrate!("migrations/postgres"));
    migrator.set_locking(false);
    migrator
});

const FIND_FLOOR: &str = "SELECT migration FROM schema_floor";
const FIND_NEWEST: &str = "SELECT MAX(version) FROM _sqlx_migrations";

/// Known migrations are still compared with the applied ones.
fn passing_over_newer(mut migrator: Migrator) -> Migrator {
    migrator.set_ignore_missing(true);
    migrator
}

/// sqlx takes no lock on SQLite: two processes that start at once on a new file may both try to create a table. The
/// loser's attempt fails as a whole; it tries again and then finds the work done.
pub(super) async fn sqlite(pool: &Pool<SqliteConnection>) -> Result<(), Error> {
    const ATTEMPTS: u32 = 20;
    let mut lease = pool.acquire().await?;
    let mut attempt = 1;
    while let Err(error) = SQLITE.run(&mut *lease).await {
        if attempt >= ATTEMPTS {
            return Err(Error::Migration(error));
        }
        attempt += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(lease.give_back(Ok(()))?)
}

/// The advisory lock for migrating: "marbelle" in ASCII, which nothing else in the database will use.
const MIGRATING: i64 = 0x6d61_7262_656c_6c65;
/// The other processes wait however long the migration takes, while the transaction of its lock is idle.
const WAIT: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";
const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";

/// One of several processes migrates, under an advisory lock; the others wait and find the work done. The lock belongs
/// to a transaction and not, like sqlx's own, to a session: PgBouncer may assign a session to another client in
/// between.
pub(super) async fn postgres(pool: &Pool<PgConnection>) -> Result<(), Error> {
    let (mut locking, mut migrating) = (pool.acquire().await?, pool.acquire().await?);
    let mut lock = locking.begin().await?;
    sqlx::raw_sql(WAIT).execute(&mut *lock).await?;
    sqlx::query(LOCK).bind(MIGRATING).execute(&mut *lock).await?;
    POSTGRES.run(&mut *migrating).await.map_err(Error::Migration)?;
    let unlocked = lock.commit().await;
    migrating.give_back(Ok(()))?;
    Ok(locking.give_back(unlocked)?)
}

impl Store {
    /// Refuses tables for which this program is too old.
    pub(super) async fn check_floor(&self) -> Result<(), Error> {
        // The files are the same for both databases.
        let known = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
        let floor: i64 = on_pool!(self, pool => sqlx::query_scalar(FIND_FLOOR).fetch_one(pool).await)?;
        if floor > known {
            return Err(Error::TooOld { floor, known });
        }
        let newest: i64 = on_pool!(self, pool => sqlx::query_scalar(FIND_NEWEST).fetch_one(pool).await)?;
        if newest > known {
            tracing::warn!(newest, known, "the tables belong to a newer version: replace this program");
        }
        Ok(())
    }
}
