//! A proxy to a NATS server that delays, duplicates and reorders wake-ups.

use super::Nats;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    sync::mpsc,
    task::AbortHandle,
};

/// The longest delay, during which many commits happen.
const LATEST: u64 = 150;

/// The proxy; no new connections once it is dropped.
pub struct Disorder {
    address: SocketAddr,
    messages: Arc<AtomicU64>,
    listener: AbortHandle,
}

impl Drop for Disorder {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Disorder {
    pub async fn before(nats: &Nats) -> Self {
        let server = nats.address();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let messages = Arc::new(AtomicU64::new(0));
        let counted = messages.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, counted.clone()));
            }
        });
        Self { address, messages, listener: task.abort_handle() }
    }

    /// For `MARBELLE_NATS_URL`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Wake-ups that came through, each once or twice.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }
}

async fn connect(client: TcpStream, server: SocketAddr, messages: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (sender, mut frames) = mpsc::unbounded_channel::<Vec<u8>>();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = shuffle(from_server, sender, messages) => {}
        () = async {
            while let Some(frame) = frames.recv().await {
                if to_client.write_all(&frame).await.is_err() {
                    return;
                }
            }
        } => {}
    }
}

/// Passes on what the server sends; each wake-up later, by a delay of its own, and every third twice.
async fn shuffle(from: OwnedReadHalf, to: mpsc::UnboundedSender<Vec<u8>>, messages: Arc<AtomicU64>) {
    let mut from = BufReader::new(from);
    while let Some(frame) = frame(&mut from).await {
        if !frame.starts_with(b"MSG marbelle.user.") {
            let _ = to.send(frame); // closed where the client is gone
            continue;
        }
        let n = messages.fetch_add(1, Ordering::Relaxed);
        for copy in 0..=u64::from(n.is_multiple_of(3)) {
            let (to, frame) = (to.clone(), frame.clone());
            // Pseudo-random: far apart for neighbours, and the same in every run.
            let late = Duration::from_millis((n + copy * 7).wrapping_mul(61) % LATEST);
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                to.send(frame)
            });
        }
    }
}

/// A line, with the payload that follows it if it is a message.
async fn frame(from: &mut BufReader<OwnedReadHalf>) -> Option<Vec<u8>> {
    let mut frame = Vec::new();
    if from.read_until(b'\n', &mut frame).await.ok()? == 0 {
        return None;
    }
    if frame.starts_with(b"MSG ") || frame.starts_with(b"HMSG ") {
        let line = String::from_utf8_lossy(&frame);
        let size: usize = line.split_whitespace().last().and_then(|size| size.parse().ok()).expect("a size");
        let mut payload = vec![0; size + 2];
        from.read_exact(&mut payload).await.ok()?;
        frame.extend(payload);
    }
    Some(frame)
}
