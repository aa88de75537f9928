//! Live delivery: every entry of a user's log to every open connection of the user on this node.
//!
//! A [`Hub`] holds one *follower* per user who is connected to this node or waits on it. A commit wakes the follower
//! with nothing but the user and the revision; the follower reads the log from its cursor and delivers each entry to
//! its connections. So a lost, duplicated or reordered wake-up does no harm, and the *sweep* finds what was not
//! announced (because a node died, or in an outage) by comparing revisions. Wake-ups travel between nodes over the
//! [`Bus`], which makes delivery fast; correctness does not depend on it.
//!
//! An event is serialised and framed once, and the bytes are shared by all connections: [`Socket`] writes them to the
//! kernel, or queues them where the peer does not keep up.
//!
//! A connection is fed in one of two ways, with one cursor: *live* by the follower, or, when it has just subscribed or
//! cannot keep up, by a *catch-up* task that reads the log at the pace of its peer and hands over to the follower once
//! it has caught up. The end of a session is an entry of the log like any other; either way ends the connection when it
//! gets to it.

mod bus;
mod catch_up;
mod clock_distance;
mod connection;
mod follower;
pub mod frame;
mod hub;
mod identity;
mod jetstream;
mod join;
mod key_sockets;
mod members;
mod nats;
mod notification;
mod page;
mod presence;
mod renewal;
mod revocations;
mod session_end;
mod snapshot;
mod socket;
mod subscription;
mod sweep;

pub use bus::{Bus, BusDown};
pub use connection::Connection;
pub use follower::Membership;
pub use hub::{Hub, HubSettings};
pub use identity::{BindError, Identity};
pub use jetstream::{JetStream, JetStreamFault};
pub use join::JoinError;
pub use nats::{Nats, NatsFault};
pub use notification::{EVENT, SUBSCRIPTION};
pub use revocations::{REVOCATIONS, REVOCATIONS_EVENT, RevocationsPage};
pub use snapshot::SnapshotError;
pub use socket::{Close, Socket};
