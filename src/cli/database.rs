//! The database that a command works on.

use crate::{
    account::restore,
    app,
    domain::time::Clock,
    settings::Settings,
    store::{self, Store},
};

/// Why a command on data did nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum DataError {
    /// There is no database, or none with tables.
    #[error(
        "there is no database of Marbelle at {0}: this command makes none. Is this the server's environment? Under \
         systemd its settings are those of the unit: marbelle --env-file /etc/marbelle/environment …"
    )]
    NoDatabase(String),
    /// It could not be looked at.
    #[error("the database {0} could not be opened")]
    Closed(String, #[source] store::Error),
    /// It could not be opened or brought up to date.
    #[error(transparent)]
    App(#[from] app::Error),
    /// There is no account with this address.
    #[error("there is no account with the address {0}")]
    NoSuchUser(String),
    /// A change of accounts failed.
    #[error("accounts could not be changed: {0}")]
    Failed(String),
    /// Whoever was asked said no.
    #[error("nothing was changed")]
    NotConfirmed,
}

/// Opens the database of the settings for a command on its data: says on standard error which one that is, and makes none.
#[expect(clippy::print_stderr, reason = "standard output is for what the command prints")]
pub(super) async fn open(settings: &Settings) -> Result<Store, DataError> {
    let name = settings.database_url();
    eprintln!("Database: {name}");
    match store::is_there(&settings.database).await {
        Ok(true) => Ok(app::open(settings).await?),
        Ok(false) => Err(DataError::NoDatabase(name)),
        Err(error) => Err(DataError::Closed(name, error)),
    }
}

/// Renews the epoch of a restored database, ends every session, and prints what it did.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn new_epoch(settings: &Settings) -> Result<(), DataError> {
    let store = open(settings).await?;
    let done = restore::new_epoch(&store, &Clock::system()).await;
    store.close().await;
    let done = done.map_err(|error| DataError::Failed(format!("{error:?}")))?;
    println!("The database's epoch is {} now.", done.epoch);
    println!(
        "Ended: {} sessions of {} accounts, the links of {} registrations; {} letters will not be sent.",
        done.sessions, done.accounts, done.registrations, done.letters
    );
    Ok(())
}
