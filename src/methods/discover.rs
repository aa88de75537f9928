//! `rpc.discover`.

use super::document_text;
use crate::{
    account::Error,
    rpc::{
        error::Kind,
        params::NoParams,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use std::borrow::Cow;

/// The document as a result.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct OpenRpc(&'static RawValue);

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
            rate: Rate::Discover,
            errors: &[Kind::Forbidden],
            example: || (json!({}), json!({ "openrpc": "1.4.0", "info": {}, "methods": [] })),
        },
        |call: Call, _: NoParams| async move { discover(&call, document_text) },
    );
}

/// Answers `rpc.discover` with this document.
pub(super) fn discover(call: &Call, document: fn() -> &'static RawValue) -> Result<OpenRpc, Error> {
    if call.in_batch {
        // Fifty copies of it would make an answer of five megabytes.
        return Err(Error::Forbidden("rpc.discover cannot be part of a batch"));
    }
    Ok(OpenRpc(document()))
}
