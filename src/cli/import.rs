//! `marbelle import`: accounts from another system.

use super::database::{DataError, audit, open, sealer};
use crate::{
    domain::time::Clock,
    import::{self, Options, Summary, django, jsonl},
    settings::Settings,
};
use clap::{Args, Subcommand};
use std::{num::NonZeroU16, path::PathBuf};

/// The source of the accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Source {
    /// Import users and addresses from the tables of the Django application.
    ///
    /// Reads a consistent snapshot and changes nothing there. Run again, it imports new rows and reports differences;
    /// after an interruption it continues. The server may run. docs/import.md explains the treatment of every row.
    /// Exits with status 1 if a row was not imported.
    Django {
        /// The application's database: `postgres://…` or `sqlite://…`.
        #[arg(long, value_name = "URL")]
        from: String,
        #[command(flatten)]
        how: How,
    },
    /// Import accounts from lines of JSON, as `marbelle export jsonl` writes them.
    ///
    /// docs/accounts.schema.json describes the lines. Exits with status 1 if an account was not imported.
    Jsonl {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

/// Options of an import.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct How {
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write a line of JSON about each row that does not fit unchanged.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the old and new ids of users and addresses as CSV.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    map: Option<PathBuf>,
    /// Users per transaction.
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
}

impl How {
    fn options(self, settings: &Settings) -> Options {
        Options {
            dry_run: self.dry_run,
            report: self.report,
            map: self.map,
            batch: NonZeroU16::new(self.batch).unwrap_or(NonZeroU16::MIN),
            argon2: settings.argon2,
            stream: settings.stream.is_some(),
            max_addresses: settings.limits.max_addresses.get(),
        }
    }
}

/// Why an import is not complete.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] DataError),
    /// It was interrupted.
    #[error("the import was interrupted: run the same command again to continue")]
    CutShort(#[source] import::Error),
    /// Some rows do not fit.
    #[error("some rows were not imported; {0}")]
    KeptOut(&'static str),
}

/// Runs the import and prints its summary.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(source: Source, settings: &Settings) -> Result<(), ImportError> {
    let store = open(settings).await?;
    let clock = Clock::system();
    let (Source::Django { how, .. } | Source::Jsonl { how, .. }) = &source;
    let (reported, dry_run) = (how.report.is_some(), how.dry_run);
    if !dry_run {
        audit(&store, if matches!(source, Source::Django { .. }) { "import django" } else { "import jsonl" }).await?;
    }
    let done = match source {
        Source::Django { from, how } => django::import(&store, &from, &how.options(settings), &clock).await,
        Source::Jsonl { file, how } => {
            jsonl::import(&store, &sealer(settings).await?, &file, &how.options(settings), &clock).await
        }
    };
    store.close().await;
    let summary: Summary = done.map_err(ImportError::CutShort)?;
    if dry_run {
        println!("Nothing was written. The import would do this:");
    }
    print!("{summary}");
    match (summary.anything_kept_out(), reported) {
        (false, _) => Ok(()),
        (true, true) => Err(ImportError::KeptOut("the report names them")),
        (true, false) => Err(ImportError::KeptOut("use --report FILE to list them")),
    }
}
