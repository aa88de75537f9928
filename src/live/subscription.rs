//! A connection's one subscription to the account's events, and what feeds it.

use super::{connection::Connection, identity::Identity, page::Page, socket::Refused};
use crate::domain::session::Caller;
use bytes::Bytes;
use std::sync::atomic::Ordering;

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

impl Connection {
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
}
