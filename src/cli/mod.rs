//! The command line: one file per noun.

mod arguments;
mod backup;
mod database;
mod env_file;
mod export;
mod import;
mod invitation;
mod key;
mod mail;
mod new_user;
mod stats;
mod table;
mod user;
mod user_table;
mod webhook;

use crate::{app, methods, settings::Settings, telemetry};
use clap::{Parser, Subcommand};
use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use tokio::runtime::Runtime;

/// The exit status for invalid settings and, by clap's convention, invalid arguments.
const FAULTY_SETTINGS: u8 = 2;

/// Accounts over JSON-RPC 2.0: sign-up, sessions, profile and addresses, pushed live to every open tab.
///
/// Settings are environment variables named MARBELLE_…, or entries of the TOML file that MARBELLE_CONFIG names;
/// `marbelle check-config` prints the effective ones. In development all of them have defaults.
///
/// Exit status: 0 after a clean stop, 2 for invalid settings or arguments, 1 for later failures.
#[derive(Debug, Parser)]
#[command(name = "marbelle", version)]
pub struct Cli {
    /// Read environment variables from FILE, in the format of systemd's EnvironmentFile.
    ///
    /// Its variables override those of the shell, so that a command can use the settings of a service: `marbelle
    /// --env-file /etc/marbelle/environment user disable ann@example.org`.
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The command; `serve` by default.
    #[command(subcommand)]
    command: Option<Command>,
}

/// The commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Subcommand)]
enum Command {
    /// Run the server (the default command).
    ///
    /// Brings the database up to date first. Stops cleanly at SIGINT or SIGTERM: calls in flight are answered.
    #[default]
    Serve,
    /// Print the effective settings with secrets redacted, or every fault in them.
    ///
    /// Creates and changes nothing, neither folders nor keys.
    CheckConfig,
    /// Bring the database up to date, and exit.
    ///
    /// Creates the database if there is none. For deployments that migrate once before the nodes start; `serve`
    /// migrates as well.
    Migrate,
    /// Renew the database's epoch and end all sessions: run this after restoring a backup.
    ///
    /// Sessions and tokens in a restored database may have been ended, used or sent since the backup. Sessions end with
    /// the reason `restored`, links in earlier letters become invalid, pending changes of e-mail addresses are dropped,
    /// and waiting letters are given up. Nodes may run; if it is interrupted, run it again.
    NewEpoch,
    /// Find, show, create, change and delete accounts.
    ///
    /// Changes are recorded in the account's log: running nodes push them to its open sockets, at once with a message
    /// bus, otherwise by their sweep.
    #[command(subcommand)]
    User(user::Action),
    /// Invite somebody to register; list and withdraw invitations.
    #[command(subcommand)]
    Invitation(invitation::Action),
    /// Create, list and revoke the keys that other services and operators' tools call with.
    #[command(subcommand)]
    Key(key::Action),
    /// Create, list and test webhooks, and see the outcome of their deliveries.
    #[command(subcommand)]
    Webhook(webhook::Action),
    /// Import accounts from another system.
    #[command(subcommand)]
    Import(import::Source),
    /// Export all accounts for another system, or another database.
    #[command(subcommand)]
    Export(export::Form),
    /// Write a copy of the SQLite database to a new file, while the server runs.
    ///
    /// Only its owner can read the copy; its integrity is checked.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// List letters and try them again; test the mail settings.
    #[command(subcommand)]
    Mail(mail::Action),
    /// Print the number of accounts, registrations and waiting letters.
    Stats {
        #[command(flatten)]
        output: table::Output,
    },
    /// Print the OpenRPC specification of all methods to standard output.
    ///
    /// Needs no settings.
    Openrpc {
        /// Print the specification of the methods of service keys.
        #[arg(long)]
        service: bool,
    },
}

impl Cli {
    /// Runs the command and returns the exit status; failures are printed to standard error.
    #[expect(clippy::print_stderr, reason = "there is no log before the settings are known, nor after the end")]
    pub fn run(self) -> ExitCode {
        if let Some(file) = &self.env_file {
            eprintln!("marbelle: {}", env_file::start_again(file));
            return ExitCode::from(FAULTY_SETTINGS);
        }
        let done = match self.command.unwrap_or_default() {
            Command::Openrpc { service } => print_specification(service),
            command => match Settings::load(environment()) {
                Ok(settings) => command.run(settings),
                Err(faults) => {
                    eprint!("{faults}");
                    return ExitCode::from(FAULTY_SETTINGS);
                }
            },
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("marbelle: {error}");
                let mut next = error.source();
                while let Some(cause) = next {
                    eprintln!("  because: {cause}");
                    next = cause.source();
                }
                ExitCode::FAILURE
            }
        }
    }
}

impl Command {
    #[expect(
        clippy::print_stderr,
        reason = "standard output has only the settings, in the notation in which they can be set"
    )]
    fn run(self, settings: Settings) -> Result<(), Box<dyn Error>> {
        if self == Self::CheckConfig {
            for notice in &settings.notices {
                eprintln!("Note: {notice}");
            }
            return Ok(io::stdout().write_all(settings.redacted().as_bytes())?);
        }
        // Dropped last, when the runtime has ended and nothing is logged any more.
        let _log = telemetry::init(&settings)?;
        for notice in &settings.notices {
            tracing::warn!("{notice}");
        }
        // The only TLS provider of every client in the process. It fails only if one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Runtime::new()?.block_on(async {
            match self {
                Self::Migrate => app::migrate(&settings).await?,
                Self::NewEpoch => database::new_epoch(&settings).await?,
                Self::User(action) => user::run(action, &settings).await?,
                Self::Invitation(action) => invitation::run(action, &settings).await?,
                Self::Key(action) => key::run(action, &settings).await?,
                Self::Webhook(action) => webhook::run(action, &settings).await?,
                Self::Mail(action) => mail::run(action, &settings).await?,
                Self::Stats { output } => stats::run(output, &settings).await?,
                Self::Import(source) => import::run(source, &settings).await?,
                Self::Export(form) => export::run(form, &settings).await?,
                Self::Backup { file } => backup::run(&file, &settings).await?,
                Self::Serve | Self::CheckConfig | Self::Openrpc { .. } => app::serve(settings).await?,
            }
            Ok(())
        })
    }
}

fn print_specification(service: bool) -> Result<(), Box<dyn Error>> {
    let document = if service { methods::service::document() } else { methods::document() };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    Ok(writeln!(out)?)
}

/// The environment as text. Invalid Unicode is replaced instead of dropped, so that a corrupt setting is refused
/// instead of ignored.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn command(arguments: &[&str]) -> Command {
        Cli::parse_from([&["marbelle"], arguments].concat()).command.unwrap_or_default()
    }

    #[test]
    fn serve_is_the_default_command() {
        Cli::command().debug_assert();
        assert_eq!(command(&[]), Command::Serve);
        assert_eq!(command(&["serve"]), Command::Serve);
        assert_eq!(command(&["check-config"]), Command::CheckConfig);
        assert_eq!(command(&["migrate"]), Command::Migrate);
        assert_eq!(command(&["openrpc"]), Command::Openrpc { service: false });
        assert_eq!(command(&["openrpc", "--service"]), Command::Openrpc { service: true });
        assert_eq!(command(&["new-epoch"]), Command::NewEpoch);
        assert_eq!(command(&["--env-file", "x", "migrate"]), Command::Migrate);
        assert_eq!(command(&["migrate", "--env-file=x"]), Command::Migrate);
    }
}
