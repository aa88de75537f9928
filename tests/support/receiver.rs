//! A receiver of webhooks on loopback that stores its requests, and that can misbehave.

use super::soon;
use parking_lot::Mutex;
use serde_json::Value;
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
    time::sleep,
};

/// How the receiver answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answers {
    /// With this status.
    Status(u16),
    /// With a status and a header.
    Header(u16, &'static str, String),
    /// After this time.
    Late(Duration),
    /// Accepts the request and does not answer.
    Never,
    /// With something that is not HTTP.
    Nonsense,
    /// With a body that does not end.
    Endless,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn r#type(&self) -> String {
        self.event()["type"].as_str().expect("a type").to_owned()
    }

    pub fn revision(&self) -> i64 {
        self.event()["data"]["revision"].as_i64().expect("a revision")
    }

    /// Whether the reference library of Standard Webhooks accepts the request as signed by `secret`.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, self.header(name).parse().expect("a header"));
        }
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        webhook.verify(self.body.as_bytes(), &headers).is_ok()
    }
}

struct Inner {
    address: SocketAddr,
    answers: Mutex<Answers>,
    received: watch::Sender<Vec<Received>>,
    open: watch::Sender<(usize, usize)>,
    listener: AbortHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// The receiver. It stops with its last clone.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        Self(Arc::new_cyclic(|inner: &std::sync::Weak<Inner>| {
            let inner = inner.clone();
            let accepting = tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let Some(inner) = inner.upgrade() else { return };
                    tokio::spawn(async move { inner.serve(stream).await });
                }
            });
            Inner {
                address,
                answers: Mutex::new(Answers::Status(204)),
                received: watch::Sender::default(),
                open: watch::Sender::default(),
                listener: accepting.abort_handle(),
            }
        }))
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.0.address)
    }

    pub fn be(&self, answers: Answers) {
        *self.0.answers.lock() = answers;
    }

    /// Every request so far.
    pub fn received(&self) -> Vec<Received> {
        self.0.received.borrow().clone()
    }

    /// Awaits this many requests.
    pub async fn requests(&self, count: usize) -> Vec<Received> {
        let mut watched = self.0.received.subscribe();
        let what = format!("{count} requests");
        soon(&what, watched.wait_for(|received| received.len() >= count)).await.expect("it listens").clone()
    }

    /// Awaits that the last request is of this type.
    pub async fn request_of(&self, r#type: &str) -> Received {
        let mut watched = self.0.received.subscribe();
        let is_of = |one: &Received| one.r#type() == r#type;
        let found = soon(r#type, watched.wait_for(|received| received.iter().any(is_of))).await.expect("it listens");
        found.iter().find(|one| is_of(one)).cloned().expect("it was found")
    }

    /// The most requests that were open at a time.
    pub fn most_at_a_time(&self) -> usize {
        self.0.open.borrow().1
    }
}

impl Inner {
    async fn serve(&self, mut stream: TcpStream) {
        let Some(received) = read(&mut stream).await else { return };
        self.open.send_modify(|(open, most)| {
            *open += 1;
            *most = (*most).max(*open);
        });
        self.received.send_modify(|all| all.push(received));
        let answers = self.answers.lock().clone();
        // A client that does not wait for the answer must not keep a test waiting.
        let _ = answer(&mut stream, answers).await;
        self.open.send_modify(|(open, _)| *open -= 1);
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let headers: BTreeMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Received { headers, body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn answer(stream: &mut TcpStream, answers: Answers) -> std::io::Result<()> {
    let empty = |status: u16, header: &str| format!("HTTP/1.1 {status} X\r\n{header}content-length: 0\r\n\r\n");
    let text = match answers {
        Answers::Status(status) => empty(status, ""),
        Answers::Header(status, name, value) => empty(status, &format!("{name}: {value}\r\n")),
        Answers::Late(wait) => {
            sleep(wait).await;
            empty(204, "")
        }
        Answers::Never => {
            // Waits until the other side hangs up.
            return stream.read(&mut [0; 1]).await.map(drop);
        }
        Answers::Nonsense => "220 mail.shop.example ESMTP\r\n".to_owned(),
        Answers::Endless => {
            stream.write_all(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            loop {
                stream.write_all(b"4\r\nlies\r\n").await?;
            }
        }
    };
    stream.write_all(text.as_bytes()).await
}
