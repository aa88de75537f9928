//! `marbelle key`: the keys of other services and of operators' tools.

use super::{
    database::{DataError, read, with_accounts},
    table::{Output, Table, or_dash},
};
use crate::{
    account::{NewKey, Operator},
    domain::{
        ids::KeyId,
        service_key::{KeyName, Scope, Scopes, ServiceKey},
        time::{Clock, Timestamp},
    },
    settings::Settings,
};
use clap::Subcommand;
use serde_json::json;
use std::{error::Error, time::Duration};
use uuid::Uuid;

/// The action.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// Create a key and print its secret, which is shown only once.
    ///
    /// Standard output has only the secret (with --json also the key), so that a script can store it.
    Create {
        /// The name of the key in security logs and in the audit log.
        name: String,
        /// A scope of the key. Repeat it, or separate scopes by commas.
        #[arg(
            long = "scope",
            required = true,
            value_delimiter = ',',
            value_parser = clap::builder::PossibleValuesParser::new(Scope::NAMES)
        )]
        scopes: Vec<String>,
        /// Time until the key expires, such as 90d or 12h; without it the key does not expire.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
        #[command(flatten)]
        output: Output,
    },
    /// List all keys, newest first, including revoked and expired ones.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// End a key and its open sockets at once.
    Revoke {
        /// The key's id, as `key list` prints it.
        id: Uuid,
    },
}

/// Runs the action.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Create { name, scopes, expires, output } => {
            let name = read("the name", KeyName::parse(&name))?;
            let scopes = scopes.iter().filter_map(|scope| Scope::from_name(scope));
            let scopes = read("--scope", Scopes::new(scopes))?;
            let (key, secret) = with_accounts(settings, async |accounts| {
                let expires_at = expires.map(|span| accounts.clock.now().after(span));
                accounts.create_key(NewKey { name, scopes, expires_at }, Operator::CommandLine).await
            })
            .await?
            .map_err(DataError::from)?;
            if output.is_json() {
                output.print(&json!({ "key": key, "secret": secret.expose() }), |_| "")?;
                return Ok(());
            }
            let until = key.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
            eprintln!("Created the key {} {:?} for {}{until}.", key.id, key.name.as_str(), key.scopes);
            eprintln!("Its secret is shown only once:");
            println!("{}", secret.expose());
        }
        Action::List { output } => {
            let now = Clock::system().now();
            let keys = with_accounts(settings, async |accounts| accounts.list_keys().await).await?;
            output.print(&keys.map_err(DataError::from)?, |keys| {
                let heading = ["ID", "NAME", "STATE", "SCOPES", "CREATED", "EXPIRES", "LAST USED"];
                Table::new(heading, keys.iter().map(|key| row(key, now)))
            })?;
        }
        Action::Revoke { id } => {
            let revoked =
                with_accounts(settings, async |accounts| accounts.revoke_key(KeyId(id), Operator::CommandLine).await)
                    .await?;
            revoked.map_err(|error| DataError::of(error, || format!("key {id}")))?;
        }
    }
    Ok(())
}

fn row(key: &ServiceKey, now: Timestamp) -> [String; 7] {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at <= now => "expired",
        _ => "active",
    };
    [
        key.id.to_string(),
        key.name.to_string(),
        state.to_owned(),
        key.scopes.to_string(),
        key.created_at.to_string(),
        or_dash(key.expires_at),
        or_dash(key.last_used_at),
    ]
}
