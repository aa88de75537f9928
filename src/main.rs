//! The `marbelle` binary.

use clap::Parser;
use marbelle::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
