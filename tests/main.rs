//! The promises of the wire contract, shown on the built binary through real sockets.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is wrong stops where it is wrong"
)]

mod addresses;
mod architecture;
mod bad_input;
mod bus_disorder;
mod bus_outage;
mod changes;
mod crash;
mod database_crash;
mod feed;
mod mail;
mod mail_workers;
mod node_death;
mod outage;
mod plain_http;
mod profile;
mod racing_addresses;
mod racing_writers;
mod retention;
mod revocation;
mod secrets;
mod sessions;
mod settings;
mod shutdown;
mod sign_in;
mod sign_up;
mod slow_readers;
mod specification;
mod support;
mod three_nodes;
mod tokens;
mod two_nodes;
