//! `marbelle mail`: queued letters, and a test of the mail settings.

use super::{
    database::{DataError, with_accounts},
    table::{Output, Table, or_dash},
};
use crate::{
    account::Operator,
    domain::{
        email::EmailAddress,
        ids::MailId,
        mail::{Mail, MailState},
    },
    mail::send_test_letter,
    settings::Settings,
};
use clap::{Subcommand, builder::PossibleValuesParser};
use serde_json::json;
use std::error::Error;
use uuid::Uuid;

/// The action.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// List letters, newest first: those that wait, and those that were sent or given up in the last seven days.
    List {
        /// Only letters in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(MailState::NAMES))]
        state: Option<String>,
        /// Only letters before this id: the last id of the previous page.
        #[arg(long, value_name = "ID")]
        before: Option<Uuid>,
        /// The most letters to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=200))]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Try a letter again at once, including one that was given up.
    Retry {
        /// The letter's id, as `mail list` prints it.
        id: Uuid,
    },
    /// Send a test letter to ADDRESS, and print whether the mail server accepted it.
    ///
    /// Uses the mail settings and needs no database. If it fails, prints the stage of SMTP and the mail server's reply.
    Test {
        /// The recipient's address.
        address: String,
    },
}

/// Runs the action and prints its result.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match action {
        Action::List { state, before, limit, output } => {
            let state = state.as_deref().and_then(MailState::from_name);
            let listed =
                with_accounts(settings, async |accounts| accounts.list_mails(state, before.map(MailId), limit).await);
            let (mails, more) = listed.await?.map_err(DataError::from)?;
            output.print(&json!({ "mails": mails, "more": more }), |_| {
                let heading = ["ID", "RECIPIENT", "KIND", "STATE", "TRIES", "NEXT", "CREATED", "LAST ERROR"];
                Table::new(heading, mails.iter().map(row))
            })?;
            if let Some(last) = mails.last().filter(|_| more && !output.is_json()) {
                eprintln!("There are more: --before {}", last.id);
            }
        }
        Action::Retry { id } => {
            let retried =
                with_accounts(settings, async |accounts| accounts.retry_mail(MailId(id), Operator::CommandLine).await);
            retried.await?.map_err(|error| DataError::of(error, || format!("letter {id}")))?;
        }
        Action::Test { address } => {
            let to = EmailAddress::parse(&address).map_err(|_| format!("{address} is not an e-mail address"))?;
            println!("{}", send_test_letter(&settings.mail, &to).await?);
        }
    }
    Ok(())
}

fn row(mail: &Mail) -> [String; 8] {
    [
        mail.id.to_string(),
        mail.recipient.as_str().to_owned(),
        mail.kind.clone(),
        mail.state.as_str().to_owned(),
        mail.attempts.to_string(),
        or_dash(mail.next_attempt_at),
        mail.created_at.to_string(),
        or_dash(mail.last_error.as_deref()),
    ]
}
