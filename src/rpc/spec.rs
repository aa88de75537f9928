//! Renders the OpenRPC document (<https://spec.open-rpc.org>).

use super::{
    error::Kind,
    registry::{Access, Declared, MethodSchemas, Registry},
    titles::{Taken, entitle, pascal},
};
use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
    transform::{ReplacePrefixItems, ReplaceUnevaluatedProperties},
};
use serde_json::{Map, Value, json};

/// Errors of every method.
const ALWAYS: &[Kind] = &[Kind::InvalidParams, Kind::RateLimited, Kind::Internal, Kind::Unavailable];
/// Further errors of every method that needs a session.
const WITH_SESSION: &[Kind] = &[Kind::Unauthenticated, Kind::SessionEnded];
/// Further errors of every method that needs a proven session.
const WITH_PROOF: &[Kind] = &[Kind::Unauthenticated, Kind::SessionEnded, Kind::ProofRequired];

/// Further errors of every method of service keys.
const WITH_KEY: &[Kind] = &[Kind::Unauthenticated, Kind::Forbidden];

/// A kind of event, for the document.
pub struct DescribedEvent {
    /// Its stable name.
    pub name: &'static str,
    /// One line.
    pub description: &'static str,
    /// The schema of the event, which is the `result` of the notification.
    pub schema: Value,
    /// A whole notification.
    pub example: Value,
}

/// The generator of a document's schemas.
pub fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft07().with(|s| {
        s.definitions_path = "/components/schemas".into();
        s.meta_schema = None;
        // An answer has every field, also those that are `null`.
        s.contract = Contract::Serialize;
        // Keeps the description beside a reference: validators of draft 7 ignore it, whereas generators would make
        // a separate type of each `allOf` around a reference.
        s.transforms = vec![Box::<ReplaceUnevaluatedProperties>::default(), Box::<ReplacePrefixItems>::default()];
    });
    settings.into_generator()
}

/// Renders the document of the declared methods and of the events that are pushed, whose schemas `generator` has made.
pub fn render(
    description: &str,
    registry: &Registry,
    events: Vec<DescribedEvent>,
    mut generator: SchemaGenerator,
) -> Value {
    let taken = Taken::by_methods(registry.methods.iter().map(|method| method.name));
    let methods: Vec<Value> =
        registry.methods.iter().map(|declared| method(declared, &mut generator, &taken)).collect();
    let errors: Map<String, Value> = Kind::ALL.iter().map(|kind| (kind.name().to_owned(), error(*kind))).collect();
    let schemas = schemas(&mut generator, &taken);
    json!({
        "openrpc": "1.4.0",
        "info": {
            "title": "Marbelle Accounts",
            "version": env!("CARGO_PKG_VERSION"),
            "description": description,
            "license": { "name": "MIT" },
        },
        "methods": methods,
        "x-events": events.into_iter().map(event).collect::<Vec<_>>(),
        "components": { "schemas": schemas, "errors": errors },
    })
}

/// The schemas that methods and events refer to, and one for the data of each kind of error.
fn schemas(generator: &mut SchemaGenerator, taken: &Taken) -> Map<String, Value> {
    let errors: Vec<_> =
        Kind::ALL.iter().map(|kind| (kind.schema_name().into(), kind.data_schema(generator))).collect();
    let mut schemas = generator.take_definitions(true);
    schemas.extend(errors);
    for (name, schema) in &mut schemas {
        entitle(schema, name, taken);
    }
    schemas
}

fn method(method: &Declared, generator: &mut SchemaGenerator, taken: &Taken) -> Value {
    let MethodSchemas { params, mut result } = (method.schemas)(generator);
    let of_access = match method.access {
        Access::Public => &[],
        Access::Session => WITH_SESSION,
        Access::Proven => WITH_PROOF,
        Access::Service(_) => WITH_KEY,
    };
    let own = method.description.errors.iter().filter(|kind| !of_access.contains(kind));
    let errors: Vec<Value> = own
        .chain(of_access)
        .chain(ALWAYS)
        .map(|kind| json!({ "$ref": format!("#/components/errors/{}", kind.name()) }))
        .collect();
    let (example_params, example_result) = (method.description.example)();
    let example: Vec<Value> = example_params
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let title = pascal(method.name);
    entitle(&mut result, &format!("{title}Result"), taken);
    let mut described = json!({
        "name": method.name,
        "summary": method.description.summary,
        "paramStructure": "by-name",
        "params": titled(params, &title, taken),
        "result": { "name": "result", "schema": result },
        "errors": errors,
        "examples": [{
            "name": method.name, "params": example, "result": { "name": "result", "value": example_result },
        }],
    });
    match method.access {
        Access::Service(scopes) => described["x-scopes"] = json!(scopes),
        access => {
            described["x-session"] = json!(access != Access::Public);
            described["x-proof"] = json!(access == Access::Proven);
        }
    }
    described
}

/// The parameters with titles, required ones first: generated functions take them in this order.
fn titled(mut params: Vec<Value>, title: &str, taken: &Taken) -> Vec<Value> {
    params.sort_by_key(|param| param["required"] != true);
    for param in &mut params {
        let title = format!("{title}{}", pascal(param["name"].as_str().unwrap_or_default()));
        entitle(&mut param["schema"], &title, taken);
        if param["description"] == "" {
            param.as_object_mut().map(|param| param.remove("description"));
        }
    }
    params
}

fn event(event: DescribedEvent) -> Value {
    json!({
        "name": event.name,
        "description": event.description,
        "schema": event.schema,
        "examples": [event.example],
    })
}

/// `data` names the kind and refers to the schema of its data.
fn error(kind: Kind) -> Value {
    json!({
        "code": kind.code(),
        "message": kind.message(),
        "data": { "kind": kind.name(), "$ref": format!("#/components/schemas/{}", kind.schema_name()) },
    })
}
