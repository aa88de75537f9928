//! Settings and the command line.

mod commands;
mod fuzz_settings;
mod listener;
mod metrics_listener;
mod production;
mod service_manager;
mod settings;
mod user_commands;
