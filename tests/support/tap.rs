//! A proxy that keeps a copy of what clients send.

use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// The proxy; dropping it cuts all connections.
pub struct Tap {
    pub address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
    listener: AbortHandle,
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Tap {
    pub async fn on(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let copied = sent.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, copied.clone()));
            }
        });
        Self { address, sent, listener: task.abort_handle() }
    }

    /// Whether a client has sent anything, and whether this text was in it unencrypted.
    pub fn heard(&self, text: &str) -> (bool, bool) {
        let sent = self.sent.lock();
        (!sent.is_empty(), sent.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

async fn connect(client: TcpStream, server: SocketAddr, sent: Arc<Mutex<Vec<u8>>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = async {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            sent.lock().extend_from_slice(&buffer[..read]);
            if to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    // The first end closes both directions: its bytes have been passed on.
    tokio::select! {
        () = requests => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}
