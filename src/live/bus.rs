//! What carries wake-ups from the node that committed to those that follow.

use super::nats::{self, Nats};
use crate::{domain::ids::UserId, store::Committed};
use std::future::pending;

/// How nodes tell each other that a user's log has grown.
///
/// A wake-up is a hint: it may be lost, doubled, late or forged without harm. What was committed stands in
/// the log, which the sweep compares with what was handed on.
pub enum Bus {
    /// Not at all: there is one node. Several on one database would hear from each other by the sweep.
    Local,
    /// Over NATS.
    Nats(Box<Nats>),
}

/// The bus does not carry wake-ups at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message bus does not answer")]
pub struct BusDown;

/// What a follower hears from other nodes.
pub(super) enum Wakeups {
    /// Nothing.
    Local,
    /// What is published about its user.
    Nats(nats::Wakeups),
}

impl Bus {
    /// Tells the other nodes of a commit. Never waits: where the bus is down or too busy it tells nobody.
    pub(super) fn announce(&self, committed: Committed) {
        if let Self::Nats(nats) = self {
            nats.announce(committed);
        }
    }

    /// Begins to listen for a user. What is committed after this has returned is heard of, if the bus is
    /// up; where it does not answer soon, the listening begins once it does.
    pub(super) async fn listen(&self, user: UserId) -> Wakeups {
        match self {
            Self::Local => Wakeups::Local,
            Self::Nats(nats) => Wakeups::Nats(nats.listen(user).await),
        }
    }

    /// Whether wake-ups get through.
    pub(super) async fn ping(&self) -> Result<(), BusDown> {
        match self {
            Self::Local => Ok(()),
            Self::Nats(nats) => nats.ping().await,
        }
    }

    /// Returns after each connection to the bus, once this node is listening as before: what was announced
    /// until then may have been missed.
    pub(super) async fn reconnected(&self) {
        match self {
            Self::Local => pending().await,
            Self::Nats(nats) => nats.reconnected().await,
        }
    }

    /// Lets what was announced leave, unless the bus is down.
    pub(super) async fn flush(&self) {
        if let Self::Nats(nats) = self {
            nats.flush().await;
        }
    }
}

impl Wakeups {
    /// The next revision that somebody speaks of. Nothing is lost if it is dropped before that.
    pub(super) async fn next(&mut self) -> i64 {
        match self {
            Self::Local => pending().await,
            Self::Nats(wakeups) => wakeups.next().await,
        }
    }
}
