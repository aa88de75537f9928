//! JSON-RPC 2.0 over HTTP and WebSocket on one port.
//!
//! A method is declared once, in the file of its noun, with [`registry::Registry`]: its name, what it
//! takes and answers, what it refuses, and an example. The declaration makes both the callback that
//! jsonrpsee calls and the entry of the OpenRPC document, so neither can miss the other.

mod account;
mod addresses;
mod auth;
mod cookie;
mod error;
mod examples;
mod guard;
mod guarded_io;
mod identify;
mod listener;
mod param_types;
mod params;
mod passwords;
mod profile;
mod rates;
mod registry;
mod server;
mod session;
mod sink;
mod sockets;
pub mod spec;
mod trace;
mod upgrade;

pub use cookie::CookieSettings;
pub use listener::reserve;
pub use params::Rules;
pub use rates::Rates;
pub use server::{Server, ServerSettings};

use crate::account::Accounts;
use registry::Registry;
use std::sync::Arc;

/// Every method, of every namespace.
fn declare(registry: &mut Registry) {
    auth::declare(registry);
    passwords::declare(registry);
    session::declare(registry);
    profile::declare(registry);
    addresses::declare(registry);
    account::declare(registry);
    spec::declare(registry);
}

/// What every method needs.
pub struct Context {
    /// The use-cases.
    pub accounts: Arc<Accounts>,
    /// What the parameters are held against.
    pub rules: Rules,
    /// How often calls may be made.
    pub rates: Arc<Rates>,
}
