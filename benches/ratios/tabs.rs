//! Tabs that count what they are sent: a tab's k-th event is the k-th one published since it opened.

use super::{
    Result,
    account::Node,
    wire::{WebSocket, expect_result, is_event, request},
};
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Notify, task::JoinSet};

/// Tabs being opened at a time.
const OPENING: usize = 64;
/// How long an event may take to reach everybody.
const PATIENCE: Duration = Duration::from_secs(30);

/// How tabs of one server subscribe.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscribing {
    pub bearer: Option<String>,
    pub method: Cow<'static, str>,
    /// Whether the first event is there without anybody publishing.
    pub greets: bool,
}

/// Open tabs, and one connection more that publishes.
pub struct Tabs {
    publisher: WebSocket,
    readers: JoinSet<Result<()>>,
    board: Arc<Board>,
    subscribing: Subscribing,
}

#[derive(Default)]
struct Board {
    events: Mutex<Vec<Event>>,
    progress: Notify,
}

struct Event {
    sent: Instant,
    missing: usize,
    last: Instant,
    delays: Vec<Duration>,
}

impl Tabs {
    /// No tabs yet.
    pub async fn of(node: &Node, subscribing: Subscribing) -> Result<Self> {
        Self::at(node.address, subscribing).await
    }

    /// No tabs yet, of the server at this address.
    pub async fn at(address: SocketAddr, subscribing: Subscribing) -> Result<Self> {
        let publisher = WebSocket::open(address, subscribing.bearer.as_deref()).await?;
        Ok(Self { publisher, readers: JoinSet::new(), board: Arc::default(), subscribing })
    }

    /// Opens more until there are `count`.
    pub async fn grow(&mut self, node: &Node, count: usize) -> Result<()> {
        self.grow_at(node.address, count).await
    }

    /// The same at an address.
    pub async fn grow_at(&mut self, address: SocketAddr, count: usize) -> Result<()> {
        let subscribing = &self.subscribing;
        let mut opening = stream::iter(self.readers.len()..count)
            .map(|_| async move {
                let mut socket = WebSocket::open(address, subscribing.bearer.as_deref()).await?;
                subscribe(&mut socket, subscribing).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(socket)
            })
            .buffer_unordered(OPENING);
        let known = self.board.events.lock().len();
        while let Some(socket) = opening.next().await {
            self.readers.spawn(read(socket?, self.board.clone(), known));
        }
        Ok(())
    }

    /// The number of the next event, which somebody else publishes to every tab.
    pub fn expect(&self) -> usize {
        self.board.begin(self.readers.len())
    }

    /// Publishes one event to every tab; returns its number.
    pub async fn publish(&mut self, method: &str, params: &str) -> Result<usize> {
        let number = self.expect();
        self.publisher.call(method, params).await?;
        Ok(number)
    }

    /// Waits until every tab has an event; returns how long the last one waited for it.
    pub async fn arrived(&mut self, number: usize) -> Result<Duration> {
        let arrival = async {
            loop {
                let progress = self.board.progress.notified();
                if let Some(event) = self.board.events.lock().get(number).filter(|event| event.missing == 0) {
                    return event.last - event.sent;
                }
                progress.await;
            }
        };
        tokio::select! {
            delay = arrival => Ok(delay),
            () = tokio::time::sleep(PATIENCE) => Err("an event did not reach every tab".into()),
            Some(lost) = self.readers.join_next() => Err(format!("a tab was lost: {lost:?}").into()),
        }
    }

    /// Events a second that reached every tab, from the first one's sending to the last one's arrival.
    pub fn rate(&self, numbers: std::ops::Range<usize>) -> f64 {
        let events = &self.board.events.lock()[numbers];
        match (events.first(), events.iter().map(|event| event.last).max()) {
            (Some(first), Some(last)) => events.len() as f64 / (last - first.sent).as_secs_f64(),
            _ => f64::NAN,
        }
    }

    /// How long each tab waited for each of these events.
    pub fn delays(&self, numbers: std::ops::Range<usize>) -> Vec<Duration> {
        self.board.events.lock()[numbers].iter().flat_map(|event| event.delays.iter().copied()).collect()
    }
}

impl Board {
    fn begin(&self, tabs: usize) -> usize {
        let mut events = self.events.lock();
        let now = Instant::now();
        events.push(Event { sent: now, missing: tabs, last: now, delays: Vec::with_capacity(tabs) });
        events.len() - 1
    }

    fn arrived(&self, number: usize) -> Result<()> {
        let mut events = self.events.lock();
        let event = events.get_mut(number).ok_or("an event that nobody published")?;
        event.last = Instant::now();
        event.delays.push(event.last - event.sent);
        event.missing -= 1;
        if event.missing == 0 {
            self.progress.notify_one();
        }
        Ok(())
    }
}

/// Subscribes and waits until the subscription is live.
async fn subscribe(socket: &mut WebSocket, subscribing: &Subscribing) -> Result<()> {
    socket.feed(&request(1, &subscribing.method, "{}"));
    socket.flush().await?;
    let (mut answered, mut greeted) = (false, !subscribing.greets);
    while !(answered && greeted) {
        let message = socket.next().await?;
        if is_event(message) {
            greeted = true;
        } else {
            expect_result(message)?;
            answered = true;
        }
    }
    Ok(())
}

async fn read(mut socket: WebSocket, board: Arc<Board>, known: usize) -> Result<()> {
    for number in known.. {
        while !is_event(socket.next().await?) {}
        board.arrived(number)?;
    }
    Ok(())
}
