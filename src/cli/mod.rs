//! The command line: one file a noun.

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

/// Exit status for settings (and, by clap's convention, arguments) that cannot be used.
const FAULTY_SETTINGS: u8 = 2;

/// Accounts over JSON-RPC 2.0: sign-up, sessions, profile and addresses, pushed live to every open tab.
///
/// Settings are environment variables named MARBELLE_…, or the same in the TOML file that MARBELLE_CONFIG
/// names; `marbelle check-config` prints those in force. In development all of them have defaults.
///
/// Exit status: 0 after a clean stop, 2 for faulty settings or arguments, 1 for what fails later.
#[derive(Debug, Parser)]
#[command(name = "marbelle", version)]
pub struct Cli {
    /// Read environment variables from FILE, which is written like an EnvironmentFile of systemd.
    ///
    /// Its variables go before those of the shell. So a command works with the settings of a service:
    /// `marbelle --env-file /etc/marbelle/environment user disable ann@example.org`.
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the binary can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Subcommand)]
enum Command {
    /// Run the server (also what `marbelle` alone does).
    ///
    /// Brings the database up to date first. Stops cleanly at SIGINT or SIGTERM: calls in flight are answered.
    #[default]
    Serve,
    /// Print the settings in force, secrets redacted, or every fault in them.
    ///
    /// Makes and changes nothing: neither folders nor keys.
    CheckConfig,
    /// Bring the database up to date, and exit.
    ///
    /// Makes it if there is none. For deployments that do so once before the nodes start; `serve` does it as well.
    Migrate,
    /// Renew the database's epoch and end all sessions: to be run after a restore.
    ///
    /// What a restored database holds open may have been ended, used or sent since the backup. Sessions end
    /// with the reason `restored`; links in letters that were mailed before are good no more, pending changes
    /// of e-mail are dropped, letters that wait are given up. Nodes may run; if it is cut short, run it again.
    NewEpoch,
    /// Find, show, make, change and delete accounts.
    ///
    /// A change goes through the account's log: its open sockets on running nodes are told, at once where there is a
    /// message bus, else by their sweep.
    #[command(subcommand)]
    User(user::Action),
    /// Invite somebody to register; list and withdraw invitations.
    #[command(subcommand)]
    Invitation(invitation::Action),
    /// Make, list and revoke the keys that other services and operators' tools call with.
    #[command(subcommand)]
    Key(key::Action),
    /// Make, list and try webhooks, and see what became of what they are sent.
    #[command(subcommand)]
    Webhook(webhook::Action),
    /// Bring accounts from another system.
    #[command(subcommand)]
    Import(import::Source),
    /// Write all accounts for another system, or another database.
    #[command(subcommand)]
    Export(export::Form),
    /// Write a copy of the SQLite database to a new file, while the server runs.
    ///
    /// Readable by its owner alone; it is looked at whether it is whole.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// List letters and try them again; try the way that they take.
    #[command(subcommand)]
    Mail(mail::Action),
    /// Print how many accounts, registrations and waiting letters there are.
    Stats {
        #[command(flatten)]
        output: table::Output,
    },
    /// Print the OpenRPC specification of every method to standard output.
    ///
    /// Needs no settings.
    Openrpc {
        /// That of the methods of service keys.
        #[arg(long)]
        service: bool,
    },
}

impl Cli {
    /// Runs the command and gives the exit status; what fails is told on standard error.
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
        reason = "standard output has the settings alone, in the form in which they can be set"
    )]
    fn run(self, settings: Settings) -> Result<(), Box<dyn Error>> {
        if self == Self::CheckConfig {
            for notice in &settings.notices {
                eprintln!("Note: {notice}");
            }
            return Ok(io::stdout().write_all(settings.redacted().as_bytes())?);
        }
        // Dropped last, when the runtime has ended and nobody logs any more.
        let _log = telemetry::init(&settings)?;
        for notice in &settings.notices {
            tracing::warn!("{notice}");
        }
        // The one TLS provider of every client in the process; an error only says that there is one already.
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
    serde_json::to_writer_pretty(&mut out, document)?;
    Ok(writeln!(out)?)
}

/// The environment as text. What is not Unicode in it is replaced rather than dropped, so that a setting
/// spoilt that way is refused instead of overlooked.
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
    fn serving_is_what_is_done_unless_something_else_is_said() {
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
