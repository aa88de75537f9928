//! Imports from other systems: the Django application's tables, or accounts as JSON Lines; and the export.
//!
//! Rows are read in the order of their ids, and each batch is one transaction. Existing accounts are recognised by
//! their external ids, so an interrupted import can continue. The domain's types alone decide what is valid.
//! `docs/import.md` documents the treatment of every row.

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

/// Options of an import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Report what would be done, and do nothing.
    pub dry_run: bool,
    /// The file for the lines of the report.
    pub report: Option<PathBuf>,
    /// The file for old and new ids.
    pub map: Option<PathBuf>,
    /// Accounts per transaction.
    pub batch: NonZeroU16,
    /// The parameters of our own hashes.
    pub argon2: Argon2Settings,
    /// Whether events are published to a stream.
    pub stream: bool,
    /// The most addresses that a user can create.
    pub max_addresses: usize,
}

/// Why an import or an export failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source could not be read.
    #[error("the source could not be read")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The source's URL is not supported.
    #[error("the source must be sqlite://… or postgres://…")]
    NoSource,
    /// The database could not be read or written.
    #[error("the database could not be read or written")]
    Store(#[from] store::Error),
    /// A secret cannot be decrypted.
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
