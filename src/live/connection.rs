//! One open socket, or one HTTP call: who it acts for, and what feeds it.

use super::socket::{EventSink, SinkError, Socket};
use crate::domain::{
    event::{Event, EventType, SessionRevoked},
    ids::SessionId,
    session::{Caller, CredentialFault, EndReason},
    time::Timestamp,
};
use parking_lot::Mutex;
use serde_json::value::{RawValue, to_raw_value};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How long a peer may take to read what is left for it once its session has ended.
const GRACE: Duration = Duration::from_secs(5);

/// Who a connection acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody yet.
    Anonymous,
    /// Nobody yet; a session is being checked.
    Binding(Caller),
    /// A session.
    Bound(Caller),
    /// A session that has ended.
    Ended(EndReason),
    /// Nobody: the credential that an HTTP call carried is not good.
    Refused(CredentialFault),
}

/// Why a connection was not bound to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// It acts for another session already.
    OtherSession,
    /// Its session has ended.
    Ended(EndReason),
}

/// What feeds a subscription.
enum Feed {
    /// There is none.
    None,
    /// One is being granted.
    Reserved,
    /// A task of its own, until it has reached the follower.
    CatchUp(Arc<dyn EventSink>),
    /// The follower; every entry up to the cursor was handed on.
    Live { sink: Arc<dyn EventSink>, cursor: i64 },
    /// The last event was sent.
    Finished,
}

/// What became of an entry that was offered.
pub(super) enum Offer {
    /// The connection is not fed by the follower, or has it.
    NotLive,
    /// It is on its way.
    Queued,
    /// The peer cannot keep up: what must be caught up, and from where.
    Behind(Arc<dyn EventSink>, i64),
}

/// One open socket, or the transient stand-in of an HTTP call.
pub struct Connection {
    /// Unique in this process.
    pub id: u64,
    /// The peer's address.
    pub peer: IpAddr,
    /// What the peer says it is.
    pub user_agent: Option<String>,
    identity: Mutex<Identity>,
    binding: tokio::sync::Mutex<()>,
    joined: Mutex<Option<Caller>>,
    ended: CancellationToken,
    closed: AtomicBool,
    socket: Option<Box<dyn Socket>>,
    feed: Mutex<Feed>,
}

impl Connection {
    /// A connection that acts for nobody. HTTP calls have no socket.
    pub fn new(id: u64, peer: IpAddr, user_agent: Option<String>, socket: Option<Box<dyn Socket>>) -> Self {
        Self {
            id,
            peer,
            user_agent,
            identity: Mutex::new(Identity::Anonymous),
            binding: tokio::sync::Mutex::new(()),
            joined: Mutex::new(None),
            ended: CancellationToken::new(),
            closed: AtomicBool::new(false),
            socket,
            feed: Mutex::new(Feed::None),
        }
    }

    /// Whether it is a WebSocket.
    pub fn is_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// Who it acts for at this moment.
    pub fn identity(&self) -> Identity {
        *self.identity.lock()
    }

    /// Cancelled when its session ends: what only reads or waits stops then.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// The stand-in of an HTTP call that came with this credential.
    pub fn identified(self, identity: Identity) -> Self {
        Self { identity: Mutex::new(identity), ..self }
    }

    /// Notes that the socket has closed.
    pub fn mark_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the socket has closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// One binding at a time: whoever comes second finds the first one's outcome.
    pub async fn binding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.binding.lock().await
    }

    /// Announces that it is about to act for `caller`; `false` if it does already.
    pub(super) fn begin_binding(&self, caller: Caller) -> Result<bool, BindError> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Anonymous => *identity = Identity::Binding(caller),
            Identity::Bound(present) if present == caller => return Ok(false),
            Identity::Binding(_) | Identity::Bound(_) | Identity::Refused(_) => return Err(BindError::OtherSession),
            Identity::Ended(reason) => return Err(BindError::Ended(reason)),
        }
        *self.joined.lock() = Some(caller);
        Ok(true)
    }

    /// Acts for the session from now on, unless the follower has seen its end meanwhile.
    pub fn complete_binding(&self, caller: Caller) -> Result<(), BindError> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Binding(present) | Identity::Bound(present) if present == caller => {
                *identity = Identity::Bound(caller);
                Ok(())
            }
            Identity::Ended(reason) => Err(BindError::Ended(reason)),
            _ => Err(BindError::OtherSession),
        }
    }

    /// Acts for nobody again if it was only being bound; says for whom it had joined.
    pub(super) fn abort_binding(&self) -> Option<Caller> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Bound(_) => None,
            _ => {
                if matches!(*identity, Identity::Binding(_)) {
                    *identity = Identity::Anonymous;
                }
                self.joined.lock().take()
            }
        }
    }

    /// For whom it has joined a follower, whatever became of it since.
    pub(super) fn joined(&self) -> Option<Caller> {
        *self.joined.lock()
    }

    /// Stops the socket without a last event.
    pub fn stop(&self) {
        if let Some(socket) = &self.socket {
            socket.stop();
        }
    }

    /// Stops the socket, and cuts it if its peer does not let it.
    pub(super) fn stop_or_kill(self: &Arc<Self>) {
        self.stop();
        self.kill_after_grace();
    }

    /// Cuts the socket.
    pub fn kill(&self) {
        if let Some(socket) = &self.socket {
            socket.kill();
        }
    }

    /// Keeps the connection's one subscription for who asks first; `false` if there is one already.
    pub fn reserve_subscription(&self) -> bool {
        let mut feed = self.feed.lock();
        match &*feed {
            Feed::CatchUp(sink) | Feed::Live { sink, .. } if !sink.is_closed() => return false,
            Feed::Reserved | Feed::Finished => return false,
            Feed::None | Feed::CatchUp(_) | Feed::Live { .. } => *feed = Feed::Reserved,
        }
        true
    }

    /// Gives a reserved subscription up.
    pub fn release_subscription(&self) {
        let mut feed = self.feed.lock();
        if matches!(*feed, Feed::Reserved) {
            *feed = Feed::None;
        }
    }

    /// Begins the reserved subscription in catch-up; `false` if the session has ended meanwhile.
    pub(super) fn begin_subscription(&self, sink: Arc<dyn EventSink>) -> bool {
        let mut feed = self.feed.lock();
        let reserved = matches!(*feed, Feed::Reserved);
        if reserved {
            *feed = Feed::CatchUp(sink);
        }
        reserved
    }

    /// Hands the subscription over to the follower, unless it is another by now.
    pub(super) fn go_live(&self, sink: &Arc<dyn EventSink>, cursor: i64) {
        let mut feed = self.feed.lock();
        if matches!(&*feed, Feed::CatchUp(present) if Arc::ptr_eq(present, sink)) {
            *feed = Feed::Live { sink: sink.clone(), cursor };
        }
    }

    /// Queues an entry of the log if the connection is live and has not had it.
    pub(super) fn offer(&self, revision: i64, event: &RawValue) -> Offer {
        let mut feed = self.feed.lock();
        let Feed::Live { sink, cursor } = &mut *feed else { return Offer::NotLive };
        if *cursor >= revision {
            return Offer::NotLive;
        }
        match sink.try_send(event) {
            Ok(()) => {
                *cursor = revision;
                Offer::Queued
            }
            Err(SinkError::Full) => {
                let (sink, cursor) = (sink.clone(), *cursor);
                *feed = Feed::CatchUp(sink.clone());
                Offer::Behind(sink, cursor)
            }
            Err(SinkError::Closed) => {
                *feed = Feed::None;
                Offer::NotLive
            }
        }
    }

    /// The session has ended: no call acts for it any more, reads and waits stop, a live subscription
    /// gets its last event, the socket is closed. One that is catching up comes to the entry itself.
    pub(super) fn end(self: &Arc<Self>, end: &SessionEnd) {
        *self.identity.lock() = Identity::Ended(end.reason);
        self.ended.cancel();
        let mut feed = self.feed.lock();
        match std::mem::replace(&mut *feed, Feed::Finished) {
            Feed::CatchUp(sink) if !sink.is_closed() => *feed = Feed::CatchUp(sink),
            Feed::Live { sink, .. } => {
                drop(feed);
                match sink.try_send(&end.event()) {
                    Err(SinkError::Full) => {
                        let (connection, end) = (self.clone(), *end);
                        tokio::spawn(async move { connection.finish(&sink, &end).await });
                    }
                    Ok(()) | Err(SinkError::Closed) => self.stop(),
                }
            }
            Feed::CatchUp(_) | Feed::None | Feed::Reserved | Feed::Finished => {
                drop(feed);
                self.stop();
            }
        }
        self.kill_after_grace();
    }

    /// Sends the last event at the peer's pace, then closes.
    pub(super) async fn finish(self: &Arc<Self>, sink: &Arc<dyn EventSink>, end: &SessionEnd) {
        *self.identity.lock() = Identity::Ended(end.reason);
        self.ended.cancel();
        *self.feed.lock() = Feed::Finished;
        self.kill_after_grace();
        // A peer that does not read is cut by the grace period, which ends this wait.
        let _ = sink.send(&end.event()).await;
        self.stop();
    }

    fn kill_after_grace(self: &Arc<Self>) {
        let connection = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(GRACE).await;
            if let Some(connection) = connection.upgrade() {
                connection.kill();
            }
        });
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).field("identity", &self.identity()).finish_non_exhaustive()
    }
}

/// The entry of the log that ended a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionEnd {
    pub(super) reason: EndReason,
    pub(super) at: Timestamp,
    pub(super) actor: Option<SessionId>,
}

impl SessionEnd {
    /// The last event of a connection.
    fn event(&self) -> Box<RawValue> {
        to_raw_value(&Event {
            revision: None,
            at: self.at,
            r#type: EventType::SessionRevoked,
            session_id: self.actor,
            data: SessionRevoked { reason: self.reason },
        })
        .expect("an event of plain values has a JSON form")
    }
}

/// A connection of a user on this node, and the session it was joined for.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) session: SessionId,
    pub(super) connection: Arc<Connection>,
}
