//! `/service/rpc`: the actions of other services and operators by service key, and by the command line.

mod audit;
mod endpoint;
mod invitations;
mod keys;
mod mails;
mod revocations;
mod tokens;
mod user_changes;
mod users;
