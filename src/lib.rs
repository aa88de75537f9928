//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod account;
pub mod app;
pub mod cli;
pub mod crypto;
pub mod domain;
pub mod jobs;
pub mod limits;
pub mod live;
pub mod mail;
pub mod meters;
pub mod rpc;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod web;
