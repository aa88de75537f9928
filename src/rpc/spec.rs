//! Renders the OpenRPC document (<https://spec.open-rpc.org>).

use super::{
    error::Kind,
    registry::{Access, Declared, Registry},
};
use serde_json::{Map, Value, json};

/// What every method may answer.
const ALWAYS: &[Kind] = &[Kind::InvalidParams, Kind::RateLimited, Kind::Internal, Kind::Unavailable];
/// What every method that needs a session may answer as well.
const WITH_SESSION: &[Kind] = &[Kind::Unauthenticated, Kind::SessionEnded];

/// Renders the document of the declared methods and of the events of the feed.
pub fn render(mut registry: Registry, events: Vec<Value>) -> Value {
    let methods: Vec<Value> = registry.methods.iter().map(method).collect();
    let schemas = registry.generator.take_definitions(true);
    let errors: Map<String, Value> = Kind::ALL.iter().map(|kind| (kind.name().to_owned(), error(*kind))).collect();
    json!({
        "openrpc": "1.4.0",
        "info": {
            "title": "Marbelle Accounts",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Accounts over JSON-RPC 2.0: HTTP (POST) and WebSocket on /rpc. Parameters go by name.",
            "license": { "name": "MIT" },
        },
        "methods": methods,
        "x-events": events,
        "components": { "schemas": schemas, "errors": errors },
    })
}

fn method(method: &Declared) -> Value {
    let with_session = if method.access == Access::Session { WITH_SESSION } else { &[] };
    let errors: Vec<Value> = method
        .description
        .errors
        .iter()
        .chain(with_session)
        .chain(ALWAYS)
        .map(|kind| json!({ "$ref": format!("#/components/errors/{}", kind.name()) }))
        .collect();
    let (params, result) = &method.description.example;
    let example: Vec<Value> =
        params.as_object().into_iter().flatten().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "name": method.name,
        "summary": method.description.summary,
        "paramStructure": "by-name",
        "params": method.params,
        "result": { "name": "result", "schema": method.result },
        "errors": errors,
        "examples": [{ "name": method.name, "params": example, "result": { "name": "result", "value": result } }],
        "x-session": method.access == Access::Session,
    })
}

fn error(kind: Kind) -> Value {
    json!({ "code": kind.code(), "message": kind.message(), "data": { "kind": kind.name() } })
}
