//! The OpenRPC document: `rpc-spec.json`, `rpc.discover`, `/openrpc.json`.

use super::{
    account,
    error::Kind,
    params::NoParams,
    rates::Rate,
    registry::{Access, Declared, Description, Effect, Registry},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, sync::LazyLock};

/// What every method may answer.
const ALWAYS: &[Kind] = &[Kind::InvalidParams, Kind::RateLimited, Kind::Internal, Kind::Unavailable];
/// What every method that needs a session may answer as well.
const WITH_SESSION: &[Kind] = &[Kind::Unauthenticated, Kind::SessionEnded];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut registry = Registry::new();
    super::declare(&mut registry);
    render(registry)
});

/// The document, made of the declared methods.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The document as a result.
#[derive(Clone, Serialize)]
#[serde(transparent)]
struct OpenRpc(&'static Value);

impl JsonSchema for OpenRpc {
    fn schema_name() -> Cow<'static, str> {
        "OpenRpc".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "an OpenRPC document (https://spec.open-rpc.org)" })
    }
}

/// Declares `rpc.discover`.
pub fn declare(registry: &mut Registry) {
    registry.public(
        "rpc.discover",
        Effect::Read,
        Description {
            summary: "This document.",
            rate: Rate::Calls,
            errors: &[],
            example: (json!({}), json!({ "openrpc": "1.4.0", "info": {}, "methods": [] })),
        },
        |_, _: NoParams| async { Ok(OpenRpc(document())) },
    );
}

fn render(mut registry: Registry) -> Value {
    let events = account::describe_events(&mut registry.generator);
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
