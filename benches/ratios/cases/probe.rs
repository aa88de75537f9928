//! How long somebody else's calls take meanwhile.

use super::load::Call;
use crate::{Result, account::Node, wire::WebSocket};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Between two calls.
const PACE: Duration = Duration::from_millis(2);

/// One socket that calls again and again, in a thread of its own: the load's is busy with what it is sent.
pub struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Duration>>>,
}

impl Probe {
    /// Begins to call.
    pub fn begin(node: &Node, call: &Call) -> Self {
        let (address, call, stop) = (node.address, call.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        Self { stop, thread: std::thread::spawn(move || run(address, &call, &stopped)) }
    }

    /// How long the answers took.
    pub fn end(self) -> Result<Vec<Duration>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the probe has panicked")?
    }
}

fn run(address: SocketAddr, call: &Call, stop: &AtomicBool) -> Result<Vec<Duration>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut socket = WebSocket::open(address, call.bearers.first().map(String::as_str)).await?;
        let mut samples = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let sent = Instant::now();
            socket.call(call.method, &call.params[0]).await?;
            samples.push(sent.elapsed());
            tokio::time::sleep(PACE).await;
        }
        Ok(samples)
    })
}
