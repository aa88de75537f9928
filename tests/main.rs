//! The promises of the wire contract, shown on the built binary through real sockets.

mod support;
