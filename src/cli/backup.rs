//! `marbelle backup`: copies the SQLite database while it is in use.

use super::database::{DataError, open};
use crate::{
    settings::Settings,
    store::{BackupError, Store},
};
use std::path::Path;

/// Writes the copy and checks its integrity.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(file: &Path, settings: &Settings) -> Result<(), Error> {
    let store = open(settings).await?;
    let done = Store::backup(&store, file).await;
    store.close().await;
    println!("{}: {} bytes", file.display(), done?);
    Ok(())
}

/// Why the backup failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] DataError),
    /// The copy could not be made.
    #[error("no backup was made")]
    Backup(#[from] BackupError),
}
