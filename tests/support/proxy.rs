//! A proxy between a node and its PostgreSQL that can cut connections, also at the worst moment.

use super::Database;
use std::{
    future::pending,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::AbortHandle,
};

/// The fault of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Whole,
    /// Present connections are cut, new ones refused.
    Cut,
    /// A connection is cut just before a COMMIT gets through.
    CutBeforeCommit,
    /// A connection is cut when a COMMIT has got through, before its answer.
    CutAfterCommit,
}

/// The proxy; dropping it cuts all connections.
pub struct Proxy {
    database: Database,
    wire: watch::Sender<Wire>,
    /// The number of times that connections were dropped silently.
    forgotten: watch::Sender<u64>,
    listener: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Proxy {
    /// To a new database.
    pub async fn start() -> Self {
        let database = Database::postgres().await;
        let url = database.url().expect("PostgreSQL");
        let (before, rest) = url.split_once('@').expect("a user");
        let (server, name) = rest.split_once('/').expect("a database");
        let server: SocketAddr = server.parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let wire = watch::Sender::new(Wire::Whole);
        let forgotten = watch::Sender::new(0);
        let (state, forgetting) = (wire.clone(), forgotten.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() != Wire::Cut {
                    tokio::spawn(connect(client, server, state.subscribe(), forgetting.subscribe()));
                }
            }
        });
        let database = Database::Postgres(format!("{before}@{address}/{name}"));
        Self { database, wire, forgotten, listener: task.abort_handle() }
    }

    /// The database through the proxy.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    pub fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// Silently drops the data of present connections; new ones work.
    pub fn forget_connections(&self) {
        self.forgotten.send_modify(|times| *times += 1);
    }
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    mut wire: watch::Receiver<Wire>,
    mut forgotten: watch::Receiver<u64>,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (state, swallow) = (wire.clone(), AtomicBool::new(false));
    let requests = requests(from_client, to_server, state, &swallow);
    let answers = answers(from_server, to_client, &swallow);
    tokio::pin!(requests, answers);
    let forgotten = tokio::select! {
        () = &mut requests => false,
        () = &mut answers => false,
        _ = wire.wait_for(|wire| *wire == Wire::Cut) => false,
        _ = forgotten.changed() => true,
    };
    if forgotten {
        // Both ends stay open.
        pending::<()>().await;
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: watch::Receiver<Wire>, swallow: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let commits = buffer[..read].windows(6).any(|word| word == b"COMMIT");
        match *wire.borrow() {
            Wire::CutBeforeCommit if commits => return,
            Wire::CutAfterCommit if commits => swallow.store(true, Ordering::SeqCst),
            _ => {}
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Ends with the answer to the COMMIT, which then is done.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallow: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if swallow.load(Ordering::SeqCst) || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
