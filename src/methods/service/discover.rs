//! `rpc.discover` for service keys.

use super::document_text;
use crate::{
    domain::service_key::ServiceKey,
    methods::discover::discover,
    rpc::{
        error::Kind,
        params::NoParams,
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use serde_json::json;

/// Declares `rpc.discover`.
pub fn declare(registry: &mut Registry) {
    registry.service(
        "rpc.discover",
        &[],
        Effect::Read,
        Description {
            summary: "This document.",
            rate: Rate::Discover,
            errors: &[Kind::Forbidden],
            example: || (json!({}), json!({ "openrpc": "1.4.0", "info": {}, "methods": [] })),
        },
        |call: Call, _: ServiceKey, _: NoParams| async move { discover(&call, document_text) },
    );
}
