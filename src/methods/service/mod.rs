//! The methods of service keys, one file per namespace (docs/protocol.md, "Service keys").

mod audit;
mod discover;
mod examples;
mod invitations;
mod keys;
mod mails;
mod outgoing_events;
mod revocations;
mod tokens;
mod user_changes;
mod users;
mod webhooks;

use crate::rpc::{registry::Registry, spec};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use std::sync::LazyLock;

const ABOUT: &str = "Accounts for other services and for operators, over JSON-RPC 2.0: HTTP (POST) and WebSocket on \
     /service/rpc, by service key. Parameters go by name.";

static DOCUMENT_TEXT: LazyLock<Box<RawValue>> =
    LazyLock::new(|| to_raw_value(&document()).expect("a JSON value has a JSON form"));

/// Declares every method of service keys.
pub fn declare(registry: &mut Registry) {
    users::declare(registry);
    user_changes::declare(registry);
    invitations::declare(registry);
    mails::declare(registry);
    keys::declare(registry);
    audit::declare(registry);
    tokens::declare(registry);
    revocations::declare(registry);
    webhooks::declare(registry);
    discover::declare(registry);
}

/// The OpenRPC document of these methods: `service-spec.json`.
pub fn document() -> Value {
    let mut registry = Registry::default();
    declare(&mut registry);
    let mut generator = spec::generator();
    let events = vec![revocations::describe(&mut generator)];
    let outgoing = outgoing_events::describe(&mut generator);
    let mut document = spec::render(ABOUT, &registry, events, generator);
    document["x-outgoing-events"] = outgoing.into();
    document
}

/// The same as text, for `rpc.discover` and `/service/openrpc.json`: rendered when it is first asked for.
pub fn document_text() -> &'static RawValue {
    &DOCUMENT_TEXT
}
