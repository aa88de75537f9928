//! The tables of `docs/protocol.md` and `docs/settings.md` match the specification and the settings.

use crate::support::marbelle;
use marbelle::limits;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

fn page(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The rows of the tables in a section, without the heads: the text of each cell.
fn rows(page: &str, section: &str) -> Vec<Vec<String>> {
    let heading = format!("\n## {section}\n");
    let (_, text) = page.split_once(&heading).unwrap_or_else(|| panic!("no section {section}"));
    let text = text.split("\n## ").next().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("| ---");
    let is_body =
        |i: usize| lines[i].starts_with('|') && !is_rule(lines[i]) && !lines.get(i + 1).is_some_and(|l| is_rule(l));
    let rows = (0..lines.len()).filter(|i| is_body(*i)).map(|i| {
        let cells = lines[i].trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    assert!(!rows.is_empty(), "no table in the section {section}");
    rows
}

/// The texts in backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

async fn specification() -> Value {
    printed(&["openrpc"]).await
}

async fn printed(command: &[&str]) -> Value {
    let output = marbelle(command, &[]).await;
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name} in {value:#}"))
}

/// `Profile`, `[Session]` or `boolean`: a schema as the page names it.
fn result_name(schema: &Value) -> String {
    let reference = |schema: &Value| schema["$ref"].as_str()?.rsplit('/').next().map(str::to_owned);
    reference(schema)
        .or_else(|| Some(format!("[{}]", reference(&schema["items"])?)))
        .or_else(|| schema["type"].as_str().map(str::to_owned))
        .unwrap_or_else(|| panic!("a result that the page does not name: {schema:#}"))
}

/// The parameters of a method as the pages name them.
fn params_of(method: &Value) -> String {
    let params: Vec<String> = list(method, "params")
        .iter()
        .map(|param| {
            let mark = if param["required"] == true { "" } else { "?" };
            format!("`{}{mark}`", param["name"].as_str().expect("a name"))
        })
        .collect();
    params.join(" ")
}

/// The same of docs/service.md, with the scopes.
#[tokio::test]
async fn the_methods_of_services_are_those_of_their_specification() {
    let document = printed(&["openrpc", "--service"]).await;
    let expected: BTreeSet<String> = list(&document, "methods")
        .iter()
        .map(|method| {
            let scopes: Vec<String> =
                list(method, "x-scopes").iter().map(|s| s.to_string().replace('"', "`")).collect();
            let (name, result) = (method["name"].as_str().expect("a name"), result_name(&method["result"]["schema"]));
            format!("`{name}` | {} | {} | `{result}`", scopes.join(" "), params_of(method))
        })
        .collect();
    let page = page("service.md");
    let rows = rows(&page, "Methods of services");
    let described: BTreeSet<String> = rows.iter().map(|row| row[..4].join(" | ")).collect();
    let missing: Vec<_> = expected.difference(&described).collect();
    let wrong: Vec<_> = described.difference(&expected).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "docs/service.md lacks {missing:#?}\nand has {wrong:#?}");
    assert_eq!(rows.len(), expected.len(), "a method twice");
}

/// The page has every method and no other, each with its parameters, its result and what it needs.
#[tokio::test]
async fn the_methods_are_those_of_the_specification() {
    let document = specification().await;
    let expected: BTreeSet<String> = list(&document, "methods")
        .iter()
        .map(|method| {
            let session = match (&method["x-session"], &method["x-proof"]) {
                (_, Value::Bool(true)) => "proof",
                (Value::Bool(true), _) => "session",
                _ => "",
            };
            let (name, result) = (method["name"].as_str().expect("a name"), result_name(&method["result"]["schema"]));
            format!("`{name}` | {session} | {} | `{result}`", params_of(method))
        })
        .collect();
    let page = page("protocol.md");
    let described: BTreeSet<String> = rows(&page, "Methods")
        .iter()
        .map(|row| {
            let session = ["proof", "session"].into_iter().find(|need| row[1].contains(need)).unwrap_or_default();
            format!("{} | {session} | {} | {}", row[0], row[2], row[3])
        })
        .collect();
    let missing: Vec<_> = expected.difference(&described).collect();
    let wrong: Vec<_> = described.difference(&expected).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "docs/protocol.md lacks {missing:#?}\nand has {wrong:#?}");
    assert_eq!(rows(&page, "Methods").len(), expected.len(), "a method twice");
}

#[tokio::test]
async fn the_events_are_those_of_the_specification() {
    let document = specification().await;
    let schemas = &document["components"]["schemas"];
    let expected: BTreeSet<(String, String)> = list(&document, "x-events")
        .iter()
        .map(|event| {
            let name = result_name(&event["schema"]);
            let data = result_name(&schemas[&name]["properties"]["data"]);
            (event["name"].as_str().expect("a name").to_owned(), data)
        })
        .collect();
    let page = page("protocol.md");
    let described: BTreeSet<(String, String)> = rows(&page, "Events")
        .iter()
        .map(|row| (quoted(&row[0])[0].to_owned(), quoted(&row[1])[0].to_owned()))
        .collect();
    assert_eq!(described, expected);
}

/// Code, kind, and the names of the other fields in `data`; and the rules that a parameter can break.
#[tokio::test]
async fn the_errors_are_those_of_the_specification() {
    let document = specification().await;
    let schemas = &document["components"]["schemas"];
    let expected: BTreeSet<(String, String, BTreeSet<String>)> = document["components"]["errors"]
        .as_object()
        .expect("errors")
        .iter()
        .map(|(kind, error)| {
            let fields = schemas[result_name(&error["data"])]["properties"].as_object().expect("properties");
            let fields = fields.keys().filter(|name| *name != "kind").cloned().collect();
            (error["code"].to_string(), kind.clone(), fields)
        })
        .collect();
    let page = page("protocol.md");
    let described: BTreeSet<(String, String, BTreeSet<String>)> = rows(&page, "Errors")
        .iter()
        .map(|row| {
            let fields = quoted(&row[2]).into_iter().map(str::to_owned).collect();
            (row[0].clone(), quoted(&row[1])[0].to_owned(), fields)
        })
        .collect();
    assert_eq!(described, expected);

    let (_, rules) = page.split_once("\nThe rules of `invalid_params`:").expect("the rules");
    let rules: Vec<&str> = quoted(rules.split("\n\n").next().unwrap_or_default());
    let names = list(&schemas["Rule"], "enum").iter().map(|name| name.as_str().expect("a name"));
    assert_eq!(rules, names.collect::<Vec<_>>());
}

#[test]
fn the_limits_are_those_of_the_source() {
    let expected =
        [limits::MESSAGE_BYTES, limits::BATCH_ENTRIES, limits::CALLS_IN_FLIGHT, limits::PASSWORD_MAX_CHARACTERS];
    let described: Vec<usize> =
        rows(&page("protocol.md"), "Limits").iter().map(|row| row[1].parse().expect("a number")).collect();
    assert_eq!(described, expected);
}

/// The codes of Close frames that the source names.
#[test]
fn the_close_codes_are_those_of_the_source() {
    fn sources(folder: &Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push_str(&std::fs::read_to_string(&path).expect("a file of text"));
            }
        }
    }
    let mut text = String::new();
    for folder in ["src/live", "src/server"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut text);
    }
    let code = |rest: &str| rest.get(..4).filter(|code| code.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
    let named = ["Close { code: ", ": u16 = "].iter().flat_map(|before| text.split(before).skip(1)).filter_map(code);
    let page = page("protocol.md");
    let described = rows(&page, "Transport").into_iter().map(|row| row[0].clone()).filter_map(|cell| code(&cell));
    assert_eq!(described.collect::<BTreeSet<_>>(), named.collect::<BTreeSet<_>>());
}

/// Every setting has a row, and the defaults of limits and spans of time are those in force.
#[tokio::test]
async fn the_settings_are_those_in_force() {
    let output = marbelle(&["check-config"], &[]).await;
    let printed = String::from_utf8(output.stdout).expect("text");
    let in_force: BTreeMap<&str, &str> = printed
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, _)| name.starts_with("MARBELLE_"))
        .collect();
    let page = page("settings.md");
    let sections = ["Environment", "Keys and tokens", "Limits", "Lifetimes", "Password hashing"];
    let rows = sections.iter().flat_map(|section| rows(&page, section));
    // Those of providers have names that the operator chooses.
    let has_one_name = |row: &Vec<String>| row[0].starts_with("`MARBELLE_") && !row[0].contains("<NAME>");
    let rows: Vec<Vec<String>> = rows.filter(has_one_name).collect();
    let described: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(described, in_force.keys().copied().collect::<BTreeSet<_>>());
    let span = |text: &str| humantime::parse_duration(text).ok();
    for row in
        rows.iter().filter(|row| ["_LIMITS__", "_LIFETIMES__", "_ARGON2__"].iter().any(|part| row[0].contains(part)))
    {
        let name = quoted(&row[0])[0];
        let (documented, value) = (row[1].trim_matches('`'), in_force[name]);
        let same =
            documented == value || span(documented).is_some_and(|documented: Duration| span(value) == Some(documented));
        assert!(same, "{name} is {value}, and docs/settings.md says {documented}");
    }
}
