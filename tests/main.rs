//! The promises of the wire contract, shown on the built binary through real sockets.

mod sessions;
mod sign_in;
mod sign_up;
mod support;
