//! JSON-RPC over a WebSocket that is read as messages come.

use super::{
    PATIENCE,
    reply::{Call, Reply, outcome, request},
    schema::Specification,
    soon,
};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, protocol::CloseFrame},
};

/// The messages of a socket, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// The reply to the call with this id.
    Reply(u64),
    /// The `result` of an `account.event`.
    Event(Value),
    /// The Close frame's code and text, or none if the connection was cut.
    Closed(Option<(u16, String)>),
}

struct Shared {
    /// Everything so far.
    transcript: Vec<Arrival>,
    /// Events that the story has not taken yet.
    events: VecDeque<Value>,
    /// `params.subscription` of the events.
    subscriptions: Vec<Value>,
    pending: HashMap<u64, oneshot::Sender<Value>>,
    /// Whatever is neither a reply to a call nor an event: answers to raw frames.
    others: VecDeque<Value>,
    closed: bool,
}

/// A WebSocket whose messages are read as they come.
#[derive(Clone)]
pub struct Ws {
    outgoing: mpsc::UnboundedSender<Message>,
    shared: Arc<Mutex<Shared>>,
    changed: watch::Sender<u64>,
    next_id: Arc<AtomicU64>,
    specification: Arc<Specification>,
}

/// A call that was sent and whose reply is awaited later.
pub struct Pending {
    pub id: u64,
    method: String,
    receiver: oneshot::Receiver<Value>,
    specification: Arc<Specification>,
}

impl Pending {
    /// The reply, or `None` if the socket closed before it.
    pub async fn reply(self) -> Option<Reply> {
        let response = soon(&format!("the reply to {}", self.method), self.receiver).await.ok()?;
        let reply = outcome(&response);
        self.specification.check_reply(&self.method, &reply);
        Some(reply)
    }
}

impl Ws {
    pub fn new(socket: WebSocketStream<TcpStream>, specification: Arc<Specification>) -> Self {
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut to_send) = mpsc::unbounded_channel();
        let shared = Shared {
            transcript: Vec::new(),
            events: VecDeque::new(),
            subscriptions: Vec::new(),
            pending: HashMap::new(),
            others: VecDeque::new(),
            closed: false,
        };
        let ws = Self {
            outgoing,
            shared: Arc::new(Mutex::new(shared)),
            changed: watch::Sender::new(0),
            next_id: Arc::new(AtomicU64::new(1)),
            specification,
        };
        tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sink.send(message).await.is_err() {
                    return; // the reader reports the end
                }
            }
            let _ = sink.close().await; // the story dropped the socket
        });
        let (shared, changed) = (ws.shared.clone(), ws.changed.clone());
        tokio::spawn(async move {
            loop {
                let arrived = stream.next().await;
                let end = shared.lock().note(arrived);
                changed.send_modify(|n| *n += 1);
                if end {
                    return;
                }
            }
        });
        ws
    }

    /// Sends without awaiting the reply.
    pub fn send_only(&self, method: &str, params: Value) -> Pending {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        {
            let mut shared = self.shared.lock();
            if !shared.closed {
                shared.pending.insert(id, sender);
            }
        }
        self.send_raw(Message::text(request(id, method, &params).to_string()));
        Pending { id, method: method.to_owned(), receiver, specification: self.specification.clone() }
    }

    /// Calls where the socket may close in the meantime: `None` then.
    pub async fn attempt(&self, method: &str, params: Value) -> Option<Reply> {
        self.send_only(method, params).reply().await
    }

    /// Sends any frame. Answers without the id of a call are for [`Ws::next_other`].
    pub fn send_raw(&self, message: Message) {
        let _ = self.outgoing.send(message); // the reader reports a closed socket
    }

    /// The next message that is neither the reply to a call nor an event.
    pub async fn next_other(&self) -> Value {
        self.await_in("a message that is no reply", |shared| shared.others.pop_front()).await
    }

    /// Subscribes, from `since` of `epoch` if given; returns the subscription's id.
    pub async fn subscribe(&self, since: Option<i64>, epoch: Option<&str>) -> Value {
        let mut params = json!({});
        if let Some(since) = since {
            params["since"] = since.into();
        }
        if let Some(epoch) = epoch {
            params["epoch"] = epoch.into();
        }
        self.ok("account.subscribe", params).await
    }

    /// Subscribes without `since` and returns the snapshot.
    pub async fn snapshot(&self) -> Value {
        self.subscribe(None, None).await;
        let event = self.next_event().await;
        assert_eq!(event["type"], "snapshot", "the first event: {event}");
        event
    }

    /// The next event (the `result` of the notification), validated. Panics if the socket closes instead.
    pub async fn next_event(&self) -> Value {
        let event = self.await_in("the next event", |shared| match shared.events.pop_front() {
            Some(event) => Some(Ok(event)),
            None => shared.closed.then(|| Err(shared.transcript.clone())),
        });
        let event = event.await.unwrap_or_else(|all| panic!("the socket closed instead of the next event: {all:#?}"));
        self.specification.check_event(&event);
        event
    }

    /// The next event, which must be of this type.
    pub async fn next_of(&self, kind: &str) -> Value {
        let event = self.next_event().await;
        assert_eq!(event["type"], kind, "{event:#}");
        event
    }

    /// Events that have arrived and are not taken yet; does not wait.
    pub fn waiting_events(&self) -> Vec<Value> {
        self.shared.lock().events.iter().cloned().collect()
    }

    /// The ids that events came under.
    pub fn subscriptions(&self) -> Vec<Value> {
        self.shared.lock().subscriptions.clone()
    }

    /// Awaits the close by the server; returns the events that the story has not taken, validated.
    pub async fn closed(&self) -> Vec<Value> {
        let closed = self.await_in("the close", |shared| shared.closed.then(|| std::mem::take(&mut shared.events)));
        let events: Vec<Value> = closed.await.into();
        events.iter().for_each(|event| self.specification.check_event(event));
        events
    }

    /// Awaits the close and asserts that `session.revoked` with this reason is the last event. Returns the earlier
    /// ones.
    pub async fn revoked(&self, reason: &str) -> Vec<Value> {
        let mut events = self.closed().await;
        let last = events.pop().unwrap_or_else(|| panic!("closed without a last event: {:#?}", self.transcript()));
        assert_eq!(last["type"], "session.revoked", "{last:#}");
        assert_eq!(last["data"], json!({ "reason": reason }), "{last:#}");
        assert_eq!(last["revision"], Value::Null, "{last:#}");
        assert_eq!(self.close_frame(), Some((4401, reason.to_owned())));
        events
    }

    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// Everything that came so far, in order.
    pub fn transcript(&self) -> Vec<Arrival> {
        self.shared.lock().transcript.clone()
    }

    /// How the server closed: the Close frame's code and text, `None` if it cut the connection.
    pub fn close_frame(&self) -> Option<(u16, String)> {
        match self.shared.lock().transcript.last() {
            Some(Arrival::Closed(frame)) => frame.clone(),
            other => panic!("not closed: {other:?}"),
        }
    }

    async fn await_in<T>(&self, what: &str, mut look: impl FnMut(&mut Shared) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let looking = async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = look(&mut self.shared.lock()) {
                    return found;
                }
                changed.changed().await.expect("the sender lives as long as self");
            }
        };
        match tokio::time::timeout(PATIENCE * 3, looking).await {
            Ok(found) => found,
            Err(_) => {
                let transcript = self.transcript();
                let tail = &transcript[transcript.len().saturating_sub(5)..];
                panic!("waited in vain for {what}; the last messages: {tail:#?}")
            }
        }
    }
}

impl Call for Ws {
    async fn call(&self, method: &str, params: Value) -> Reply {
        self.attempt(method, params).await.unwrap_or_else(|| {
            let transcript = self.transcript();
            panic!("{method}: the socket closed before the reply; {:#?}", transcript.last())
        })
    }
}

impl Shared {
    /// Records what arrived; true at the end.
    fn note(&mut self, arrived: Option<Result<Message, tungstenite::Error>>) -> bool {
        match arrived {
            Some(Ok(Message::Text(text))) => self.read(serde_json::from_str(&text).expect("JSON from the server")),
            Some(Ok(Message::Close(frame))) => {
                return self.close(frame.map(|CloseFrame { code, reason }| (code.into(), reason.to_string())));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return self.close(None),
        }
        false
    }

    fn read(&mut self, message: Value) {
        if message["method"] == "account.event" {
            let event = message["params"]["result"].clone();
            self.transcript.push(Arrival::Event(event.clone()));
            self.events.push_back(event);
            let subscription = &message["params"]["subscription"];
            if !self.subscriptions.contains(subscription) {
                self.subscriptions.push(subscription.clone());
            }
            return;
        }
        match message["id"].as_u64().and_then(|id| self.pending.remove(&id).map(|sender| (id, sender))) {
            Some((id, sender)) => {
                self.transcript.push(Arrival::Reply(id));
                let _ = sender.send(message); // the story may have lost interest
            }
            None => self.others.push_back(message),
        }
    }

    fn close(&mut self, frame: Option<(u16, String)>) -> bool {
        self.transcript.push(Arrival::Closed(frame));
        self.pending.clear();
        self.closed = true;
        true
    }
}
