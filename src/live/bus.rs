//! The bus carries wake-ups from the node that committed to the nodes that follow.

use super::nats::{self, Nats};
use crate::{domain::ids::UserId, store::Committed};
use bytes::Bytes;
use std::future::pending;

/// How nodes notify each other that a user's log has grown.
///
/// A wake-up is a hint: it may be lost, duplicated, late or forged without harm. The log holds what was committed, and
/// the sweep compares it with what was delivered.
pub enum Bus {
    /// No bus, for a single node. Several nodes on one database would find each other's commits by the sweep.
    Local,
    /// Over NATS.
    Nats(Box<Nats>),
}

/// The bus does not carry wake-ups at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message bus does not answer")]
pub struct BusDown;

/// A subscription to the bus.
pub(super) enum Wakeups {
    /// There are no wake-ups.
    Local,
    /// The messages of one subject.
    Nats(nats::Wakeups),
}

impl Bus {
    /// Announces a commit to the other nodes. It never waits: if the bus is down or busy, nothing is sent.
    pub(super) fn announce(&self, committed: Committed) {
        if let Self::Nats(nats) = self {
            nats.announce(committed);
        }
    }

    /// Subscribes to a user. Commits after this has returned arrive, if the bus is up. If the bus does not answer soon,
    /// the subscription takes effect once it does.
    pub(super) async fn listen(&self, user: UserId) -> Wakeups {
        match self {
            Self::Local => Wakeups::Local,
            Self::Nats(nats) => Wakeups::Nats(nats.listen_to(nats::subject(user)).await),
        }
    }

    /// Sends the other nodes a message that concerns no single user. It never waits, like [`Bus::announce`].
    pub(super) fn publish(&self, subject: &'static str, message: String) {
        if let Self::Nats(nats) = self {
            nats.publish(subject, message);
        }
    }

    /// Subscribes to the other nodes' messages under this subject.
    pub(super) async fn listen_to(&self, subject: &'static str) -> Wakeups {
        match self {
            Self::Local => Wakeups::Local,
            Self::Nats(nats) => Wakeups::Nats(nats.listen_to(subject.to_owned()).await),
        }
    }

    /// Whether wake-ups get through.
    pub(super) async fn ping(&self) -> Result<(), BusDown> {
        match self {
            Self::Local => Ok(()),
            Self::Nats(nats) => nats.ping().await,
        }
    }

    /// Awaits the first connection to the bus, for a second at most.
    pub(super) async fn connected(&self) {
        if let Self::Nats(nats) = self {
            nats.connected().await;
        }
    }

    /// Returns after each connection to the bus, once this node's subscriptions are restored. Announcements until then
    /// may have been missed.
    pub(super) async fn reconnected(&self) {
        match self {
            Self::Local => pending().await,
            Self::Nats(nats) => nats.reconnected().await,
        }
    }

    /// Flushes what was announced, unless the bus is down.
    pub(super) async fn flush(&self) {
        if let Self::Nats(nats) = self {
            nats.flush().await;
        }
    }
}

impl Wakeups {
    /// The next announced revision and version of the credentials. Cancel-safe.
    pub(super) async fn next_commit(&mut self) -> (i64, i64) {
        match self {
            Self::Local => pending().await,
            Self::Nats(wakeups) => wakeups.next_commit().await,
        }
    }

    /// The next message of any content. Cancel-safe.
    pub(super) async fn next(&mut self) -> Bytes {
        match self {
            Self::Local => pending().await,
            Self::Nats(wakeups) => wakeups.next().await,
        }
    }
}
