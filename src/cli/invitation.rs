//! `marbelle invitation`: invitations to register.

use super::{
    arguments::{maybe, take},
    database::{DataError, with_accounts},
    table::{Output, Table, or_dash},
};
use crate::{
    account::{self, Operator},
    domain::{
        email::EmailAddress,
        fault::Faults,
        ids::InvitationId,
        invitation::{Invitation, Invitee},
        profile::{Locale, Name},
        time::{Clock, Timestamp},
    },
    settings::Settings,
};
use clap::Subcommand;
use serde_json::json;
use std::error::Error;
use uuid::Uuid;

/// The subcommand.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// Mail an address a single-use link to register with, valid for seven days and for this address only.
    ///
    /// Earlier links of the address become void.
    Create {
        /// The address.
        email: String,
        /// First name: used in the letter, and for a registration by a provider that gives no name.
        #[arg(long, value_name = "NAME")]
        first_name: Option<String>,
        /// Last name, used like the first name.
        #[arg(long, value_name = "NAME")]
        last_name: Option<String>,
        /// The language of the letter: en (the default), de or sq.
        #[arg(long, value_name = "LANGUAGE")]
        locale: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// List invitations, newest first: open ones, and those that were used or expired in the last two weeks.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Void an unused invitation, and any unverified registration that was started with it.
    Withdraw {
        /// The invitation's id, as `invitation list` prints it.
        id: Uuid,
    },
}

/// The actor of these commands, for the audit log.
const OPERATOR: Operator<'static> = Operator::CommandLine;

/// Does it.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Create { email, first_name, last_name, locale, output } => {
            let mut faults = Faults::default();
            let email = take(&mut faults, "email", EmailAddress::parse(&email));
            let first_name = maybe(&mut faults, "--first-name", first_name.as_deref(), Name::parse);
            let last_name = maybe(&mut faults, "--last-name", last_name.as_deref(), Name::parse);
            let locale = maybe(&mut faults, "--locale", locale.as_deref(), Locale::parse).unwrap_or_default();
            let Some(email) = email.filter(|_| faults.is_empty()) else {
                return Err(DataError::from(account::Error::InvalidParams(faults)).into());
            };
            let address = email.as_str().to_owned();
            let invitee = Invitee { email, first_name, last_name, locale };
            let invited = with_accounts(settings, async |accounts| accounts.invite(invitee, OPERATOR).await).await?;
            let (id, expires_at) = invited.map_err(|error| refused(error, &address))?;
            output.print(&json!({ "invitation_id": id, "expires_at": expires_at }), |_| {
                format!("Invited {address} until {expires_at} (invitation {id}). The letter is on its way.\n")
            })?;
        }
        Action::List { output } => {
            let now = Clock::system().now();
            let listed = with_accounts(settings, async |accounts| accounts.list_invitations().await).await?;
            output.print(&listed.map_err(DataError::from)?, |invitations| {
                let heading = ["ID", "ADDRESS", "STATE", "CREATED", "EXPIRES", "USED"];
                Table::new(heading, invitations.iter().map(|invitation| row(invitation, now)))
            })?;
        }
        Action::Withdraw { id } => {
            let withdrawn = with_accounts(settings, async |accounts| {
                accounts.withdraw_invitation(InvitationId(id), OPERATOR).await
            });
            withdrawn.await?.map_err(|error| DataError::of(error, || format!("invitation {id}")))?;
            println!("Withdrew the invitation {id}.");
        }
    }
    Ok(())
}

fn refused(error: account::Error, address: &str) -> DataError {
    match error {
        account::Error::SignUpClosed => {
            DataError::Invalid("registration is closed: MARBELLE_SIGN_UP is `closed`".into())
        }
        account::Error::Conflict(_) => DataError::Invalid(format!("{address} already has an account")),
        account::Error::RateLimited { .. } => {
            DataError::Invalid(format!("{address} has been sent as many invitations as an address may get in an hour"))
        }
        other => other.into(),
    }
}

fn row(invitation: &Invitation, now: Timestamp) -> [String; 6] {
    let state = match invitation {
        Invitation { used_at: Some(_), .. } => "used",
        Invitation { expires_at, .. } if *expires_at <= now => "expired",
        _ => "open",
    };
    [
        invitation.id.to_string(),
        invitation.email.as_str().to_owned(),
        state.to_owned(),
        invitation.created_at.to_string(),
        invitation.expires_at.to_string(),
        or_dash(invitation.used_at),
    ]
}
