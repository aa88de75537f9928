//! Database errors.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::error::ErrorKind;
use std::io;

/// Whether a failed change may have happened nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did not happen, and may be repeated.
    NotDone,
    /// The connection was lost during the commit: read before repeating.
    Unknown,
}

/// A failed statement or transaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or is full, locked, damaged or overloaded.
    #[error("the database is unavailable: {source}")]
    Unavailable {
        /// Whether the change may have happened.
        outcome: Outcome,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// A unique index refused a row.
    #[error("a unique index refused a row: {0}")]
    Unique(sqlx::Error),
    /// A statement does not match the database's structure: a defect of this program, or rows written by others.
    #[error("the database refused a statement: {0}")]
    Broken(sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// The tables belong to a version too far ahead of this one.
    #[error(
        "the tables need a program that knows migration {floor}, and this one knows those up to {known}: \
         start a newer version, or restore a backup of before the upgrade"
    )]
    TooOld {
        /// The migration that a program must know.
        floor: i64,
        /// The newest that this one knows.
        known: i64,
    },
}

impl Error {
    /// A failed `COMMIT`. If the connection was lost, it is unknown whether the commit happened; if the database
    /// answered with an error, it did not.
    pub(super) fn commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Unavailable { source, .. } => {
                let refused = matches!(&source, sqlx::Error::Database(e) if !is_io_error(e.as_ref()));
                Self::Unavailable { outcome: if refused { Outcome::NotDone } else { Outcome::Unknown }, source }
            }
            other => other,
        }
    }

    /// The failed `COMMIT` of a group of changes: if the database answered, none of them happened. It is never the
    /// fault of one of them, because no constraint of ours is deferred.
    pub(super) fn group_commit(error: sqlx::Error) -> Self {
        match Self::commit(error) {
            Self::Broken(source) | Self::Unique(source) => Self::Unavailable { outcome: Outcome::NotDone, source },
            other => other,
        }
    }

    /// A transaction that was rolled back before its `COMMIT`, through no fault of the change that gets this error.
    pub(super) fn rolled_back(why: &sqlx::Error) -> Self {
        Self::Unavailable { outcome: Outcome::NotDone, source: said_again(why) }
    }

    /// A copy for each change of a group: sqlx's errors cannot be cloned.
    pub(super) fn said_again(&self) -> Self {
        match self {
            Self::Unavailable { outcome, source } => {
                Self::Unavailable { outcome: *outcome, source: said_again(source) }
            }
            other => Self::Broken(sqlx::Error::Io(io::Error::other(other.to_string()))),
        }
    }
}

fn said_again(error: &sqlx::Error) -> sqlx::Error {
    sqlx::Error::Io(io::Error::other(error.to_string()))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(e) => {
                if e.kind() == ErrorKind::UniqueViolation {
                    return Self::Unique(error);
                }
                is_unavailability(e.as_ref())
            }
            _ => false,
        };
        if unavailable { Self::Unavailable { outcome: Outcome::NotDone, source: error } } else { Self::Broken(error) }
    }
}

/// SQLite's primary result code, or PostgreSQL's SQLSTATE.
fn is_unavailability(error: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match sqlite_code(error, &code) {
        // PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
        Some(primary) => matches!(primary, 3 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 13 | 14 | 15 | 26),
        // Connection, refused log-in, no such database, rollback (deadlock, serialization), resources, not in the
        // required state, operator intervention, system error; read-only after a failover.
        None => matches!(code.get(..2), Some("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58")) || code == "25006",
    }
}

/// An error of the storage under SQLite: a commit that fails with it may or may not have become durable.
fn is_io_error(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| match sqlite_code(error, &code) {
        Some(primary) => primary == 10,
        None => matches!(code.get(..2), Some("08" | "57" | "58")),
    })
}

/// The primary result code, without the higher bits of SQLite's extended codes.
fn sqlite_code(error: &dyn sqlx::error::DatabaseError, code: &str) -> Option<i32> {
    error.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}
