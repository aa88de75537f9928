//! Marbelle Accounts: the library behind the `marbelle` binary.

pub mod domain;
