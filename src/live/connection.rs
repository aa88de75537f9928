//! One open socket, or one HTTP call: who it acts for, and what feeds it.

use super::{
    identity::{BindError, Binding, Identity},
    page::Page,
    session_end::SessionEnd,
    socket::{Close, Refused, Socket},
};
use crate::domain::{ids::SessionId, session::Caller};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// What feeds a subscription.
pub(super) enum Feed {
    /// There is none.
    None,
    /// One is being granted.
    Reserved,
    /// The catch-up task of the subscription with this number, until it has reached the follower.
    CatchUp(u64),
    /// The follower; every entry up to the cursor was sent.
    Live {
        /// Which subscription of the connection it is.
        number: u64,
        /// The last revision that was sent.
        cursor: i64,
    },
    /// The last event was sent.
    Finished,
}

/// What became of a page that was offered.
pub(super) enum Offer {
    /// The connection is not fed by the follower, or has all of it.
    NotLive,
    /// So many events are on their way.
    Sent(usize),
    /// The peer cannot keep up: the subscription with this number must catch up from this revision.
    Behind(u64, i64),
}

/// The subscription is over: the socket is closing, or the client has unsubscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Over;

/// One open socket, or the transient stand-in of an HTTP call.
pub struct Connection {
    /// Unique in this process.
    pub id: u64,
    /// The peer's address.
    pub peer: IpAddr,
    /// What the peer says it is.
    pub user_agent: Option<String>,
    pub(super) identity: Mutex<Identity>,
    binding: tokio::sync::Mutex<()>,
    pub(super) joined: Mutex<Option<Caller>>,
    /// Whether it acts by cookie alone: browsers send cookies unasked, so it may still be bound by a token.
    by_cookie: AtomicBool,
    closed: AtomicBool,
    pub(super) socket: Option<Arc<Socket>>,
    pub(super) feed: Mutex<Feed>,
    /// How many subscriptions there have been.
    subscriptions: AtomicU64,
    /// A call of this connection is renewing its session's credentials.
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

    /// Who it acts for at this moment.
    pub fn identity(&self) -> Identity {
        *self.identity.lock()
    }

    /// Cancelled when the session of a WebSocket ends: what only reads or waits stops then. An HTTP call has none.
    pub fn ended(&self) -> Option<&CancellationToken> {
        self.socket.as_ref().map(|socket| socket.ended())
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

    /// Notes that the cookie of the handshake bound it.
    pub fn mark_bound_by_cookie(&self) {
        self.by_cookie.store(true, Ordering::Release);
    }

    /// Whether it is bound by the cookie of its handshake and by nothing else.
    pub fn is_bound_by_cookie(&self) -> bool {
        self.by_cookie.load(Ordering::Acquire)
    }

    /// One binding at a time: whoever comes second finds the first one's outcome.
    pub async fn binding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.binding.lock().await
    }

    /// Announces that it is about to act for `caller`.
    pub(super) fn begin_binding(&self, caller: Caller) -> Result<Binding, BindError> {
        let mut identity = self.identity.lock();
        let binding = match *identity {
            Identity::Anonymous => Binding::New,
            // With credentials of another version it is checked like the first time.
            Identity::Bound(present) if (present.user, present.session) == (caller.user, caller.session) => {
                self.by_cookie.store(false, Ordering::Release);
                return Ok(Binding::Present);
            }
            // What is subscribed to is one account's. A subscription is reserved under the same lock.
            Identity::Bound(present) if self.is_bound_by_cookie() && matches!(*self.feed.lock(), Feed::None) => {
                self.by_cookie.store(false, Ordering::Release);
                Binding::InPlaceOf(present)
            }
            Identity::Binding(_) | Identity::Bound(_) | Identity::Key(_) | Identity::Refused(_) => {
                return Err(BindError::OtherSession);
            }
            Identity::Ended(reason) => return Err(BindError::Ended(reason)),
        };
        *identity = Identity::Binding(caller);
        *self.joined.lock() = Some(caller);
        Ok(binding)
    }

    /// Acts for the session from now on, unless the follower has seen its end meanwhile.
    pub fn complete_binding(&self, caller: Caller) -> Result<(), BindError> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Binding(present) | Identity::Bound(present)
                if (present.user, present.session) == (caller.user, caller.session) =>
            {
                *identity = Identity::Bound(caller);
                *self.joined.lock() = Some(caller);
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

    /// Closes the socket with this code and text and without a last event: no event is sent any more, calls in flight
    /// are answered, and nothing follows the Close frame. The first reason holds. A peer that does not answer it in time
    /// is cut.
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

    /// Pings the peer if it has been silent, and cuts one that has gone or does not read. To be called once a second.
    pub fn sweep(&self) {
        if let Some(socket) = &self.socket {
            socket.sweep();
        }
    }

    /// Keeps the connection's one subscription for who asks first; `false` if there is one already, or if the
    /// connection does not act for `caller` any more.
    pub fn reserve_subscription(&self, caller: Caller) -> bool {
        let identity = self.identity.lock();
        if *identity != Identity::Bound(caller) {
            return false;
        }
        let mut feed = self.feed.lock();
        let is_free = matches!(*feed, Feed::None);
        if is_free {
            *feed = Feed::Reserved;
        }
        is_free
    }

    /// Gives a reserved subscription up.
    pub fn release_subscription(&self) {
        let mut feed = self.feed.lock();
        if matches!(*feed, Feed::Reserved) {
            *feed = Feed::None;
        }
    }

    /// Ends the subscription; `false` if there is none. Once this has returned, no event is sent.
    pub fn unsubscribe(&self) -> bool {
        let mut feed = self.feed.lock();
        let is_fed = matches!(*feed, Feed::CatchUp(_) | Feed::Live { .. });
        if is_fed {
            *feed = Feed::None;
        }
        is_fed
    }

    /// Begins the reserved subscription in catch-up and gives its number; none if the session has ended meanwhile.
    pub(super) fn begin_subscription(&self) -> Option<u64> {
        let mut feed = self.feed.lock();
        matches!(*feed, Feed::Reserved).then(|| {
            let number = self.subscriptions.fetch_add(1, Ordering::Relaxed);
            *feed = Feed::CatchUp(number);
            number
        })
    }

    /// Hands the subscription over to the follower, unless it is another by now; `false` if the session has ended, of
    /// which the follower no longer tells this connection.
    pub(super) fn go_live(&self, number: u64, cursor: i64) -> bool {
        let mut feed = self.feed.lock();
        if matches!(self.identity(), Identity::Ended(_)) {
            return false;
        }
        if matches!(*feed, Feed::CatchUp(present) if present == number) {
            *feed = Feed::Live { number, cursor };
        }
        true
    }

    /// Sends what a live connection has not had of a page of the log.
    pub(super) fn offer(&self, page: &Page) -> Offer {
        let Some(socket) = &self.socket else { return Offer::NotLive };
        let mut feed = self.feed.lock();
        let Feed::Live { number, cursor } = &mut *feed else { return Offer::NotLive };
        let Some((frames, count)) = page.after(*cursor) else { return Offer::NotLive };
        match socket.send_events(&frames) {
            Ok(()) => {
                *cursor = page.last();
                Offer::Sent(count)
            }
            Err(Refused::Full) => {
                let (number, cursor) = (*number, *cursor);
                *feed = Feed::CatchUp(number);
                Offer::Behind(number, cursor)
            }
            Err(Refused::Closed) => {
                *feed = Feed::None;
                Offer::NotLive
            }
        }
    }

    /// Sends events of a subscription in catch-up as soon as there is room for them.
    pub(super) async fn catch_up(&self, number: u64, frames: &Bytes) -> Result<(), Over> {
        let Some(socket) = &self.socket else { return Err(Over) };
        loop {
            socket.room_for_events().await;
            let feed = self.feed.lock();
            if !matches!(*feed, Feed::CatchUp(present) if present == number) {
                return Err(Over);
            }
            match socket.send_events(frames) {
                Ok(()) => return Ok(()),
                Err(Refused::Closed) => return Err(Over),
                // Answers took the room meanwhile.
                Err(Refused::Full) => {}
            }
        }
    }

    /// Whether the subscription in catch-up is over.
    pub(super) fn is_over(&self, number: u64) -> bool {
        let is_cut = self.socket.as_ref().is_none_or(|socket| socket.is_killed());
        is_cut || !matches!(*self.feed.lock(), Feed::CatchUp(present) if present == number)
    }

    /// The session has ended: no call acts for it any more, reads and waits stop, a live subscription gets its last
    /// event, the socket is closed. One that is catching up comes to the entry itself. Nothing happens to one that has
    /// been bound to another session since.
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

    pub(super) fn stop_acting(&self, identity: Identity) {
        *self.identity.lock() = identity;
        if let Some(ended) = self.ended() {
            ended.cancel();
        }
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
