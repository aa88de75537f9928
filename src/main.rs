//! The `marbelle` binary.

use clap::Parser;
use marbelle::cli::Cli;
use rustix::{fs::Mode, process::umask};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Whatever the process creates is its owner's alone: databases, logs, letters, exports.
    umask(Mode::RWXG | Mode::RWXO);
    Cli::parse().run()
}
