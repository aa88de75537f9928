//! Brings the tables up to date, and tells whether this program may run on them (`migrations/README.md`).
//!
//! In a rolling upgrade the newest node migrates while older ones run, and an older one that is restarted
//! meanwhile has to start: migrations that it does not know are passed over. How far back that holds stands
//! in the tables themselves, as `schema_floor`.

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

/// Those that are known are still compared with those that were applied.
fn passing_over_newer(mut migrator: Migrator) -> Migrator {
    migrator.set_ignore_missing(true);
    migrator
}

/// sqlx locks nothing on SQLite: two processes that start at once on a new file may both try to create a
/// table. The loser's attempt fails whole; it tries again and then finds the work done.
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

/// The advisory lock of whoever migrates: "marbelle" in ASCII, which nothing else in the database will take.
const MIGRATING: i64 = 0x6d61_7262_656c_6c65;
/// However long the one that migrates takes, the others wait; and its lock's transaction is idle meanwhile.
const WAIT: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";
const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";

/// Of several processes one migrates, under an advisory lock; the others wait and find the work done. The lock is a
/// transaction's and not, as sqlx's own, a session's: PgBouncer may lend a session to somebody else in between.
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
    /// Refuses tables that this program is too old for.
    pub(super) async fn check_floor(&self) -> Result<(), Error> {
        // The same files for both databases.
        let known = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
        let floor: i64 = on_pool!(self, pool => sqlx::query_scalar(FIND_FLOOR).fetch_one(pool).await)?;
        if floor > known {
            return Err(Error::TooOld { floor, known });
        }
        let newest: i64 = on_pool!(self, pool => sqlx::query_scalar(FIND_NEWEST).fetch_one(pool).await)?;
        if newest > known {
            tracing::warn!(newest, known, "the tables are those of a newer version: this program is to be replaced");
        }
        Ok(())
    }
}
