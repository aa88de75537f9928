//! The resources of the server and the kernel that one WebSocket can take, whatever its peer does.

use crate::support::{
    Call, Database, Deaf, Node, Session, address, both_databases, eventually,
    raw_socket::{CLOSE, PONG, RawSocket, TEXT, call, frame},
    somebody, within,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Calls of one socket that are processed at a time (`docs/protocol.md`).
const IN_FLIGHT: u64 = 64;
/// The kernel's buffer for a peer that does not read: the configured limit, doubled by the kernel, and one segment.
const KERNEL_BYTES: u64 = 2 * 64 * 1024 + 64 * 1024;
/// A socket's buffers, and the ordinary growth of a busy process.
const PROCESS_KIB: u64 = 24 * 1024;
/// The time until a peer that does not read is cut off: 20 seconds, detected within one, and 5 of grace.
const CUT: Duration = Duration::from_secs(60);

async fn deaf(node: &Node, session: &Session) -> Deaf {
    let bearer = format!("Bearer {}", session.access_token);
    node.deaf(&[("authorization", &bearer)]).await
}

/// Bytes that the kernel holds for the server's end of this connection: not yet sent or acknowledged, and not yet read.
fn kernel_bytes(node: &Node, deaf: &Deaf) -> (u64, u64) {
    let (server, client) = (node.address().port(), deaf.0.get_ref().local_addr().unwrap().port());
    let ends = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = |field: &str| u16::from_str_radix(field.rsplit(':').next()?, 16).ok();
        let (to, from) = fields.get(4)?.split_once(':')?;
        let queue = |text| u64::from_str_radix(text, 16).ok();
        (port(fields[1])? == server && port(fields[2])? == client).then_some((queue(to)?, queue(from)?))
    };
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    table.lines().find_map(ends).expect("the connection is open")
}

async fn metric(node: &Node, name: &str) -> f64 {
    let text = node.http().get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

both_databases! {
    async fn reading_pauses_while_too_many_calls_are_in_flight(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut socket = RawSocket::open_as(node.address(), Some(&session.access_token)).await;
        let wait = |id: u64| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"account.changes","params":{{"since":1,"wait_ms":30000}}}}"#);
        for id in 1..IN_FLIGHT {
            socket.send(&frame(TEXT, wait(id).as_bytes())).await;
        }
        // One more is answered, as one place is left; with all places taken the next one waits.
        socket.call(1001, "session.list").await;
        assert_eq!(socket.json().await["id"], 1001);
        socket.send(&frame(TEXT, wait(IN_FLIGHT).as_bytes())).await;
        socket.call(1002, "session.list").await;
        let early = tokio::time::timeout(Duration::from_millis(300), socket.frame()).await;
        assert!(early.is_err(), "{early:?}");
        session.http(&node).ok("profile.update", json!({ "first_name": "Anne" })).await;
        let mut ids = Vec::new();
        for _ in 0..=IN_FLIGHT {
            ids.push(socket.json().await["id"].as_u64().unwrap());
        }
        ids.sort_unstable();
        assert_eq!(ids, (1..=IN_FLIGHT).chain([1002]).collect::<Vec<_>>());
    }

    async fn a_client_that_floods_calls_and_does_not_read_is_bounded_and_closed_with_1013(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for i in 0..10 {
            let mut large = address(&format!("Address {i}"));
            large["address_line_1"] = "🦀".repeat(255).into();
            large["address_line_2"] = "🦀".repeat(255).into();
            http.ok("addresses.create", large).await; // about 30 KiB an answer
        }
        let mut deaf = deaf(&node, &session).await;
        assert!(deaf.send(1, "account.subscribe", json!({}), Duration::from_secs(5)).await);
        let before = node.resident_kib();
        // 16 KiB each, most of it blanks: more than the client's own kernel takes for a server that has stopped reading.
        let padded = Message::text(format!("{}{:16000}", call(2, "addresses.list"), ""));
        let mut sent = 0;
        while sent < 4000 && tokio::time::timeout(Duration::from_secs(2), deaf.0.send(padded.clone())).await.is_ok() {
            sent += 1;
        }
        assert!(sent < 4000, "its reading was never paused");
        for i in 0..100 {
            http.ok("profile.update", json!({ "first_name": format!("Ann {}", "x".repeat(i % 50)) })).await;
        }
        let (unsent, unread) = kernel_bytes(&node, &deaf);
        assert!(unsent <= KERNEL_BYTES && unread <= KERNEL_BYTES, "{unsent} bytes to it and {unread} from it");
        let grown = node.resident_kib().saturating_sub(before);
        assert!(grown < PROCESS_KIB, "{grown} KiB more for one socket, after {sent} calls");

        let cut = async {
            while metric(&node, r#"marbelle_slow_readers_total{outcome="cut"}"#).await == 0.0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        within(CUT, "the cut", cut).await;
        // The peer gets what the kernel held, and then the Close frame if it reads before the grace period is over.
        let closed = async {
            loop {
                match deaf.0.next().await {
                    Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(Error::Io(_) | Error::Protocol(_))) | None => break None,
                    Some(Err(other)) => panic!("{other}"),
                }
            }
        };
        assert_eq!(within(CUT, "the end", closed).await, Some(1013));
        eventually("the socket to be gone", || async {
            (metric(&node, "marbelle_open_sockets").await == 0.0).then_some(())
        }).await;
    }

    async fn nothing_follows_a_close_frame_and_calls_after_it_are_not_executed(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut socket = RawSocket::open_as(node.address(), Some(&session.access_token)).await;
        let edit = r#"{"jsonrpc":"2.0","id":1,"method":"profile.update","params":{"first_name":"Mallory"}}"#;
        socket.send(&[frame(CLOSE, &[]), frame(TEXT, edit.as_bytes()), frame(TEXT, call(2, "profile.get").as_bytes())].concat()).await;
        assert_eq!(socket.frame().await, Some((CLOSE, Vec::new())));
        assert_eq!(socket.frame().await, None);
        assert_eq!(session.http(&node).ok("profile.get", json!({})).await["first_name"], "Ann");
    }

    async fn a_socket_that_is_closed_by_the_server_answers_no_ping_after_it(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut socket = RawSocket::open_as(node.address(), Some(&session.access_token)).await;
        socket.call(1, "account.subscribe").await;
        assert_eq!(socket.json().await["id"], 1);
        assert_eq!(socket.json().await["params"]["result"]["type"], "snapshot");
        session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        assert_eq!(socket.json().await["params"]["result"]["type"], "session.revoked");
        socket.send(&frame(0x89, b"still there?")).await;
        let frames: Vec<(u8, Vec<u8>)> = [socket.frame().await.expect("a Close frame")].into();
        assert_eq!((frames[0].0, &frames[0].1[..2]), (CLOSE, &4401_u16.to_be_bytes()[..]));
        assert_eq!(&frames[0].1[2..], b"logout");
        socket.send(&frame(CLOSE, &frames[0].1)).await;
        let after = socket.frame().await;
        assert_eq!(after, None, "no {PONG:#x} and no other frame");
    }
}

#[tokio::test]
async fn batches_of_a_socket_take_turns_and_calls_overtake_them() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let mut socket = RawSocket::open_as(node.address(), Some(&session.access_token)).await;
    let wait =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "account.changes", "params": { "since": 1, "wait_ms": 30_000 } });
    socket.send(&frame(TEXT, json!([wait]).to_string().as_bytes())).await;
    let second = json!([{ "jsonrpc": "2.0", "id": 2, "method": "profile.get" }]);
    socket.send(&frame(TEXT, second.to_string().as_bytes())).await;
    // A call passes both; the second batch waits for the first.
    socket.call(3, "profile.get").await;
    assert_eq!(socket.json().await["id"], 3);
    session.http(&node).ok("profile.update", json!({ "first_name": "Anne" })).await;
    let ids = |batch: &Value| batch[0]["id"].clone();
    assert_eq!((ids(&socket.json().await), ids(&socket.json().await)), (json!(1), json!(2)));
}
