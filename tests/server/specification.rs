//! The OpenRPC document: complete, correct, and the same everywhere. Its methods, events and errors are compared with
//! docs/protocol.md in `protocol.rs`.

use crate::support::{Call, Database, Node, Specification, marbelle, somebody, violations};
use jsonschema::Draft;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name} in {value:#}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

/// That of `/rpc`, and that of `/service/rpc`.
async fn documents() -> [Value; 2] {
    [printed(&["openrpc"]).await, printed(&["openrpc", "--service"]).await]
}

async fn printed(command: &[&str]) -> Value {
    let output = marbelle(command, &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn checked_in(name: &str) -> Value {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{name} is not checked in"));
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn the_checked_in_documents_are_the_printed_and_the_served_ones() {
    let [public, service] = documents().await;
    assert_eq!(checked_in("rpc-spec.json"), public, "run `cargo run -- openrpc > rpc-spec.json`");
    assert_eq!(checked_in("service-spec.json"), service, "run `cargo run -- openrpc --service > service-spec.json`");
    let node = Node::start(Database::sqlite()).await;
    let served = async |path| node.http().get(path).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(served("/openrpc.json").await, public);
    assert_eq!(node.http().ok("rpc.discover", json!({})).await, public);
    assert_eq!(node.ws().await.ok("rpc.discover", json!({})).await, public);
    assert_eq!(served("/service/openrpc.json").await, service);
    let endpoint = node.service_endpoint().await;
    let key = endpoint.key("audit").await;
    assert_eq!(endpoint.http(&key).ok("rpc.discover", json!({})).await, service);
    assert_eq!(endpoint.ws(&key).await.ok("rpc.discover", json!({})).await, service);
}

#[tokio::test]
async fn every_method_declares_parameters_result_and_errors() {
    for document in documents().await {
        assert!(text(&document, "openrpc").starts_with("1.4"));
        assert!(text(&document["info"], "title").contains("Marbelle"));
        text(&document["info"], "version");
        let names: Vec<&str> = list(&document, "methods").iter().map(|method| text(method, "name")).collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "a method twice: {names:?}");
        for method in list(&document, "methods") {
            text(method, "summary");
            assert_eq!(method["paramStructure"], "by-name");
            assert!(method["result"]["schema"].is_object(), "{method:#}");
            assert!(!list(method, "errors").is_empty(), "{method:#}");
            for param in list(method, "params") {
                text(param, "name");
                assert!(param["schema"].is_object(), "{param:#}");
            }
        }
    }
}

#[tokio::test]
async fn every_described_method_exists() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let http = session.http(&node);
    for name in node.specification.methods() {
        // An unknown parameter, so that the call has no effect.
        let error = http.call(name, json!({ "no_such_parameter": 1 })).await.expect_err(name);
        assert_ne!(error.code, -32601, "{name} is described but not there");
    }
    let error = http.call("account.event", json!({})).await.expect_err("a notification is no method");
    assert_eq!(error.code, -32601);
}

#[tokio::test]
async fn the_examples_match_their_schemas() {
    for document in documents().await {
        let specification = Specification::compile(document.clone());
        for (i, method) in list(&document, "methods").iter().enumerate() {
            let (name, params) = (text(method, "name"), list(method, "params"));
            let examples = list(method, "examples");
            assert!(!examples.is_empty(), "{name} has no example");
            for example in examples {
                let given = list(example, "params");
                for value in given {
                    let at = params.iter().position(|param| param["name"] == value["name"]);
                    let at = at.unwrap_or_else(|| panic!("{name} has an example of an unknown parameter: {value}"));
                    let validator = specification.validator(&format!("/methods/{i}/params/{at}/schema"));
                    let wrong = violations(&validator, &value["value"]);
                    assert!(wrong.is_empty(), "{name} {value}: {wrong:?}");
                }
                let order: Vec<bool> = params.iter().map(|param| param["required"] == true).collect();
                assert!(order.is_sorted_by(|a, b| a >= b), "{name} has a required parameter after an optional one");
                for required in params.iter().filter(|param| param["required"] == true) {
                    assert!(given.iter().any(|value| value["name"] == required["name"]), "{name} lacks {required}");
                }
                if name != "rpc.discover" {
                    let validator = specification.validator(&format!("/methods/{i}/result/schema"));
                    let wrong = violations(&validator, &example["result"]["value"]);
                    assert!(wrong.is_empty(), "{name}: {wrong:?}\n{example:#}");
                }
            }
        }
    }
}

/// An event's example is a whole notification, by the schema of the event and by that of the notification.
#[tokio::test]
async fn the_events_have_examples_in_their_envelope() {
    let [document, _] = documents().await;
    let specification = Specification::compile(document.clone());
    let envelope = specification.validator("/components/schemas/AccountEvent");
    for (i, event) in list(&document, "x-events").iter().enumerate() {
        text(event, "description");
        let examples = list(event, "examples");
        assert!(!examples.is_empty(), "{event:#}");
        for example in examples {
            let wrong = violations(&envelope, example);
            assert!(wrong.is_empty(), "{wrong:?}\n{example:#}");
            assert_eq!(example["params"]["result"]["type"], event["name"]);
            let validator = specification.validator(&format!("/x-events/{i}/schema"));
            let wrong = violations(&validator, &example["params"]["result"]);
            assert!(wrong.is_empty(), "{wrong:?}\n{example:#}");
        }
    }
    let mut without_data = list(&document, "x-events")[0]["examples"][0].clone();
    without_data["params"]["result"]["data"].take();
    assert!(!envelope.is_valid(&without_data), "the envelope accepts anything");
}

#[tokio::test]
async fn each_kind_of_error_has_a_schema_of_its_data() {
    for document in documents().await {
        let specification = Specification::compile(document.clone());
        let errors = document["components"]["errors"].as_object().expect("errors");
        let mut schemas = BTreeSet::new();
        for (kind, error) in errors {
            assert!(schemas.insert(text(&error["data"], "$ref")), "{kind} shares a schema");
            let data = specification.validator(&format!("/components/errors/{kind}/data"));
            assert!(!data.is_valid(&json!({ "kind": "another" })), "{kind} takes any kind");
            assert!(!data.is_valid(&json!({})), "{kind} needs no kind");
        }
        let bare = |kind: &str| {
            let data = specification.validator(&format!("/components/errors/{kind}/data"));
            data.is_valid(&json!({ "kind": kind }))
        };
        assert!(bare("not_found") && !bare("rate_limited") && !bare("invalid_params") && !bare("stale_revision"));
    }
}

/// Generators of code name their types by the titles.
#[tokio::test]
async fn every_schema_has_a_title_and_no_two_share_one() {
    fn titles(place: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(object) if object.contains_key("$ref") => {}
            Value::Object(object) => {
                let title = text(value, "title").to_owned();
                if title != "Null"
                    && let Some(other) = found.insert(title, place.to_owned())
                {
                    panic!("{place} has the title of {other}");
                }
                for (name, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    titles(&format!("{place}/{name}"), property, found);
                }
                for keyword in ["items", "additionalProperties"] {
                    object.get(keyword).into_iter().for_each(|v| titles(&format!("{place}/{keyword}"), v, found));
                }
                for keyword in ["allOf", "anyOf", "oneOf"] {
                    let options = object.get(keyword).and_then(Value::as_array).into_iter().flatten();
                    options
                        .enumerate()
                        .for_each(|(i, option)| titles(&format!("{place}/{keyword}/{i}"), option, found));
                }
            }
            _ => panic!("{place} is no schema"),
        }
    }
    for document in documents().await {
        // The name that a generator gives to the type of a method.
        let mut found: BTreeMap<String, String> = list(&document, "methods")
            .iter()
            .map(|method| text(method, "name"))
            .map(|name| (pascal(name), format!("the method {name}")))
            .collect();
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            assert_eq!(schema["title"], *name);
            titles(name, schema, &mut found);
        }
        for method in list(&document, "methods") {
            let name = text(method, "name");
            for param in list(method, "params") {
                titles(&format!("{name} {}", text(param, "name")), &param["schema"], &mut found);
            }
            titles(name, &method["result"]["schema"], &mut found);
        }
    }
}

/// `profile.get` as `ProfileGet`.
fn pascal(name: &str) -> String {
    let words = name.split(['.', '_']);
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// By OpenRPC's own schema of its documents: a copy of that of npm's @open-rpc/spec 1.4.1 (Apache-2.0), whose
/// schema of JSON schemas is that of draft 7 under a name of its own.
#[tokio::test]
async fn it_is_an_openrpc_document() {
    const DRAFT_7: &str = "http://json-schema.org/draft-07/schema#";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/openrpc/1.4.json");
    let schema = std::fs::read_to_string(path)
        .expect("the schema")
        .replace("https://meta.json-schema.tools/#/definitions/JSONSchemaObject/", &format!("{DRAFT_7}/"))
        .replace("https://meta.json-schema.tools/", DRAFT_7)
        .replace("https://meta.json-schema.tools", DRAFT_7);
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::options().with_draft(Draft::Draft7).build(&schema).expect("a schema");
    for document in documents().await {
        let wrong = violations(&validator, &document);
        assert!(wrong.is_empty(), "{wrong:#?}");
        let mut without_params = document;
        without_params["methods"][0].as_object_mut().expect("a method").remove("params");
        assert!(!validator.is_valid(&without_params), "the schema accepts anything");
    }
}

/// The document is usable without this repository.
#[tokio::test]
async fn it_refers_to_no_other_document() {
    let text = documents().await.map(|document| document.to_string()).concat();
    assert!(!text.contains('§') && !text.contains("docs/"), "a reference to a page that the reader may not have");
}

#[tokio::test]
async fn references_resolve_and_limits_are_stated() {
    let [document, _] = documents().await;
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads to another document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }

    let specification = Specification::compile(document.clone());
    let param = |method: &str, name: &str| {
        let methods = list(&document, "methods");
        let i = methods.iter().position(|m| m["name"] == method).expect("the method");
        let at = list(&methods[i], "params").iter().position(|p| p["name"] == name).expect("the parameter");
        (
            specification.validator(&format!("/methods/{i}/params/{at}/schema")),
            methods[i]["params"][at]["required"] == true,
        )
    };
    let limits = [
        ("addresses.create", "label", json!("x".repeat(50)), json!("x".repeat(51)), true),
        ("addresses.create", "address_line_2", json!("x".repeat(255)), json!("x".repeat(256)), false),
        ("profile.update", "first_name", json!("x".repeat(100)), json!("x".repeat(101)), false),
        ("profile.update", "locale", json!("de"), json!("fr"), false),
        ("auth.register", "email", json!("ann@example.org"), json!(format!("ann@{}.org", "x".repeat(260))), true),
        ("account.changes", "limit", json!(500), json!(501), false),
        ("account.changes", "wait_ms", json!(30_000), json!(30_001), false),
        ("auth.logout", "scope", json!("others"), json!("none"), false),
    ];
    for (method, name, good, bad, required) in limits {
        let (validator, is_required) = param(method, name);
        assert!(validator.is_valid(&good), "{method} {name} {good}");
        assert!(!validator.is_valid(&bad), "{method} {name} has no limit");
        assert_eq!(is_required, required, "{method} {name}");
    }
}
