//! Invalid input of every kind: a typed answer, never an internal error, never a crash.

use crate::support::{Call, Database, Node, RpcError, Session, address, both_databases, somebody};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// The node still does its work and has not panicked.
async fn assert_well(node: &Node, session: &Session) {
    session.http(node).ok("profile.get", json!({})).await;
    assert!(!node.output().contains("panicked"), "{}", node.output());
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_default() // 0 is none
}

fn call(id: u32, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Invalid requests, with the code that JSON-RPC 2.0 gives them.
fn no_requests() -> Vec<(String, i64)> {
    let mut bad = vec![
        (r#"{"jsonrpc":"2.0","id":1,"method":"#.to_owned(), -32700),
        ("nonsense".to_owned(), -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"profile.get",}"#.to_owned(), -32700),
        ("[]".to_owned(), -32600),
        (r#"{"id":1,"method":"profile.get"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"profile.get"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#.to_owned(), -32600),
    ];
    for unknown in ["no.such", "", "profile", "PROFILE.GET", "rpc.other", "__proto__", "profile.get\u{0}"] {
        bad.push((call(1, unknown, json!({})).to_string(), -32601));
    }
    bad
}

both_databases! {
    async fn invalid_requests_are_answered_as_json_rpc_specifies(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for (body, expected) in no_requests() {
            let (_, answer) = http.raw(body.clone()).await;
            let answered = code(&answer);
            // A parser may report anything but an object as invalid JSON.
            assert!(answered == expected || (expected == -32600 && answered == -32700), "{body}: {answer}");
        }
        let tab = session.tab(&node).await;
        for (body, expected) in no_requests() {
            tab.send_raw(Message::text(body.clone().replace("\"id\":1", "\"id\":777")));
            let answered = code(&tab.next_other().await);
            assert!(answered == expected || (expected == -32600 && answered == -32700), "{body}: {answered}");
        }
        assert_well(&node, &session).await;
    }

    async fn parameters_are_passed_by_name(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for params in [json!(["Anne"]), json!([null]), json!([{ "first_name": "Anne" }])] {
            http.invalid(&[("params", &["type"])], "profile.update", params).await;
        }
        for (method, params) in [("profile.get", json!({ "verbose": true })), ("auth.logout", json!({ "Scope": "local" }))] {
            let name = params.as_object().unwrap().keys().next().unwrap().clone();
            http.invalid(&[(&name, &["unknown"])], method, params).await;
        }
        for params in [json!({}), Value::Null, json!([])] {
            http.ok("profile.get", params).await; // absent or empty
        }
        http.invalid(&[("email", &["required"]), ("password", &["required"])], "auth.login", json!([])).await;
        assert_well(&node, &session).await;
    }

    async fn a_call_without_id_is_not_executed(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let edit = json!({ "jsonrpc": "2.0", "method": "profile.update", "params": { "first_name": "Mallory" } });
        let logout = json!({ "jsonrpc": "2.0", "method": "auth.logout" });
        http.raw(edit.to_string()).await;
        http.raw(json!([edit, logout]).to_string()).await;
        let tab = session.tab(&node).await;
        tab.send_raw(Message::text(edit.to_string()));
        tab.send_raw(Message::text(logout.to_string()));
        assert_eq!(tab.ok("profile.get", json!({})).await["first_name"], "Ann");
        let state = http.ok("account.get", json!({})).await;
        assert_eq!(state["revision"], 1);
    }

    async fn an_id_is_a_string_a_number_or_null_and_is_echoed_as_written(database: Database) {
        let (node, _, session) = somebody(database).await;
        let (http, tab) = (session.http(&node), session.tab(&node).await);
        let edit = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"profile.update","params":{{"locale":"en"}}}}"#);
        for id in ["-3", "1.50", "1e400", "18446744073709551616", "null", r#""""#, r#""\u00e4""#] {
            let body = async |body: String| {
                let response = http.post().header("content-type", "application/json").body(body).send().await;
                response.unwrap().text().await.unwrap()
            };
            let (single, batch) = (body(edit(id)).await, body(format!("[{}]", edit(id))).await);
            for answer in [&single, batch.trim_start_matches('[')] {
                assert!(answer.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"#)), "{id}: {answer}");
            }
            // The reader of the tab only knows the ids that it has assigned, and passes on other messages.
            if serde_json::from_str::<Value>(id).is_ok() {
                tab.send_raw(Message::text(edit(id)));
                assert!(tab.next_other().await["result"].is_object());
            }
        }
        for id in ["true", "{}", "[]", "[1]"] {
            let refused = |answer: &Value| assert_eq!((code(answer), &answer["id"]), (-32600, &Value::Null), "{id}: {answer}");
            let edit = edit(id).replace("\"en\"", "\"de\"");
            refused(&http.raw(edit.clone()).await.1);
            let (_, batch) = http.raw(format!("[{edit},{edit}]")).await;
            assert_eq!(batch.as_array().map(Vec::len), Some(2), "no hole in a batch: {batch}");
            batch.as_array().unwrap().iter().for_each(refused);
            tab.send_raw(Message::text(edit));
            refused(&tab.next_other().await);
        }
        assert_eq!(http.ok("profile.get", json!({})).await["locale"], "en");
        assert_well(&node, &session).await;
    }

    async fn every_parameter_of_every_method_refuses_other_types(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let home = http.ok("addresses.create", address("Home")).await;
        let deep = (0..60).fold(json!(0), |inner, _| json!([inner]));
        let bad = [
            json!(null), json!(true), json!(-1), json!(1.5), json!(1e300), json!(u64::MAX), json!(""), json!("\u{0}"),
            json!("a\u{202e}b\u{2028}\n"), json!("x".repeat(20_000)), json!("' OR 1=1 --"), json!("%00../{{7*7}}<script>"),
            json!("\u{fffd}\u{1F468}\u{200d}\u{1F469}"), json!([]), json!({}), json!({ "$ne": null }), deep,
        ];
        let methods = node.specification.document["methods"].as_array().unwrap().clone();
        for method in &methods {
            let name = method["name"].as_str().unwrap();
            for param in method["params"].as_array().unwrap() {
                for value in &bad {
                    let mut params = json!({ "address_id": home["id"], "since": 0 });
                    let known = |p: &str| method["params"].as_array().unwrap().iter().any(|m| m["name"] == p);
                    params.as_object_mut().unwrap().retain(|p, _| known(p));
                    params[param["name"].as_str().unwrap()] = value.clone();
                    let client = match name {
                        // Some of these are a logout, or a new password.
                        "auth.logout" | "auth.change_password" => node.signed_in("bob").await.1.http(&node),
                        _ => http.clone(),
                    };
                    if let Err(error) = client.call(name, params.clone()).await {
                        assert_ne!(error.kind, "internal", "{name} {params}: {error:?}");
                        assert_ne!(error.kind, "unavailable", "{name} {params}: {error:?}");
                    }
                }
            }
        }
        assert_well(&node, &session).await;
    }

    async fn no_answer_has_data_of_another_user(database: Database) {
        let (node, _, mallorys) = somebody(database).await;
        let (bob, bobs) = node.signed_in("bob").await;
        let lair = bobs.http(&node).ok("addresses.create", address("Secret lair")).await;
        let http = mallorys.http(&node);
        let refused: [(&str, Value); 7] = [
            ("addresses.get", json!({ "address_id": lair["id"] })),
            ("addresses.update", json!({ "address_id": lair["id"], "city": "Mallory" })),
            ("addresses.delete", json!({ "address_id": lair["id"] })),
            ("addresses.set_primary", json!({ "address_id": lair["id"] })),
            ("session.revoke", json!({ "session_id": bobs.id })),
            ("addresses.get", json!({ "address_id": bobs.id })),
            ("session.revoke", json!({ "session_id": bobs.sign_in["profile"]["id"] })),
        ];
        for (method, params) in refused {
            let error: RpcError = http.refused("not_found", method, params).await;
            let shown = format!("{error:?}");
            assert!(!shown.contains("lair") && !shown.contains(&bob.email), "{shown}");
        }
        let own = format!(
            "{}{}{}",
            http.ok("account.get", json!({})).await,
            http.ok("account.changes", json!({ "since": 0 })).await,
            http.ok("session.list", json!({})).await
        );
        assert!(!own.contains("lair") && !own.contains(&bob.email) && !own.contains(&bobs.id), "{own}");
        assert_eq!(bobs.http(&node).ok("addresses.list", json!({})).await, json!([lair]));
    }

    async fn messages_that_are_too_large_or_too_deep_are_refused(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let (status, answer) = http.raw(call(1, "profile.update", json!({ "first_name": "x".repeat(64 << 10) })).to_string()).await;
        assert!(status == StatusCode::PAYLOAD_TOO_LARGE || answer["error"].is_object(), "{status} {answer}");
        // Within 64 KiB it is the field that is too long.
        http.invalid(&[("first_name", &["too_long"])], "profile.update", json!({ "first_name": "x".repeat(60_000) })).await;

        // The answer may come, or the connection may end, while 30 MB are on their way.
        let huge = http.post().header("content-type", "application/json").body("[".repeat(30_000_000)).send().await;
        assert!(!huge.is_ok_and(|response| response.status().is_success()));
        let tab = session.tab(&node).await;
        tab.send_raw(Message::text("[".repeat(30_000_000)));
        tab.closed().await;

        let nested = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"profile.update","params":{{"first_name":{}{}}}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        let (_, answer) = http.raw(nested).await;
        assert!([-32700, -32600, -32602].contains(&code(&answer)), "{answer}");
        assert_well(&node, &session).await;
    }

    async fn a_batch_has_at_most_fifty_entries(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let fifty = vec![("profile.get", json!({})); 50];
        assert!(http.batch(&fifty).await.iter().all(Result::is_ok));
        for count in [51, 900] {
            let batch: Vec<Value> = (0..count).map(|i| call(i, "a.b", Value::Null)).collect();
            let (_, answer) = http.raw(json!(batch).to_string()).await;
            assert!((-32700..=-32000).contains(&code(&answer)), "{answer}");
        }
        let many: Vec<Value> = (0..5000).map(|i| call(i, "profile.get", json!({}))).collect();
        let (status, answer) = http.raw(json!(many).to_string()).await;
        assert!(status == StatusCode::PAYLOAD_TOO_LARGE || answer["error"].is_object(), "{status} {answer}");
        // Entries stand for themselves.
        let mixed = json!([call(1, "profile.get", json!({})), 1, call(2, "no.such", json!({})), call(3, "profile.get", json!([1]))]);
        let (_, answer) = http.raw(mixed.to_string()).await;
        let by_id = |id: Value| answer.as_array().unwrap().iter().find(|r| r["id"] == id).unwrap_or_else(|| panic!("{answer}")).clone();
        assert!(by_id(json!(1))["result"].is_object());
        assert_eq!((code(&by_id(json!(null))), code(&by_id(json!(2))), code(&by_id(json!(3)))), (-32600, -32601, -32602));
        assert_well(&node, &session).await;
    }

    async fn bytes_without_a_protocol_do_no_harm(database: Database) {
        let (node, _, session) = somebody(database).await;
        let bad: [&[u8]; 7] = [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
            b"GET /rpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\n\r\n",
            b"GET /\0 HTTP/1.1\r\n\r\n",
            &[b'A'; 100_000],
        ];
        for bytes in bad {
            let mut socket = tokio::net::TcpStream::connect(node.address()).await.unwrap();
            let _ = socket.write_all(bytes).await; // the server may close meanwhile
            let mut answer = [0; 1024];
            let read = crate::support::soon("an answer or the end", socket.read(&mut answer)).await.unwrap_or(0);
            let answer = &answer[..read];
            assert!(!answer.starts_with(b"HTTP/1.1 2") && !answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(answer));
        }
        let text = |bytes: &'static [u8]| Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true));
        let tab = session.tab(&node).await;
        tab.send_raw(text(b"\xff\xfe{\"jsonrpc\""));
        tab.closed().await;
        assert_eq!(tab.close_frame().map(|(code, _)| code), Some(1007));
        assert_well(&node, &session).await;
    }
}
