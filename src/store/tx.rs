//! A transaction on either backend.

use super::{Backend, Error, Store, bounded, lease::Lease, writer::Turn};
use sqlx::{PgConnection, SqliteConnection};
use std::ops::{Deref, DerefMut};

/// A transaction; dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(SqliteTx),
    /// On PostgreSQL, READ COMMITTED for writes: every statement sees what is committed by then.
    Postgres(Lease<PgConnection>),
}

/// A transaction on SQLite.
#[derive(Debug)]
pub enum SqliteTx {
    /// On a reader's connection.
    Read(Lease<SqliteConnection>),
    /// On the writer's.
    Write(Turn),
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Read(lease) => lease,
            Self::Write(turn) => turn,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Read(lease) => lease,
            Self::Write(turn) => turn,
        }
    }
}

impl Store {
    /// A transaction that writes. On SQLite it is the only one until it ends: a deferred transaction that begins to
    /// write later fails at once if another has written in the meantime.
    pub async fn write(&self) -> Result<Tx, Error> {
        Ok(match &self.backend {
            Backend::Sqlite { write, .. } => Tx::Sqlite(SqliteTx::Write(write.turn().await?)),
            Backend::Postgres(pool) => {
                let mut lease = pool.acquire().await?;
                bounded(sqlx::raw_sql("BEGIN").execute(lease.beginning())).await?;
                Tx::Postgres(lease)
            }
        })
    }

    /// A transaction whose statements all see one consistent state and that cannot write.
    pub async fn read(&self) -> Result<Tx, Error> {
        Ok(match &self.backend {
            Backend::Sqlite { read, .. } => {
                let mut lease = read.acquire().await?;
                sqlx::query("BEGIN").execute(lease.beginning()).await?;
                Tx::Sqlite(SqliteTx::Read(lease))
            }
            Backend::Postgres(pool) => {
                let mut lease = pool.acquire().await?;
                let begin = sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                bounded(begin.execute(lease.beginning())).await?;
                Tx::Postgres(lease)
            }
        })
    }
}

impl Tx {
    /// Makes the changes durable.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(SqliteTx::Write(turn)) => turn.commit().await,
            Self::Sqlite(SqliteTx::Read(lease)) => end_read(lease).await.map_err(Error::commit),
            Self::Postgres(lease) => commit(lease).await.map_err(Error::commit),
        }
    }

    /// Ends a read-only transaction. A failure does not matter, since nothing was to be written.
    pub async fn end_read(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(SqliteTx::Write(turn)) => turn.commit().await?,
            Self::Sqlite(SqliteTx::Read(lease)) => end_read(lease).await?,
            Self::Postgres(lease) => commit(lease).await?,
        }
        Ok(())
    }
}

async fn end_read(mut lease: Lease<SqliteConnection>) -> Result<(), sqlx::Error> {
    let ended = sqlx::query("COMMIT").execute(&mut *lease).await;
    lease.give_back(ended).map(drop)
}

async fn commit(mut lease: Lease<PgConnection>) -> Result<(), sqlx::Error> {
    let ended = bounded(sqlx::raw_sql("COMMIT").execute(&mut *lease)).await;
    lease.give_back(ended).map(drop)
}
