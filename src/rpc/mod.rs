//! JSON-RPC, independent of sockets and of the methods.
//!
//! A method is declared once, in [`crate::methods`] in the file of its noun, with [`registry::Registry`]: its name,
//! parameters, result, errors, and an example. The declaration makes both the callback that jsonrpsee calls and the
//! entry of the OpenRPC document, so the two always agree.
//!
//! A message, over HTTP or a WebSocket, is text: [`dispatch::Dispatcher`] parses it, calls the method, and returns the
//! text of the answer.

mod allowances;
pub mod answer;
mod call;
pub mod dispatch;
pub mod error;
mod handler;
pub mod http_call;
pub mod param_types;
pub mod params;
pub mod rates;
pub mod registry;
pub mod request;
pub mod source;
pub mod spec;
pub mod subscription;
pub mod titles;
pub mod trace;

pub use params::Rules;
pub use rates::{RateSettings, Rates};

use crate::account::Accounts;
use std::sync::Arc;

/// The state that every method needs.
pub struct Context {
    /// The use-cases.
    pub accounts: Arc<Accounts>,
    /// The settings that parameters are checked against.
    pub rules: Rules,
    /// The rate limits of calls.
    pub rates: Arc<Rates>,
}
