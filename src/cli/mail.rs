//! `marbelle mail`: the way that letters take.

use crate::{domain::email::EmailAddress, mail::send_test_letter, settings::Settings};
use clap::Subcommand;
use std::error::Error;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// Send a letter to ADDRESS, and say whether the mail server took it.
    ///
    /// Takes the way of the settings and needs no database. If it fails, says at which stage of SMTP, with the mail
    /// server's own words.
    Test {
        /// The recipient's address.
        address: String,
    },
}

/// Does it, and prints what came of it.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let Action::Test { address } = action;
    let to = EmailAddress::parse(&address).map_err(|_| format!("{address} is no e-mail address"))?;
    println!("{}", send_test_letter(&settings.mail, &to).await?);
    Ok(())
}
