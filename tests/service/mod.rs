//! `/service/rpc`: what other services and operators do by service key, and by the command line.

mod door;
mod keys;
mod revocations;
mod tokens;
