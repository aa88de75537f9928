//! Loads of calls: closed loops that call as fast as the server answers, and calls at a fixed pace.

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
/// Time that is measured.
const MEASURED: Duration = Duration::from_millis(1500);

/// A transport, and calls in flight on each connection.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Http,
    WebSocket { in_flight: usize },
}

/// A call that is made repeatedly.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: &'static str,
    /// The parameters, used in turn.
    pub params: Arc<[String]>,
    /// The access tokens, assigned to the connections in turn; none for calls without a token.
    pub bearers: Arc<[String]>,
}

impl Call {
    /// A call without parameters, always by the same user.
    pub fn plain(method: &'static str, bearer: Option<&str>) -> Self {
        Self { method, params: Arc::new(["{}".to_owned()]), bearers: bearer.into_iter().map(str::to_owned).collect() }
    }
}

/// Connections that call as fast as they are answered, until this is dropped.
pub struct Load {
    answered: Arc<AtomicU64>,
    connections: JoinSet<Result<()>>,
}

/// The result of a load.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Answered calls per second.
    pub per_second: f64,
    /// The shares of their cores that the server and the load used.
    pub busy: [f64; 2],
}

impl Rate {
    /// CPU time of the server's process per call, in microseconds.
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
    /// Starts to call.
    pub fn start(node: &Node, transport: Transport, connections: usize, call: &Call) -> Self {
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

    /// Measures how fast calls are answered after the warm-up.
    pub async fn rate(mut self, node: &Node, measured: Duration) -> Result<Rate> {
        tokio::time::sleep(WARM_UP).await;
        let (busy, started, before) = (node.process.watch()?, Instant::now(), self.answered.load(Ordering::Relaxed));
        tokio::time::sleep(measured).await;
        let answered = self.answered.load(Ordering::Relaxed) - before;
        let per_second = answered as f64 / started.elapsed().as_secs_f64();
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

/// Runs a load, and returns its rate.
pub async fn rate(node: &Node, transport: Transport, connections: usize, call: &Call) -> Result<Rate> {
    Load::start(node, transport, connections, call).rate(node, MEASURED).await
}

/// How long answers take while each of `connections` WebSockets calls once every `pace`.
pub async fn latencies(
    node: &Node,
    connections: u32,
    pace: Duration,
    measured: Duration,
    call: &Call,
) -> Result<Vec<Duration>> {
    let mut callers = JoinSet::new();
    let start = Instant::now() + WARM_UP;
    for connection in 0..connections {
        let (address, call) = (node.address, call.clone());
        callers.spawn(async move {
            let mut socket = WebSocket::open(address, call.bearer(0)).await?;
            let mut samples = Vec::new();
            let mut due = start + pace * connection / connections;
            while due < start + measured {
                tokio::time::sleep_until(due.into()).await;
                // The timer may be late by a millisecond, which is not the server's delay. If the previous answer was late, this call
                // is timed from when it was due.
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
