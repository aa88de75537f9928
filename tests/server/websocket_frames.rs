//! RFC 6455, by frames that the test writes itself: valid ones are understood however they arrive, invalid ones are
//! answered with their close code, and neither costs lasting memory.

use crate::support::{
    Call, Database, Node, Session,
    raw_socket::{BINARY, CLOSE, CONTINUATION, FINAL, PING, PONG, RawSocket, TEXT, call, close, frame},
    somebody,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The largest message (`docs/protocol.md`).
const MESSAGE_BYTES: usize = 64 * 1024;

async fn node() -> Node {
    Node::start(Database::sqlite()).await
}

/// A call of exactly this many bytes, padded with blanks, which JSON ignores.
fn padded(bytes: usize) -> Vec<u8> {
    let mut text = call(7, "no.such").into_bytes();
    text.resize(bytes, b' ');
    text
}

#[tokio::test]
async fn fragments_with_control_frames_between_them() {
    let node = node().await;
    let mut socket = RawSocket::open(node.address()).await;
    let text = call(1, "no.such");
    let (one, two, three) = (&text.as_bytes()[..10], &text.as_bytes()[10..11], &text.as_bytes()[11..]);
    socket.send(&frame(TEXT & !FINAL, one)).await;
    socket.send(&frame(PING, b"are you there?")).await;
    assert_eq!(socket.frame().await, Some((PONG, b"are you there?".to_vec())));
    socket.send(&frame(CONTINUATION & !FINAL, two)).await;
    socket.send(&frame(PONG, b"unasked")).await;
    socket.send(&frame(CONTINUATION & !FINAL, b"")).await;
    socket.send(&frame(CONTINUATION, three)).await;
    let answer = socket.json().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32601)));
    // A fragment may split a character.
    let text = r#"{"jsonrpc":"2.0","id":"ä","method":"no.such"}"#;
    let amid = text.find('ä').unwrap() + 1;
    socket.send(&frame(TEXT & !FINAL, &text.as_bytes()[..amid])).await;
    socket.send(&frame(CONTINUATION, &text.as_bytes()[amid..])).await;
    assert_eq!(socket.json().await["id"], "ä");
}

#[tokio::test]
async fn calls_that_arrive_byte_by_byte_or_all_at_once() {
    let node = node().await;
    let mut socket = RawSocket::open(node.address()).await;
    for byte in frame(TEXT, call(1, "no.such").as_bytes()) {
        socket.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(socket.json().await["id"], 1);
    let many: Vec<u8> = (0..500).flat_map(|id| frame(TEXT, call(id, "no.such").as_bytes())).collect();
    socket.send(&many).await;
    for id in 0..500 {
        assert_eq!(socket.json().await["id"], id, "calls that need no waiting are answered in order");
    }
}

#[tokio::test]
async fn a_message_may_have_64_kib_and_not_one_byte_more() {
    let node = node().await;
    let mut socket = RawSocket::open(node.address()).await;
    socket.send(&frame(TEXT, &padded(MESSAGE_BYTES))).await;
    assert_eq!(socket.json().await["id"], 7);
    let (head, tail) = (&padded(MESSAGE_BYTES)[..40_000], &padded(MESSAGE_BYTES)[40_000..]);
    socket.send(&frame(TEXT & !FINAL, head)).await;
    socket.send(&frame(CONTINUATION, tail)).await;
    assert_eq!(socket.json().await["id"], 7);
}

#[tokio::test]
async fn each_bad_frame_has_its_close_code() {
    let node = node().await;
    let unmasked = [&[TEXT, 2][..], b"{}"].concat();
    let huge_frame = [&[TEXT, 0xff][..], &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[0; 4]].concat();
    let open = frame(TEXT & !FINAL, b"{");
    let bad: Vec<(&str, Vec<u8>, u16)> = vec![
        ("an unmasked frame", unmasked, 1002),
        ("a reserved bit", frame(TEXT | 0x40, b"{}"), 1002),
        ("another", frame(TEXT | 0x10, b"{}"), 1002),
        ("an unknown opcode", frame(0x83, b""), 1002),
        ("an unknown control opcode", frame(0x8b, b""), 1002),
        ("a fragmented ping", frame(PING & !FINAL, b""), 1002),
        ("a ping of 126 bytes", frame(PING, &[0; 126]), 1002),
        ("a continuation of nothing", frame(CONTINUATION, b"{}"), 1002),
        ("a new message amid another", [open.clone(), frame(TEXT, b"{}")].concat(), 1002),
        ("a Close frame of one byte", frame(CLOSE, &[3]), 1002),
        ("a close code that is reserved", frame(CLOSE, &close(1005, b"")), 1002),
        ("a close code that is none", frame(CLOSE, &close(999, b"")), 1002),
        ("a close text that is not UTF-8", frame(CLOSE, &close(1000, b"\xff")), 1007),
        ("text that is not UTF-8", frame(TEXT, b"\"\xff\""), 1007),
        ("text that ends amid a character", frame(TEXT, b"\"\xc3"), 1007),
        ("the same in fragments", [open.clone(), frame(CONTINUATION, b"\xed\xa0\x80")].concat(), 1007),
        ("bytes", frame(BINARY, b"{}"), 1003),
        ("no bytes", frame(BINARY, b""), 1003),
        ("a byte too many", frame(TEXT, &padded(MESSAGE_BYTES + 1)), 1009),
        ("a byte too many in fragments", [open, frame(CONTINUATION, &padded(MESSAGE_BYTES))].concat(), 1009),
        ("the largest length there is", huge_frame, 1009),
    ];
    for (what, bytes, code) in bad {
        let mut socket = RawSocket::open(node.address()).await;
        // Calls before the bad frame are answered, calls after it are not.
        socket.call(1, "no.such").await;
        socket.send(&bytes).await;
        socket.call(2, "no.such").await;
        assert_eq!(socket.json().await["id"], 1, "{what}");
        let (closed_with, reason) = socket.closed().await;
        assert_eq!(closed_with, code, "{what}: {reason}");
    }
    for (payload, code) in [(close(1000, b"bye"), 1000), (close(3999, b""), 3999), (Vec::new(), 1005)] {
        let mut socket = RawSocket::open(node.address()).await;
        socket.send(&frame(CLOSE, &payload)).await;
        assert_eq!(socket.closed().await.0, code);
    }
}

#[tokio::test]
async fn only_a_handshake_of_rfc_6455_opens_a_socket() {
    let node = node().await;
    let head = |line: &str, key: &str| {
        format!(
            "{line}\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    for (request, status) in [
        (head("POST /rpc HTTP/1.1", key), "415"),
        (head("GET /rpc HTTP/1.0", key), "400"),
        (head("GET /rpc HTTP/1.1", "c2hvcnQ="), "400"),
        (head("GET /rpc HTTP/1.1", key).replace(": 13", ": 8"), "426"),
        (head("GET /rpc HTTP/1.1", key).replace("Upgrade: websocket\r\n", ""), "426"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(node.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        crate::support::soon("an answer", stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer[9..]), Ok(status), "{request}");
    }
}

/// The memory of a node after `first` and again after `then`, which is more of the same.
async fn grown(node: &Node, first: impl AsyncFn(), then: impl AsyncFn()) -> u64 {
    first().await;
    let before = node.resident_kib();
    then().await;
    node.resident_kib().saturating_sub(before)
}

async fn assert_well(node: &Node, session: &Session) {
    session.http(node).ok("profile.get", json!({})).await;
    session.tab(node).await.ok("profile.get", json!({})).await;
    assert!(!node.output().contains("panicked"), "{}", node.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_and_half_frames_cost_no_more_than_a_socket() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let flood = async |bytes: Vec<u8>| {
        let mut socket = RawSocket::open(node.address()).await;
        for _ in 0..100 {
            socket.send(&bytes).await;
        }
        socket.call(1, "no.such").await;
        loop {
            match socket.frame().await.expect("the socket is still open") {
                (PONG, _) => {}
                (TEXT, _) => return,
                other => panic!("{other:?}"),
            }
        }
    };
    let grown_by_floods = grown(
        &node,
        async || flood(frame(PING, b"?").repeat(100)).await,
        async || {
            flood(frame(PING, b"?").repeat(1000)).await;
            flood(frame(PONG, b"").repeat(1000)).await;
            flood(
                [frame(TEXT & !FINAL, b""), frame(CONTINUATION & !FINAL, b"").repeat(998), frame(CONTINUATION, b"x")]
                    .concat(),
            )
            .await;
        },
    );
    let grown_by_floods = grown_by_floods.await;
    assert!(grown_by_floods < 4096, "{grown_by_floods} KiB");

    // A hundred peers that announce 64 KiB and send one byte, and as many that stop amid a header.
    let mut half = Vec::new();
    for _ in 0..95 {
        let mut announced = RawSocket::open(node.address()).await;
        announced.send(&frame(TEXT, &padded(MESSAGE_BYTES))[..15]).await;
        let mut header = RawSocket::open(node.address()).await;
        header.send(&[TEXT, 0xff, 0]).await;
        half.extend([announced, header]);
    }
    let before = node.resident_kib();
    assert_well(&node, &session).await;
    assert!(before < 96 * 1024, "{before} KiB");
    // Each continues where it stopped.
    for socket in half.iter_mut().step_by(2) {
        socket.send(&frame(TEXT, &padded(MESSAGE_BYTES))[15..]).await;
        assert_eq!(socket.json().await["id"], 7);
    }
}

/// Frames that are nearly valid.
fn fuzzed(random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(1..6) {
        let first =
            *[TEXT, TEXT & !FINAL, CONTINUATION, CONTINUATION & !FINAL, BINARY, CLOSE, PING, PONG, random.random()]
                .choose(random)
                .expect("some");
        let mut payload = call(random.random(), "profile.get").into_bytes();
        match random.random_range(0..5) {
            0 => payload.clear(),
            1 => payload.truncate(random.random_range(0..40)),
            2 => payload = (0..random.random_range(0..300)).map(|_| random.random()).collect(),
            3 => payload.resize(random.random_range(0..3000), b'['),
            _ => {}
        }
        let mut frame = frame(first, &payload);
        if random.random_ratio(1, 4) {
            let place = random.random_range(0..frame.len());
            frame[place] = random.random();
        }
        if random.random_ratio(1, 8) {
            frame.truncate(random.random_range(0..=frame.len()));
        }
        bytes.append(&mut frame);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_fuzzed_connections() {
    let (node, _, session) = somebody(Database::sqlite()).await;
    let address = node.address();
    let fuzz = async |seeds: std::ops::Range<u64>| {
        let lanes = 16;
        let tasks = (0..lanes).map(|lane| {
            let seeds: Vec<u64> = seeds.clone().skip(lane).step_by(lanes).collect();
            tokio::spawn(async move {
                for seed in seeds {
                    let bytes = fuzzed(&mut StdRng::seed_from_u64(seed));
                    let mut socket = RawSocket::open(address).await;
                    socket.send(&bytes).await;
                    // Half of them stay to read the answers, which are whole frames.
                    if seed % 2 == 0 {
                        socket.stream.shutdown().await.unwrap_or_default();
                        while socket.frame().await.is_some() {}
                    }
                }
            })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.expect("no connection ends amid a frame");
        }
    };
    let grown = grown(&node, async || fuzz(0..2000).await, async || fuzz(2000..10_000).await).await;
    assert!(grown < 4096, "{grown} KiB more after 8,000 further connections");
    assert_well(&node, &session).await;
}
