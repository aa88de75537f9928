//! `rpc.discover`.

use super::document;
use crate::rpc::{
    params::NoParams,
    rates::Rate,
    registry::{Description, Effect, Registry},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

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
