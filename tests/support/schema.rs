//! Checks every answer and event of the tests against the OpenRPC document that the server serves.

use super::{
    process::marbelle,
    reply::{Reply, RpcError},
};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::OnceCell;

/// The document with its compiled schemas.
pub struct Specification {
    pub document: Value,
    methods: HashMap<String, Method>,
    events: Vec<(String, Validator)>,
    /// By kind.
    errors: HashMap<String, KnownError>,
}

struct KnownError {
    code: i64,
    data: Validator,
}

struct Method {
    result: Option<Validator>,
    /// The kinds of errors that it may return.
    errors: Vec<String>,
}

/// The document's name for the resolution of `$ref`s.
const BASE: &str = "json-schema:///openrpc";

impl Specification {
    /// The document of the first node of this process, compiled once.
    pub async fn of(base: &str) -> Arc<Self> {
        static SPECIFICATION: OnceCell<Arc<Specification>> = OnceCell::const_new();
        let load = || async {
            let document: Value = reqwest::get(format!("{base}/openrpc.json"))
                .await
                .expect("/openrpc.json answers")
                .json()
                .await
                .expect("/openrpc.json is JSON");
            Arc::new(Self::compile(document))
        };
        SPECIFICATION.get_or_init(load).await.clone()
    }

    /// The document of the methods of service keys.
    pub async fn of_service() -> Arc<Self> {
        static SPECIFICATION: OnceCell<Arc<Specification>> = OnceCell::const_new();
        let load = || async {
            let output = marbelle(&["openrpc", "--service"], &[]).await;
            Arc::new(Self::compile(serde_json::from_slice(&output.stdout).expect("JSON")))
        };
        SPECIFICATION.get_or_init(load).await.clone()
    }

    /// The faults of an outgoing event, by the schema of its type.
    pub fn wrong_with_outgoing(&self, event: &Value) -> Vec<String> {
        let events = self.document["x-outgoing-events"].as_array().expect("events in the document");
        let at = events.iter().position(|described| described["name"] == event["type"]);
        let at = at.unwrap_or_else(|| panic!("the document has no {}", event["type"]));
        violations(&self.validator(&format!("/x-outgoing-events/{at}/schema")), event)
    }

    pub fn compile(document: Value) -> Self {
        let list = |name: &str| document[name].as_array().unwrap_or_else(|| panic!("no {name} in the document"));
        let methods = list("methods").iter().enumerate().map(|(i, method)| {
            let name = method["name"].as_str().expect("a method has a name").to_owned();
            // The result of rpc.discover is described by a schema of another site.
            let result = (name != "rpc.discover").then(|| validator(&document, &format!("/methods/{i}/result/schema")));
            let errors = method["errors"].as_array().into_iter().flatten().map(kind_of).collect();
            (name, Method { result, errors })
        });
        let events = list("x-events").iter().enumerate().map(|(i, event)| {
            let name = event["name"].as_str().expect("an event has a name").to_owned();
            (name, validator(&document, &format!("/x-events/{i}/schema")))
        });
        let errors = document["components"]["errors"].as_object().expect("errors in the document");
        let errors = errors.iter().map(|(kind, error)| {
            let code = error["code"].as_i64().unwrap_or_else(|| panic!("an error without a code: {error}"));
            assert_eq!(error["data"]["kind"], *kind, "{error}");
            let data = validator(&document, &format!("/components/errors/{kind}/data"));
            (kind.clone(), KnownError { code, data })
        });
        let (methods, events, errors) = (methods.collect(), events.collect(), errors.collect());
        Self { methods, events, errors, document }
    }

    /// Panics if the reply of `method` does not match the document.
    pub fn check_reply(&self, method: &str, reply: &Reply) {
        let known = self.methods.get(method);
        match reply {
            Ok(result) => {
                let known = known.unwrap_or_else(|| panic!("{method} succeeds but is not in the specification"));
                if let Some(validator) = &known.result {
                    let wrong = violations(validator, result);
                    assert!(wrong.is_empty(), "the result of {method} breaks its schema: {wrong:#?}\n{result:#}");
                }
            }
            Err(error) => self.check_error(method, known, error),
        }
    }

    fn check_error(&self, method: &str, known: Option<&Method>, error: &RpcError) {
        if error.kind.is_empty() {
            let own = (-32700..=-32000).contains(&error.code) && error.code != -32602 && error.code != -32603;
            assert!(own, "{method} answers an error without data.kind: {error:?}");
            return;
        }
        let Some(described) = self.errors.get(&error.kind) else {
            panic!("{method} answers a kind of error that is not in the specification: {error:?}")
        };
        assert_eq!(described.code, error.code, "{method} answers an error with the code of another: {error:?}");
        let wrong = violations(&described.data, &error.data);
        assert!(wrong.is_empty(), "the data of an error of {method} breaks its schema: {wrong:#?}\n{error:?}");
        let Some(known) = known else { panic!("{method} is not in the specification but answers {error:?}") };
        assert!(known.errors.contains(&error.kind), "{method} does not list {}: {:?}", error.kind, known.errors);
    }

    /// Panics if the `result` of an `account.event` does not match the document.
    pub fn check_event(&self, event: &Value) {
        let kind = event["type"].as_str().unwrap_or_else(|| panic!("an event without type: {event}"));
        let known = self.events.iter().find(|(name, _)| name == kind);
        let (_, validator) = known.unwrap_or_else(|| panic!("the event {kind} is not in the specification: {event}"));
        let wrong = violations(validator, event);
        assert!(wrong.is_empty(), "the event {kind} breaks its schema: {wrong:#?}\n{event:#}");
    }

    /// The names of the methods.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.keys().map(String::as_str)
    }

    /// A validator for the schema at this place of the document.
    pub fn validator(&self, pointer: &str) -> Validator {
        validator(&self.document, pointer)
    }
}

/// The faults of `instance` by the schema, each with its place.
pub fn violations(validator: &Validator, instance: &Value) -> Vec<String> {
    validator.iter_errors(instance).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// The schema at `pointer`, which may refer to any other place of the document.
fn validator(document: &Value, pointer: &str) -> Validator {
    assert!(document.pointer(pointer).is_some(), "nothing at {pointer} of the document");
    let fragment = pointer.replace('%', "%25").replace(' ', "%20");
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_resource(BASE, Draft::Draft7.create_resource(document.clone()))
        .should_validate_formats(true)
        .build(&json!({ "$ref": format!("{BASE}#{fragment}") }))
        .unwrap_or_else(|e| panic!("the schema at {pointer} does not compile: {e}"))
}

/// The kind that a method's reference to an error names.
fn kind_of(reference: &Value) -> String {
    let reference = reference["$ref"].as_str().unwrap_or_else(|| panic!("no reference to an error: {reference}"));
    let kind = reference.strip_prefix("#/components/errors/");
    kind.unwrap_or_else(|| panic!("{reference} is no error of the document")).to_owned()
}
