//! `marbelle export`: accounts for another system, or another database.

use super::database::{DataError, audit, open, sealer};
use crate::{
    import::{self, jsonl},
    settings::Settings,
};
use clap::Subcommand;
use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, BufWriter},
    os::{
        fd::AsFd,
        unix::fs::{OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

/// The format of the export.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Form {
    /// Write every account as a line of JSON, with password hashes: protect the file like the database itself.
    ///
    /// docs/accounts.schema.json describes the lines. Only its owner can read the file.
    Jsonl {
        /// A new file; standard output if it is not given.
        file: Option<PathBuf>,
    },
}

/// Why the export is not complete.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] DataError),
    /// The file could not be created.
    #[error("{0} could not be created")]
    File(String, #[source] io::Error),
    /// It was interrupted.
    #[error("the export was interrupted")]
    CutShort(#[from] import::Error),
}

/// Runs the export.
#[expect(clippy::print_stderr, reason = "standard output may be the export itself")]
pub(super) async fn run(form: Form, settings: &Settings) -> Result<(), ExportError> {
    let Form::Jsonl { file } = form;
    let store = open(settings).await?;
    let (out, name) = match &file {
        Some(path) => (new_file(path), path.display().to_string()),
        None => (standard_output(), "standard output".to_owned()),
    };
    let mut out = BufWriter::new(out.map_err(|error| ExportError::File(name.clone(), error))?);
    let sealer = sealer(settings).await?;
    audit(&store, "export jsonl").await?;
    let done = jsonl::export(&store, &sealer, &mut out, &name).await;
    store.close().await;
    eprintln!("{} accounts", done?);
    Ok(())
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// If it is a file, makes it readable by its owner only.
fn standard_output() -> io::Result<File> {
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if out.metadata()?.is_file() {
        out.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(out)
}
