//! The command line.

use clap::{Parser, Subcommand, ValueEnum};

/// Accounts over JSON-RPC 2.0: sign-up, sessions, profile and addresses, pushed live to every open tab.
///
/// Settings are environment variables named MARBELLE_…, or the same in the TOML file that MARBELLE_CONFIG
/// names; `marbelle check-config` prints those in force. In development all of them have defaults.
///
/// Exit status: 0 after a clean stop, 2 for faulty settings or arguments, 1 for what fails later.
#[derive(Debug, Parser)]
#[command(name = "marbelle", version)]
pub struct Cli {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Subcommand)]
pub enum Command {
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
    /// For deployments that do so once before the nodes start; `serve` does it as well.
    Migrate,
    /// Renew the database's epoch and end all sessions: to be run after a restore.
    ///
    /// What a restored database holds open may have been ended, used or sent since the backup. Sessions end
    /// with the reason `restored`; links in letters that were mailed before are good no more, pending changes
    /// of e-mail are dropped, letters that wait are given up. Nodes may run; if it is cut short, run it again.
    NewEpoch,
    /// Disable, enable or delete an account.
    ///
    /// Through the account's log: its open sockets on running nodes are told why and closed.
    User {
        /// What to do with it.
        #[arg(value_enum)]
        action: UserAction,
        /// The account's e-mail address.
        email: String,
    },
    /// Print the OpenRPC specification of every method to standard output.
    ///
    /// Needs no settings.
    Openrpc,
}

/// What the operator can do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UserAction {
    /// End its sessions and let it sign in no more.
    Disable,
    /// Let it sign in again.
    Enable,
    /// End its sessions and delete everything that is its own.
    Delete,
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
        assert_eq!(command(&["openrpc"]), Command::Openrpc);
        assert_eq!(command(&["new-epoch"]), Command::NewEpoch);
    }
}
