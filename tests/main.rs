//! The promises of docs/protocol.md, tested on the built binary through real sockets.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is wrong stops where it is wrong"
)]

mod account;
mod addresses;
mod architecture;
mod cluster;
mod database;
mod feed;
mod import;
mod mail;
mod operator;
mod origin_defects;
mod outgoing;
mod profile;
mod secrets;
mod server;
mod service;
mod sessions;
mod sign_in;
mod support;
