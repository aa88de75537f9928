//! Closed loops of calls: as many as a server answers, or at a pace.

use crate::{
    Result,
    account::Node,
    wire::{Http, WebSocket, expect_result, request},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Time for connections to open and caches to fill.
const WARM_UP: Duration = Duration::from_millis(400);
/// Time that counts.
const MEASURED: Duration = Duration::from_millis(1500);

/// A transport, and calls in flight on each connection.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Http,
    WebSocket { in_flight: usize },
}

/// A call to be made over and over.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: &'static str,
    /// Takes turns among these.
    pub params: Arc<[String]>,
    /// Of whom; the connections take turns among these, if there are any.
    pub bearers: Arc<[String]>,
}

impl Call {
    /// One that is always the same, without parameters.
    pub fn plain(method: &'static str, bearer: Option<&str>) -> Self {
        Self { method, params: Arc::new(["{}".to_owned()]), bearers: bearer.into_iter().map(str::to_owned).collect() }
    }
}

/// Connections that call as fast as they are answered, for as long as this is kept.
pub struct Load {
    answered: Arc<AtomicU64>,
    connections: JoinSet<Result<()>>,
}

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Calls answered a second.
    pub per_second: f64,
    /// How busy the server's core and the load's were.
    pub busy: [f64; 2],
}

impl Rate {
    /// CPU time of the server's process for each call, in microseconds.
    pub fn cpu_us(&self) -> f64 {
        self.busy[0] * 1e6 / self.per_second
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [server, load] = self.busy.map(|share| share * 100.0);
        write!(f, "{:.0}/s, the server's core {server:.0} % busy, the load's {load:.0} %", self.per_second)
    }
}

impl Call {
    fn bearer(&self, connection: usize) -> Option<&str> {
        self.bearers.get(connection % self.bearers.len().max(1)).map(String::as_str)
    }
}

impl Load {
    /// Begins to call.
    pub fn begin(node: &Node, transport: Transport, connections: usize, call: &Call) -> Self {
        let mut load = Self { answered: Arc::default(), connections: JoinSet::new() };
        for connection in 0..connections {
            let (address, call, answered) = (node.address, call.clone(), load.answered.clone());
            match transport {
                Transport::Http => load.connections.spawn(async move {
                    let mut http = Http::open(address, call.bearer(connection)).await?;
                    for turn in connection.. {
                        expect_result(http.call(call.method, &call.params[turn % call.params.len()]).await?)?;
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                }),
                Transport::WebSocket { in_flight } => load.connections.spawn(async move {
                    let mut socket = WebSocket::open(address, call.bearer(connection)).await?;
                    call_over(&mut socket, &call, connection, in_flight, &answered).await
                }),
            };
        }
        load
    }

    /// How fast calls are answered, once warm.
    pub async fn rate(mut self, node: &Node, measured: Duration) -> Result<Rate> {
        tokio::time::sleep(WARM_UP).await;
        let (busy, begun, before) = (node.process.watch()?, Instant::now(), self.answered.load(Ordering::Relaxed));
        tokio::time::sleep(measured).await;
        let answered = self.answered.load(Ordering::Relaxed) - before;
        let per_second = answered as f64 / begun.elapsed().as_secs_f64();
        let busy = busy.shares()?;
        match self.connections.try_join_next() {
            Some(lost) => Err(format!("a connection ended: {lost:?}").into()),
            None => Ok(Rate { per_second, busy }),
        }
    }
}

/// Keeps `in_flight` calls in flight on one socket.
async fn call_over(
    socket: &mut WebSocket,
    call: &Call,
    first: usize,
    in_flight: usize,
    answered: &AtomicU64,
) -> Result<()> {
    let mut turns = first..;
    let mut free = in_flight;
    loop {
        for turn in turns.by_ref().take(free) {
            socket.feed(&request(turn as u64, call.method, &call.params[turn % call.params.len()]));
        }
        socket.flush().await?;
        expect_result(socket.next().await?)?;
        free = 1;
        while let Some(answer) = socket.next_now()? {
            expect_result(answer)?;
            free += 1;
        }
        answered.fetch_add(free as u64, Ordering::Relaxed);
    }
}

/// The rate of one load.
pub async fn rate(node: &Node, transport: Transport, connections: usize, call: &Call) -> Result<Rate> {
    Load::begin(node, transport, connections, call).rate(node, MEASURED).await
}

/// How long answers take while `connections` WebSockets call once every `pace` each, for a while.
pub async fn latencies(
    node: &Node,
    connections: u32,
    pace: Duration,
    measured: Duration,
    call: &Call,
) -> Result<Vec<Duration>> {
    let mut callers = JoinSet::new();
    let begun = Instant::now() + WARM_UP;
    for connection in 0..connections {
        let (address, call) = (node.address, call.clone());
        callers.spawn(async move {
            let mut socket = WebSocket::open(address, call.bearer(0)).await?;
            let mut samples = Vec::new();
            let mut due = begun + pace * connection / connections;
            while due < begun + measured {
                tokio::time::sleep_until(due.into()).await;
                // The timer is late by up to a millisecond; an earlier answer that was late counts whole.
                let sent = if due.elapsed() < Duration::from_millis(2) { Instant::now() } else { due };
                socket.call(call.method, &call.params[0]).await?;
                samples.push(sent.elapsed());
                due += pace;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(samples)
        });
    }
    let mut all = Vec::new();
    while let Some(samples) = callers.join_next().await {
        all.extend(samples??);
    }
    Ok(all)
}
