//! The methods, one file per namespace: their parameters, results and errors, and the use-cases that they call.

mod account;
mod addresses;
mod auth;
mod deletion;
mod discover;
mod events;
mod examples;
mod export;
mod options;
mod passkey_params;
mod passkeys;
mod passwords;
mod profile;
mod providers;
mod second_factor;
pub mod service;
mod session;
mod sign_in;
mod sign_in_methods;
mod sign_up;

pub use export::Export;

use crate::rpc::{registry::Registry, spec};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use std::sync::LazyLock;

const ABOUT: &str = "Accounts over JSON-RPC 2.0: HTTP (POST) and WebSocket on /rpc. Parameters go by name.";

static DOCUMENT_TEXT: LazyLock<Box<RawValue>> =
    LazyLock::new(|| to_raw_value(&document()).expect("a JSON value has a JSON form"));

/// Declares every method, of every namespace.
pub fn declare(registry: &mut Registry) {
    sign_up::declare(registry);
    auth::declare(registry);
    second_factor::declare(registry);
    passwords::declare(registry);
    session::declare(registry);
    profile::declare(registry);
    addresses::declare(registry);
    account::declare(registry);
    export::declare(registry);
    deletion::declare(registry);
    passkeys::declare_ceremonies(registry);
    passkeys::declare(registry);
    providers::declare_sign_in(registry);
    providers::declare(registry);
    sign_in_methods::declare(registry);
    options::declare(registry);
    discover::declare(registry);
}

/// The OpenRPC document of the declared methods: `rpc-spec.json`.
pub fn document() -> Value {
    let mut registry = Registry::default();
    declare(&mut registry);
    let mut generator = spec::generator();
    let events = events::describe(&mut generator);
    spec::render(ABOUT, &registry, events, generator)
}

/// The same as text, for `rpc.discover` and `/openrpc.json`: rendered when it is first asked for.
pub fn document_text() -> &'static RawValue {
    &DOCUMENT_TEXT
}
