//! One open socket, or one HTTP call: the session it acts for, and what feeds it.

use super::{
    identity::Identity,
    session_end::SessionEnd,
    socket::{Close, Socket},
    subscription::Feed,
};
use crate::domain::{ids::SessionId, session::Caller};
use parking_lot::Mutex;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// One open socket, or the transient stand-in of an HTTP call.
pub struct Connection {
    /// Unique in this process.
    pub id: u64,
    /// The peer's address.
    pub peer: IpAddr,
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
    pub(super) identity: Mutex<Identity>,
    /// Held while the connection is bound to a session.
    pub(super) binding: tokio::sync::Mutex<()>,
    /// The session whose follower holds this connection, whatever its identity is now.
    pub(super) joined: Mutex<Option<Caller>>,
    /// Whether it acts by its cookie alone. Browsers send cookies with every request, so a token may still bind the
    /// connection to another session.
    pub(super) by_cookie: AtomicBool,
    closed: AtomicBool,
    pub(super) socket: Option<Arc<Socket>>,
    pub(super) feed: Mutex<Feed>,
    /// The number of subscriptions so far.
    pub(super) subscriptions: AtomicU64,
    /// Whether a call of this connection is renewing its session's credentials.
    pub(super) renewing: AtomicBool,
}

impl Connection {
    /// A connection that acts for nobody. HTTP calls have no socket.
    pub fn new(id: u64, peer: IpAddr, user_agent: Option<String>, socket: Option<Arc<Socket>>) -> Self {
        Self {
            id,
            peer,
            user_agent,
            identity: Mutex::new(Identity::Anonymous),
            binding: tokio::sync::Mutex::new(()),
            joined: Mutex::new(None),
            by_cookie: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            socket,
            feed: Mutex::new(Feed::None),
            subscriptions: AtomicU64::new(0),
            renewing: AtomicBool::new(false),
        }
    }

    /// Whether it is a WebSocket.
    pub fn is_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// Cancelled when the session of a WebSocket ends: calls that only read or wait stop then. An HTTP call has none.
    pub fn ended(&self) -> Option<&CancellationToken> {
        self.socket.as_ref().map(|socket| socket.ended())
    }

    /// The stand-in of an HTTP call with this credential.
    pub fn identified(self, identity: Identity) -> Self {
        Self { identity: Mutex::new(identity), ..self }
    }

    /// Records that the socket has closed.
    pub fn mark_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the socket has closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the socket with this code and text and without a last event: no event is sent any more, calls in flight
    /// are answered, and nothing follows the Close frame. The first close wins. A peer that does not answer it in time
    /// is cut off.
    pub fn close(&self, code: u16, reason: &'static str) {
        if let Some(socket) = &self.socket {
            socket.close(Close { code, reason });
        }
    }

    /// Cuts the socket.
    pub fn kill(&self) {
        if let Some(socket) = &self.socket {
            socket.kill();
        }
    }

    /// Pings a peer that has been silent, and cuts off one that is gone or does not read. To be called once a second.
    pub fn sweep(&self) {
        if let Some(socket) = &self.socket {
            socket.sweep();
        }
    }

    /// Ends the connection with its session: no call acts for the session any more, reads and waits stop, a live
    /// subscription gets its last event, and the socket is closed. A subscription in catch-up gets to the entry itself.
    /// A connection that has been bound to another session since is left alone.
    pub(super) fn end(&self, session: SessionId, end: &SessionEnd) {
        {
            let mut identity = self.identity.lock();
            if self.joined().is_some_and(|joined| joined.session != session) {
                return;
            }
            *identity = Identity::Ended(end.reason);
        }
        if let Some(ended) = self.ended() {
            ended.cancel();
        }
        let Some(socket) = &self.socket else { return };
        let mut feed = self.feed.lock();
        match *feed {
            Feed::CatchUp(_) => {}
            Feed::Live { .. } => {
                *feed = Feed::Finished;
                socket.send_last_event(&end.event(), end.close());
            }
            Feed::None | Feed::Reserved | Feed::Finished => {
                *feed = Feed::Finished;
                socket.close(end.close());
            }
        }
        socket.expire();
    }

    /// Sends the last event of a subscription that has caught up with the end of its session, then closes.
    pub(super) fn finish(&self, end: &SessionEnd) {
        self.stop_acting(Identity::Ended(end.reason));
        let Some(socket) = &self.socket else { return };
        let mut feed = self.feed.lock();
        if matches!(*feed, Feed::CatchUp(_)) {
            socket.send_last_event(&end.event(), end.close());
        } else {
            socket.close(end.close());
        }
        *feed = Feed::Finished;
        socket.expire();
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).field("identity", &self.identity()).finish_non_exhaustive()
    }
}

/// A connection of a user on this node, and the session it was joined for.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) session: SessionId,
    pub(super) connection: Arc<Connection>,
}
