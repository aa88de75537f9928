//! Tabs that count the events they receive: a tab's k-th event is the k-th one published since it opened.

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

/// Tabs that are opened at the same time.
const OPENED_AT_ONCE: usize = 64;
/// How long an event may take to reach every tab.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// How the tabs of a server subscribe.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscribing {
    pub bearer: Option<String>,
    pub method: Cow<'static, str>,
    /// Whether a subscription starts with an event, the snapshot.
    pub sends_snapshot: bool,
}

/// Open tabs, and one more connection that publishes.
pub struct Tabs {
    publisher: WebSocket,
    readers: JoinSet<Result<()>>,
    deliveries: Arc<Deliveries>,
    subscribing: Subscribing,
}

#[derive(Default)]
struct Deliveries {
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
    /// Connects the publisher; no tabs are open yet.
    pub async fn of(node: &Node, subscribing: Subscribing) -> Result<Self> {
        Self::at(node.address, subscribing).await
    }

    /// The same for the server at an address.
    pub async fn at(address: SocketAddr, subscribing: Subscribing) -> Result<Self> {
        let publisher = WebSocket::open(address, subscribing.bearer.as_deref()).await?;
        Ok(Self { publisher, readers: JoinSet::new(), deliveries: Arc::default(), subscribing })
    }

    /// Opens more tabs until there are `count`.
    pub async fn grow(&mut self, node: &Node, count: usize) -> Result<()> {
        self.grow_at(node.address, count).await
    }

    /// The same for the server at an address.
    pub async fn grow_at(&mut self, address: SocketAddr, count: usize) -> Result<()> {
        let subscribing = &self.subscribing;
        let mut opening = stream::iter(self.readers.len()..count)
            .map(|_| async move {
                let mut socket = WebSocket::open(address, subscribing.bearer.as_deref()).await?;
                subscribe(&mut socket, subscribing).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(socket)
            })
            .buffer_unordered(OPENED_AT_ONCE);
        let known = self.deliveries.events.lock().len();
        while let Some(socket) = opening.next().await {
            self.readers.spawn(read(socket?, self.deliveries.clone(), known));
        }
        Ok(())
    }

    /// Returns the number of the next event, which another process publishes to every tab.
    pub fn expect(&self) -> usize {
        self.deliveries.start(self.readers.len())
    }

    /// Publishes one event to every tab; returns its number.
    pub async fn publish(&mut self, method: &str, params: &str) -> Result<usize> {
        let number = self.expect();
        self.publisher.call(method, params).await?;
        Ok(number)
    }

    /// Waits until every tab has received an event, and returns how long the last one waited for it.
    pub async fn arrived(&mut self, number: usize) -> Result<Duration> {
        let arrival = async {
            loop {
                let progress = self.deliveries.progress.notified();
                if let Some(event) = self.deliveries.events.lock().get(number).filter(|event| event.missing == 0) {
                    return event.last - event.sent;
                }
                progress.await;
            }
        };
        tokio::select! {
            delay = arrival => Ok(delay),
            () = tokio::time::sleep(DELIVERY_TIMEOUT) => Err("an event did not reach every tab".into()),
            Some(lost) = self.readers.join_next() => Err(format!("a tab lost its connection: {lost:?}").into()),
        }
    }

    /// Events per second that reached every tab, from the sending of the first to the arrival of the last.
    pub fn rate(&self, numbers: std::ops::Range<usize>) -> f64 {
        let events = &self.deliveries.events.lock()[numbers];
        match (events.first(), events.iter().map(|event| event.last).max()) {
            (Some(first), Some(last)) => events.len() as f64 / (last - first.sent).as_secs_f64(),
            _ => f64::NAN,
        }
    }

    /// How long each tab waited for each of these events.
    pub fn delays(&self, numbers: std::ops::Range<usize>) -> Vec<Duration> {
        self.deliveries.events.lock()[numbers].iter().flat_map(|event| event.delays.iter().copied()).collect()
    }
}

impl Deliveries {
    fn start(&self, tabs: usize) -> usize {
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

/// Subscribes, and waits for the answer and the snapshot, if there is one.
async fn subscribe(socket: &mut WebSocket, subscribing: &Subscribing) -> Result<()> {
    socket.feed(&request(1, &subscribing.method, "{}"));
    socket.flush().await?;
    let (mut answered, mut has_snapshot) = (false, !subscribing.sends_snapshot);
    while !(answered && has_snapshot) {
        let message = socket.next().await?;
        if is_event(message) {
            has_snapshot = true;
        } else {
            expect_result(message)?;
            answered = true;
        }
    }
    Ok(())
}

async fn read(mut socket: WebSocket, deliveries: Arc<Deliveries>, known: usize) -> Result<()> {
    for number in known.. {
        while !is_event(socket.next().await?) {}
        deliveries.arrived(number)?;
    }
    Ok(())
}
