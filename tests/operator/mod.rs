//! Settings and the command line.

mod fuzz_settings;
mod production;
mod settings;
mod user_commands;
