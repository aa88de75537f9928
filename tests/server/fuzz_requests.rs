//! The server survives and answers any input: random bytes, random JSON, and corrupted real calls, over the wire.
//! Inputs that once failed are kept in `tests/seeds` and are tried first.

use crate::support::{Call, Database, Http, Node, PASSWORD, Session};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner},
};
use serde_json::{Map, Value, json};
use std::path::Path;
use tokio_tungstenite::tungstenite::Message;

/// The file in which proptest keeps failed inputs, independent of the working directory.
const FAILURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/requests.txt");
/// Requests written by hand.
const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/requests");

fn runner(cases: u32) -> TestRunner {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FAILURES)) as _);
    TestRunner::new(Config { cases, max_shrink_iters: 200, failure_persistence, ..Config::default() })
}

/// Text that often breaks parsers, as likely as any other.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z@.]{0,12}",
        Just("\u{0}".to_owned()),
        Just("\u{202e}ﬃ\u{1f468}\u{200d}\u{1f469}\u{301}".to_owned()),
        Just("ann@example.test".to_owned()),
        Just("01890a5d-ac96-774b-bcce-b302099a8057".to_owned()),
        Just("' OR 1=1 --".to_owned()),
        Just("+49 151 1234567".to_owned()),
        (0_usize..5000).prop_map(|length| "ä".repeat(length)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        8 => text().prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6).prop_map(|pairs| Value::from(Map::from_iter(pairs))),
        ]
    })
}

/// A method, the names of its parameters, and those of the specification's example.
type Example = (String, Vec<String>, Map<String, Value>);

/// A call like the specification's example of a method, with some of its parameters replaced by anything.
fn call(examples: Vec<Example>) -> impl Strategy<Value = Value> {
    let anything = prop_oneof![6 => scalar().boxed(), 1 => json().boxed()];
    let replaced = prop::collection::vec((any::<prop::sample::Index>(), anything), 0..4);
    let (instead, more) = (prop::option::weighted(0.05, json()), prop::option::weighted(0.1, (text(), json())));
    (prop::sample::select(examples), replaced, instead, more).prop_map(
        |((method, names, mut params), replaced, instead, more)| {
            for (index, value) in replaced.into_iter().filter(|_| !names.is_empty()) {
                params.insert(names[index.index(names.len())].clone(), value);
            }
            params.extend(more);
            let params = instead.unwrap_or(params.into());
            // Not an id that a socket of the tests assigns to its own calls.
            json!({ "jsonrpc": "2.0", "id": "fuzz", "method": method, "params": params })
        },
    )
}

/// Asserts the state that every client must find after any request.
fn judge(status: u16, body: &Value) -> Result<(), TestCaseError> {
    prop_assert!([200, 400, 413, 415, 431].contains(&status), "HTTP {status}: {body}");
    let replies = body.as_array().map_or_else(|| vec![body.clone()], Clone::clone);
    for error in replies.iter().map(|reply| &reply["error"]).filter(|error| !error.is_null()) {
        prop_assert!(error["code"] != -32603 && error["data"]["kind"] != "internal", "a defect: {error}");
    }
    Ok(())
}

struct Target {
    node: Node,
    session: Session,
    http: Http,
    examples: Vec<Example>,
    runtime: tokio::runtime::Runtime,
}

impl Target {
    /// A node with somebody signed in, so that requests get past the check of the caller.
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (node, session) = runtime.block_on(async {
            let node = Node::on(Database::sqlite()).mail_to_files().start().await;
            let person = node.unverified("ann").await;
            let token = node.mail_folder().letter_to(&person.email).await.token();
            node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
            let session = person.sign_in(&node).await;
            (node, session)
        });
        let example = |method: &Value| -> Example {
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            let name = |param: &Value| param["name"].as_str().expect("a name").to_owned();
            let names: Vec<String> = list(&method["params"]).iter().map(name).collect();
            let given = list(&method["examples"][0]["params"]);
            let mut params: Map<String, Value> = given.iter().map(|p| (name(p), p["value"].clone())).collect();
            // Waits must not take 30 s.
            for (real, value) in [("wait_ms", json!(1)), ("current_password", json!(PASSWORD))] {
                params.extend(names.iter().any(|name| name == real).then(|| (real.to_owned(), value)));
            }
            (name(method), names, params)
        };
        let methods = node.specification.document["methods"].as_array().expect("methods");
        // Ending the session, or renewing its credentials, would keep later requests from passing the check.
        let ending = ["auth.logout", "auth.change_password", "session.revoke"];
        let lasting = methods.iter().filter(|m| !ending.iter().any(|name| m["name"] == *name));
        let examples = lasting.map(example).collect();
        let http = session.http(&node);
        Self { node, session, http, examples, runtime }
    }

    fn post(&self, body: impl Into<reqwest::Body>) -> Result<(), TestCaseError> {
        let (status, answer) = self.runtime.block_on(self.http.raw(body));
        judge(status.as_u16(), &answer)
    }

    /// The node is still the process that was started, and has not panicked.
    fn assert_well(&self) {
        self.runtime.block_on(async {
            self.http.ok("profile.get", json!({})).await;
            self.session.tab(&self.node).await.ok("account.get", json!({})).await;
        });
        let output = self.node.output();
        for word in ["panicked", "internal error", "overflow"] {
            let lines: Vec<&str> = output.lines().filter(|line| line.contains(word)).collect();
            assert!(lines.is_empty(), "{lines:#?}");
        }
    }
}

#[test]
fn seeds() {
    let target = Target::new();
    let mut tried = 0;
    for file in std::fs::read_dir(Path::new(SEEDS)).expect("seeds").flatten() {
        let body = std::fs::read(file.path()).expect("a seed");
        target.post(body).unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        tried += 1;
    }
    assert!(tried >= 10, "{tried} seeds");
    target.assert_well();
}

#[test]
fn bytes_and_json_over_http() {
    let target = Target::new();
    runner(300).run(&prop::collection::vec(any::<u8>(), 0..2000), |bytes| target.post(bytes)).unwrap();
    runner(300).run(&json(), |json| target.post(json.to_string())).unwrap();
    target.assert_well();
}

#[test]
fn mutated_calls_over_http() {
    let target = Target::new();
    let call = call(target.examples.clone());
    runner(2000).run(&call, |call| target.post(call.to_string())).unwrap();
    target.assert_well();
}

#[test]
fn batches_and_truncated_calls_over_http() {
    let target = Target::new();
    let calls =
        prop::collection::vec(prop_oneof![4 => call(target.examples.clone()).boxed(), 1 => json().boxed()], 0..8);
    runner(150).run(&calls, |calls| target.post(Value::from(calls).to_string())).unwrap();
    let cut = (call(target.examples.clone()), any::<prop::sample::Index>(), any::<u8>());
    runner(300)
        .run(&cut, |(call, place, byte)| {
            let mut bytes = call.to_string().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            target.post(bytes.clone())?;
            target.post(bytes[..place].to_vec())
        })
        .unwrap();
    target.assert_well();
}

#[test]
fn mutated_calls_over_a_socket() {
    let target = Target::new();
    let tab = target.runtime.block_on(target.session.tab(&target.node));
    let frames = prop_oneof![
        4 => call(target.examples.clone()).prop_map(|call| Message::text(call.to_string())).boxed(),
        1 => json().prop_map(|json| Message::text(json.to_string())).boxed(),
        1 => prop::collection::vec(any::<u8>(), 0..125).prop_map(|bytes| Message::Ping(bytes.into())).boxed(),
    ];
    let frames = prop::collection::vec(frames, 1..20);
    runner(60)
        .run(&frames, |frames| {
            let alive = target.runtime.block_on(async {
                frames.into_iter().for_each(|frame| tab.send_raw(frame));
                // Answered after earlier messages: calls wait for nothing, and the socket is still read.
                tab.attempt("session.current", json!({})).await
            });
            prop_assert!(matches!(alive, Some(Ok(_))), "{alive:?}");
            Ok(())
        })
        .unwrap();
    target.assert_well();
}
