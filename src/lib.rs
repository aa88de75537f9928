//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod domain;
pub mod mail;
pub mod settings;
pub mod store;
