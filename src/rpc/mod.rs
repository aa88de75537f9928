//! The JSON-RPC machine: it knows no socket and no method.
//!
//! A method is declared once, in [`crate::methods`] in the file of its noun, with [`registry::Registry`]: its name,
//! what it takes and answers, what it refuses, and an example. The declaration makes both the callback that
//! jsonrpsee calls and the entry of the OpenRPC document, so neither can miss the other.
//!
//! A message, by HTTP or over a WebSocket, is text: [`dispatch::Dispatcher`] reads it, calls what it names, and gives the
//! text of the answer.

mod allowances;
pub mod answer;
mod call;
pub mod dispatch;
pub mod error;
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

/// What every method needs.
pub struct Context {
    /// The use-cases.
    pub accounts: Arc<Accounts>,
    /// What the parameters are held against.
    pub rules: Rules,
    /// How often calls may be made.
    pub rates: Arc<Rates>,
}
