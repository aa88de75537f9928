//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod cli;
pub mod crypto;
pub mod domain;
pub mod limits;
pub mod settings;
pub mod telemetry;
