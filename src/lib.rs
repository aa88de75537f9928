//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod account;
pub mod app;
pub mod cli;
pub mod crypto;
pub mod domain;
pub mod import;
pub mod jobs;
pub mod leases;
pub mod limits;
pub mod live;
pub mod mail;
pub mod meters;
pub mod methods;
pub mod notices;
pub mod outgoing;
pub mod providers;
pub mod rpc;
pub mod server;
pub mod settings;
pub mod sign_in;
pub mod store;
pub mod telemetry;
