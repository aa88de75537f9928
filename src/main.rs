//! The `marbelle` binary: arguments, settings, run.

use clap::Parser;
use marbelle::{
    app,
    cli::{Cli, Command},
    methods,
    settings::Settings,
    telemetry,
};
use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};
use tokio::runtime::Runtime;

/// For settings (and, by clap's convention, arguments) that cannot be used.
const FAULTY_SETTINGS: u8 = 2;

#[expect(clippy::print_stderr, reason = "there is no log before the settings are known, nor after the end")]
fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or_default();
    let done = match command {
        Command::Openrpc => print_specification(),
        command => match Settings::load(environment()) {
            Ok(settings) => run(command, settings),
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

fn run(command: Command, settings: Settings) -> Result<(), Box<dyn Error>> {
    if command == Command::CheckConfig {
        return Ok(io::stdout().write_all(settings.redacted().as_bytes())?);
    }
    // Dropped last, when the runtime has ended and nobody logs any more.
    let _log = telemetry::init(&settings)?;
    // The one TLS provider of every client in the process; an error only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new()?;
    match command {
        Command::Migrate => runtime.block_on(app::migrate(&settings))?,
        Command::NewEpoch => runtime.block_on(app::new_epoch(&settings))?,
        Command::User { action, email } => runtime.block_on(app::change_user(&settings, action, &email))?,
        _ => runtime.block_on(app::serve(settings))?,
    }
    Ok(())
}

fn print_specification() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &methods::document())?;
    Ok(writeln!(out)?)
}

/// The environment as text. What is not Unicode in it is replaced rather than dropped, so that a setting
/// spoilt that way is refused instead of overlooked.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}
