//! `/service/rpc`: what other services and operators do by service key, and by the command line.

mod audit;
mod door;
mod invitations;
mod keys;
mod mails;
mod revocations;
mod tokens;
mod user_changes;
mod users;
