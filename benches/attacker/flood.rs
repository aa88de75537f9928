//! The attack: everything that costs a stranger little and a server much, from one address, as fast as one core can.

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

/// From where.
const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Connections that send request after request and await each answer.
const EAGER: usize = 48;
/// Connections that ask for the largest answer and read none of it.
const DEAF: usize = 150;
/// WebSockets that send batches and read no answer.
const DEAF_SOCKETS: usize = 150;
/// Bytes of a message as large as it may be.
const LARGE: usize = 60 * 1024;

/// An attack under way, on a thread of its own.
pub struct Attack {
    thread: JoinHandle<io::Result<u64>>,
    stop: oneshot::Sender<()>,
}

impl Attack {
    /// Ends it; says how much there was of it.
    pub fn end(self) -> Result<String> {
        // The other end is gone only if the thread has failed, which `join` tells.
        let _ = self.stop.send(());
        let sent = self.thread.join().map_err(|_| "the attack has panicked")??;
        Ok(format!("{sent} messages of the attacker"))
    }
}

/// Begins the attack on an owner whose address is known. It yields to every other thread: filling the buffers of 150
/// sockets takes its core a third of a second, which would else count as a slow answer to the owner on that core.
pub fn begin(server: SocketAddr, owner: &'static str) -> Attack {
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
    let arsenal: Rc<[String]> = arsenal(owner).into();
    for number in 0..EAGER {
        let (arsenal, sent) = (arsenal.clone(), sent.clone());
        tasks.push(task::spawn_local(again(move || eager(server, arsenal.clone(), number, sent.clone()))));
    }
    for _ in 0..DEAF {
        let sent = sent.clone();
        tasks.push(task::spawn_local(again(move || deaf(server, sent.clone()))));
    }
    for _ in 0..DEAF_SOCKETS {
        let sent = sent.clone();
        tasks.push(task::spawn_local(again(move || deaf_socket(server, sent.clone()))));
    }
    tasks
}

/// The server closes what it can do without; the attacker comes back.
async fn again<F: Future<Output = Result<()>>>(attack: impl Fn() -> F) {
    loop {
        if attack().await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What is sent in turn; `@` stands for what is new each time.
fn arsenal(owner: &str) -> Vec<String> {
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

async fn eager(server: SocketAddr, arsenal: Rc<[String]>, number: usize, sent: Rc<Cell<u64>>) -> Result<()> {
    let mut http = Http::open(ATTACKER, server).await?;
    for turn in number.. {
        let body = arsenal[turn % arsenal.len()].replace('@', &sent.get().to_string());
        sent.set(sent.get() + 1);
        http.exchange(&post(&body, None)).await?;
    }
    Ok(())
}

async fn deaf(server: SocketAddr, sent: Rc<Cell<u64>>) -> Result<()> {
    let mut stream = connect(ATTACKER, server).await?;
    for _ in 0..50 {
        stream.write_all(post(&request("rpc.discover", &json!({})), None).as_bytes()).await?;
        sent.set(sent.get() + 1);
    }
    // Reads a byte now and then, as slowly as it may.
    loop {
        sleep(Duration::from_secs(5)).await;
        stream.read_u8().await?;
    }
}

async fn deaf_socket(server: SocketAddr, sent: Rc<Cell<u64>>) -> Result<()> {
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
