//! Opening the database for commands.

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

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum DataError {
    /// There is no database, or one without tables.
    #[error(
        "there is no database of Marbelle at {0}: this command does not create one. Is this the server's environment? Under \
         systemd its settings are those of the unit: marbelle --env-file /etc/marbelle/environment …"
    )]
    NoDatabase(String),
    /// The database could not be opened for the check.
    #[error("the database {0} could not be opened")]
    Closed(String, #[source] store::Error),
    /// It could not be opened or brought up to date.
    #[error(transparent)]
    App(#[from] app::Error),
    /// There is no such account.
    #[error("there is no account {0}")]
    NoSuchUser(String),
    /// Something that the command names does not exist.
    #[error("there is no {0}")]
    NotFound(String),
    /// The arguments break rules.
    #[error("{0}")]
    Invalid(String),
    /// The work failed.
    #[error("the command failed: {0}")]
    Failed(String),
    /// The operator did not confirm.
    #[error("nothing was changed")]
    NotConfirmed,
}

impl From<account::Error> for DataError {
    fn from(error: account::Error) -> Self {
        match error {
            account::Error::InvalidParams(faults) => {
                let by_field = faults.into_iter().map(|(field, faults)| {
                    let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_ref()).collect();
                    format!("{field} {}", messages.join(", "))
                });
                Self::Invalid(by_field.collect::<Vec<_>>().join("; "))
            }
            account::Error::Conflict(field) => Self::Invalid(format!("{field} belongs to another account")),
            account::Error::Forbidden(why) => Self::Invalid(why.to_owned()),
            account::Error::Unavailable { .. } => Self::Failed("the database is unavailable".to_owned()),
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

impl DataError {
    /// The same; `name` describes what was not found.
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

/// Prints to standard error which database the settings name.
///
/// # Errors
/// [`DataError::NoDatabase`]: a command on data does not create one.
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

/// Opens the database for a command that reads or writes many accounts, which running nodes need not be notified of.
pub(super) async fn open(settings: &Settings) -> Result<Store, DataError> {
    check(settings).await?;
    Ok(app::open(settings).await?)
}

/// Records in the audit log that a command on many accounts was run, before it does its work.
pub(super) async fn audit(store: &Store, command: &str) -> Result<(), DataError> {
    let entry = AuditEntry::of(Operator::CommandLine, command, None, json!({}), Clock::system().now());
    let noted = async {
        let mut tx = store.write().await?;
        tx.insert_audit_entry(&entry).await?;
        tx.commit().await
    };
    Ok(noted.await.map_err(app::Error::from)?)
}

/// Opens and seals the secrets in the database.
pub(super) async fn sealer(settings: &Settings) -> Result<Sealer, DataError> {
    Ok(app::sealer(settings).await?)
}

/// Runs a command on the accounts. Running nodes get its changes over the bus, or by their sweep.
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
    println!("The database's epoch is now {}.", done.epoch);
    println!(
        "Ended: {} sessions of {} accounts, the links of {} registrations; {} letters will not be sent.",
        done.sessions, done.accounts, done.registrations, done.letters
    );
    Ok(())
}
