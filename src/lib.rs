//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod account;
pub mod crypto;
pub mod domain;
pub mod limits;
pub mod live;
pub mod settings;
pub mod store;
