//! `marbelle user`: what the operator does with an account.

use super::database::{DataError, check, with_accounts};
use crate::{
    account::{self, Actor},
    domain::email::EmailAddress,
    settings::Settings,
};
use clap::{Args, Subcommand};
use std::io::{self, Write};

/// What to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// End its sessions and let it sign in no more.
    Disable(Account),
    /// Let it sign in again.
    Enable(Account),
    /// End its sessions and delete everything that is its own. Asks first.
    Delete {
        #[command(flatten)]
        account: Account,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which account.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// The account's e-mail address.
    email: String,
}

/// Does it; running nodes tell the account's open sockets.
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), DataError> {
    let (Action::Disable(account) | Action::Enable(account) | Action::Delete { account, .. }) = &action;
    let email = EmailAddress::parse(&account.email).map_err(|_| DataError::NoSuchUser(account.email.clone()))?;
    if matches!(action, Action::Delete { yes: false, .. }) {
        check(settings).await?;
        if !confirm(&email) {
            return Err(DataError::NotConfirmed);
        }
    }
    let done = with_accounts(settings, async |accounts| match action {
        Action::Disable(_) => accounts.disable_account(&email, Actor::Operator).await,
        Action::Enable(_) => accounts.enable_account(&email, Actor::Operator).await,
        Action::Delete { .. } => accounts.delete_account(&email, Actor::Operator).await,
    })
    .await?;
    done.map_err(|error| match error {
        account::Error::NotFound => DataError::NoSuchUser(email.to_string()),
        other => DataError::Failed(format!("{other:?}")),
    })
}

/// Asks whoever sits at standard input; the end of input is a no.
#[expect(clippy::print_stderr, reason = "a question is no output")]
fn confirm(email: &EmailAddress) -> bool {
    eprint!("Delete the account {email} and everything that is its own? There is no way back. [y/N] ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
