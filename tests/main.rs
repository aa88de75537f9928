//! The promises of the wire contract, shown on the built binary through real sockets.

mod addresses;
mod bad_input;
mod changes;
mod crash;
mod feed;
mod profile;
mod racing_addresses;
mod racing_writers;
mod revocation;
mod sessions;
mod sign_in;
mod sign_up;
mod slow_readers;
mod support;
mod tokens;
mod two_nodes;
