//! How long the calls of another user take meanwhile.

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

/// The pause between two calls.
const PACE: Duration = Duration::from_millis(2);

/// A socket that calls repeatedly, in a thread of its own, since the load's thread is busy receiving events.
pub struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Duration>>>,
}

impl Probe {
    /// Starts to call.
    pub fn start(node: &Node, call: &Call) -> Self {
        let (address, call, stop) = (node.address, call.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        Self { stop, thread: std::thread::spawn(move || run(address, &call, &stopped)) }
    }

    /// Stops, and returns how long the answers took.
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
