//! A connection's one subscription to the account's events, and what feeds it.

use super::{connection::Connection, identity::Identity, page::Page, socket::Refused};
use crate::domain::session::Caller;
use bytes::Bytes;
use std::sync::atomic::Ordering;

/// The source of a subscription's events.
pub(super) enum Feed {
    /// There is no subscription.
    None,
    /// A subscription is being granted.
    Reserved,
    /// The catch-up task of the subscription with this number, until it has reached the follower.
    CatchUp(u64),
    /// The follower; every entry up to the cursor was sent.
    Live {
        /// The number of the subscription on its connection.
        number: u64,
        /// The last revision that was sent.
        cursor: i64,
    },
    /// The last event was sent.
    Finished,
}

/// The outcome of offering a page.
pub(super) enum Offer {
    /// The connection is not fed by the follower, or has all of the page.
    NotLive,
    /// This many events are being sent.
    Sent(usize),
    /// The peer cannot keep up: the subscription with this number must catch up from this revision.
    Behind(u64, i64),
}

/// The subscription is over: the socket is closing, or the client has unsubscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Over;

impl Connection {
    /// Reserves the connection's one subscription; `false` if there is one already, or if the connection no longer acts
    /// for `caller`.
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

    /// Gives up a reserved subscription.
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

    /// Starts the reserved subscription in catch-up and returns its number; `None` if the session has ended in the
    /// meantime.
    pub(super) fn begin_subscription(&self) -> Option<u64> {
        let mut feed = self.feed.lock();
        matches!(*feed, Feed::Reserved).then(|| {
            let number = self.subscriptions.fetch_add(1, Ordering::Relaxed);
            *feed = Feed::CatchUp(number);
            number
        })
    }

    /// Hands the subscription over to the follower, unless another one has taken its place; `false` if the session has
    /// ended, in which case the follower no longer delivers to this connection.
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

    /// Sends the entries of a page that a live connection has not had yet.
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
                // Answers have taken the room in the meantime.
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
