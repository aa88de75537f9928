//! The OpenRPC document: complete, true, and the same everywhere.

use crate::support::{Call, Database, Node, Specification, marbelle, somebody, violations};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Methods of the contract.
const METHODS: [&str; 23] = [
    "auth.register",
    "auth.verify_email",
    "auth.resend_verification",
    "auth.login",
    "auth.refresh",
    "auth.logout",
    "session.authenticate",
    "session.current",
    "session.list",
    "session.revoke",
    "profile.get",
    "profile.update",
    "addresses.list",
    "addresses.get",
    "addresses.create",
    "addresses.update",
    "addresses.delete",
    "addresses.set_primary",
    "account.get",
    "account.changes",
    "account.subscribe",
    "account.unsubscribe",
    "rpc.discover",
];

/// What the contract names besides: if it is not described yet, it is not there either.
const OTHERS: [&str; 8] = [
    "account.event",
    "account.security_log",
    "auth.change_password",
    "auth.confirm_password_reset",
    "auth.request_password_reset",
    "profile.cancel_email_change",
    "profile.confirm_email_change",
    "profile.request_email_change",
];

const EVENTS: [&str; 5] = ["snapshot", "profile.changed", "addresses.changed", "sessions.changed", "session.revoked"];

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name} in {value:#}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

async fn printed() -> Value {
    let output = marbelle(&["openrpc"], &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn the_checked_in_document_is_the_printed_and_the_served_one() {
    let printed = printed().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rpc-spec.json");
    let checked_in = std::fs::read_to_string(path).expect("rpc-spec.json is checked in");
    let checked_in: Value = serde_json::from_str(&checked_in).expect("JSON");
    assert_eq!(checked_in, printed, "run `cargo run -- openrpc > rpc-spec.json`");
    let node = Node::start(Database::sqlite()).await;
    let served: Value = node.http().get("/openrpc.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(served, printed);
    assert_eq!(node.http().ok("rpc.discover", json!({})).await, printed);
    assert_eq!(node.ws().await.ok("rpc.discover", json!({})).await, printed);
}

#[tokio::test]
async fn it_describes_every_method_and_event_of_the_contract() {
    let document = printed().await;
    assert!(text(&document, "openrpc").starts_with("1.4"));
    assert!(text(&document["info"], "title").contains("Marbelle"));
    text(&document["info"], "version");
    let names: Vec<&str> = list(&document, "methods").iter().map(|method| text(method, "name")).collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "a method twice: {names:?}");
    for method in METHODS {
        assert!(unique.contains(method), "{method} is not described");
    }
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
    let events: BTreeSet<&str> = list(&document, "x-events").iter().map(|event| text(event, "name")).collect();
    assert_eq!(events, BTreeSet::from(EVENTS));
}

#[tokio::test]
async fn what_is_described_is_there_and_what_is_not_described_is_not() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let http = session.http(&node);
    for name in node.specification.methods() {
        // An unknown parameter: so that nothing happens.
        let error = http.call(name, json!({ "no_such_parameter": 1 })).await.expect_err(name);
        assert_ne!(error.code, -32601, "{name} is described but not there");
    }
    let described: BTreeSet<&str> = node.specification.methods().collect();
    for name in OTHERS.iter().filter(|name| !described.contains(**name)) {
        let error = http.call(name, json!({})).await.expect_err(name);
        assert_eq!(error.code, -32601, "{name} is there but not described");
    }
}

#[tokio::test]
async fn the_examples_keep_to_their_schemas() {
    let document = printed().await;
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

#[tokio::test]
async fn references_lead_somewhere_and_limits_are_stated() {
    let document = printed().await;
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
