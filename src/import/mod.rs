//! Taking over from another system: the Django application's tables, or accounts as JSON Lines; and the way out again.
//!
//! Rows are read by the order of their ids, and each batch is one transaction, so that an import that was cut short
//! goes on where it was: what is here already is known by its external id. What fits is decided by the domain's types
//! alone. `docs/import.md` has what becomes of which row.

mod addresses;
pub mod django;
mod fit;
pub mod jsonl;
mod load;
mod mapping;
mod progress;
mod report;

pub use report::{Action, Line, Summary};

use crate::{crypto::password::Argon2Settings, store};
use std::{io, num::NonZeroU16, path::PathBuf};

/// How an import is to go about it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Where the lines of the report go.
    pub report: Option<PathBuf>,
    /// Where old and new ids go.
    pub map: Option<PathBuf>,
    /// Accounts of one transaction.
    pub batch: NonZeroU16,
    /// What makes a hash one of our own.
    pub argon2: Argon2Settings,
    /// Whether events are published to a stream.
    pub stream: bool,
    /// Addresses that a user can make.
    pub max_addresses: usize,
}

/// Why an import or an export ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source could not be read.
    #[error("the source could not be read")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The source's URL is of no kind that can be read.
    #[error("the source must be sqlite://… or postgres://…")]
    NoSource,
    /// The database could not be read or written.
    #[error("the database could not be read or written")]
    Store(#[from] store::Error),
    /// A secret cannot be read.
    #[error("a second factor is sealed under a token secret that is not among MARBELLE_TOKEN_SECRET")]
    Sealed,
    /// A file could not be read or written.
    #[error("{0}")]
    File(String, #[source] io::Error),
}

impl Error {
    fn source(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Source(Box::new(error))
    }

    fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self::File(path, error)
    }
}
