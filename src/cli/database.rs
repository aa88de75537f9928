//! The database that a command works on.

use crate::{
    account::{self, Accounts, Operator},
    app,
    crypto::sealed::Sealer,
    domain::{audit::AuditEntry, fault::Fault, time::Clock},
    settings::Settings,
    store::{self, Store},
};
use serde_json::json;
use std::sync::Arc;

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
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchUser(String),
    /// There is no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// What was asked for breaks rules.
    #[error("{0}")]
    Invalid(String),
    /// The work failed.
    #[error("it could not be done: {0}")]
    Failed(String),
    /// Whoever was asked said no.
    #[error("nothing was changed")]
    NotConfirmed,
}

impl From<account::Error> for DataError {
    fn from(error: account::Error) -> Self {
        match error {
            account::Error::InvalidParams(faults) => {
                let told = faults.into_iter().map(|(field, faults)| {
                    let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_ref()).collect();
                    format!("{field} {}", messages.join(", "))
                });
                Self::Invalid(told.collect::<Vec<_>>().join("; "))
            }
            account::Error::Conflict(field) => Self::Invalid(format!("{field} is another account's")),
            account::Error::Forbidden(why) => Self::Invalid(why.to_owned()),
            account::Error::Unavailable { .. } => Self::Failed("the database is unavailable".to_owned()),
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

impl DataError {
    /// The same, where what was looked for has this name.
    pub(super) fn of(error: account::Error, name: impl FnOnce() -> String) -> Self {
        match error {
            account::Error::NotFound => Self::NotFound(name()),
            other => other.into(),
        }
    }
}

/// A value of the command line, or every rule that it breaks.
pub(super) fn read<T>(name: &str, value: Result<T, Vec<Fault>>) -> Result<T, DataError> {
    value.map_err(|faults| {
        let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_ref()).collect();
        DataError::Invalid(format!("{name} {}", messages.join(", ")))
    })
}

/// Says on standard error which database the settings name.
///
/// # Errors
/// [`DataError::NoDatabase`]: a command on data makes none.
#[expect(clippy::print_stderr, reason = "standard output is for what the command prints")]
pub(super) async fn check(settings: &Settings) -> Result<(), DataError> {
    let name = settings.database_url();
    eprintln!("Database: {name}");
    match store::is_there(&settings.database).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(DataError::NoDatabase(name)),
        Err(error) => Err(DataError::Closed(name, error)),
    }
}

/// Opens the database for a command that reads or writes many accounts at a time, which no node needs to hear of.
pub(super) async fn open(settings: &Settings) -> Result<Store, DataError> {
    check(settings).await?;
    Ok(app::open(settings).await?)
}

/// Notes in the audit log that a command that works on many accounts was run, before it does its work.
pub(super) async fn audit(store: &Store, command: &str) -> Result<(), DataError> {
    let entry = AuditEntry::of(Operator::CommandLine, command, None, json!({}), Clock::system().now());
    let noted = async {
        let mut tx = store.write().await?;
        tx.insert_audit_entry(&entry).await?;
        tx.commit().await
    };
    Ok(noted.await.map_err(app::Error::from)?)
}

/// What opens and seals the secrets that the database keeps.
pub(super) async fn sealer(settings: &Settings) -> Result<Sealer, DataError> {
    Ok(app::sealer(settings).await?)
}

/// Lets a command use the accounts; nodes that run hear of its changes over the bus, or by their sweep.
pub(super) async fn with_accounts<T>(
    settings: &Settings,
    command: impl AsyncFnOnce(&Arc<Accounts>) -> Result<T, account::Error>,
) -> Result<Result<T, account::Error>, DataError> {
    check(settings).await?;
    Ok(app::with_accounts(settings, command).await?)
}

/// Renews the epoch of a restored database, ends every session, and prints what it did.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn new_epoch(settings: &Settings) -> Result<(), DataError> {
    let done = with_accounts(settings, async |accounts| accounts.new_epoch().await).await?;
    let done = done.map_err(|error| DataError::Failed(format!("{error:?}")))?;
    println!("The database's epoch is {} now.", done.epoch);
    println!(
        "Ended: {} sessions of {} accounts, the links of {} registrations; {} letters will not be sent.",
        done.sessions, done.accounts, done.registrations, done.letters
    );
    Ok(())
}
