//! A transaction on either backend.

use super::{Backend, Error, Store, bounded};
use sqlx::{Postgres, Sqlite, Transaction};

/// A transaction; dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL, READ COMMITTED when it writes: every statement sees what is committed by then.
    Postgres(Transaction<'static, Postgres>),
}

/// sqlx's futures that begin a transaction have 3 KiB on SQLite and 14 on PostgreSQL. Each is boxed where it is
/// made: every future around it would hold that much, and the compiler copies futures as it nests them.
impl Store {
    /// A transaction that writes. On SQLite it is the only one from its first statement on: a deferred
    /// one that wants to write later fails at once when another has written meanwhile.
    pub async fn write(&self) -> Result<Tx, Error> {
        Ok(match &self.backend {
            Backend::Sqlite { write, .. } => Tx::Sqlite(Box::pin(write.begin_with("BEGIN IMMEDIATE")).await?),
            Backend::Postgres(pool) => Tx::Postgres(bounded(Box::pin(pool.begin())).await?),
        })
    }

    /// A transaction whose statements all see one consistent state and that cannot write.
    pub async fn read(&self) -> Result<Tx, Error> {
        Ok(match &self.backend {
            Backend::Sqlite { read, .. } => Tx::Sqlite(Box::pin(read.begin()).await?),
            Backend::Postgres(pool) => {
                let begin = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                Tx::Postgres(bounded(Box::pin(begin)).await?)
            }
        })
    }
}

impl Tx {
    /// Makes the changes durable.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => bounded(transaction.commit()).await,
        }
        .map_err(Error::commit)
    }

    /// Ends a transaction that has only read: whatever happens now, nothing was to be done.
    pub async fn end_read(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => bounded(transaction.commit()).await?,
        }
        Ok(())
    }
}
