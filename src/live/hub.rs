//! The followers of this node.

use super::{
    bus::{Bus, BusDown},
    catch_up::{self, Start},
    clock_distance::{self, ClockDistance},
    connection::{Connection, Joined},
    follower::Follower,
    key_sockets::{self, KeySockets},
    presence,
    revocations::{self, Revocations, RevocationsPage},
    snapshot::{SnapshotError, live_sessions, read_snapshot},
    sweep,
};
use crate::{
    domain::{
        event::Snapshot,
        ids::{Epoch, KeyId, NodeId, SessionId, UserId},
        revocation::RevocationCursor,
        service_key::ServiceKey,
        session::{Caller, EndReason, Session, SessionLifetimes},
        time::Clock,
    },
    store::{self, Committed, Reached, Store, Tx},
};
use dashmap::{DashMap, DashSet};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The number of statements that connections which open, authenticate or catch up may run at a time. When all tabs
/// reconnect at once, another user's call waits behind this many of them and not behind all.
const TURNS: usize = 8;

/// The state that the followers share.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) bus: Bus,
    /// Requests a sweep at once.
    pub(super) sweep_soon: Notify,
    pub(super) clock: Clock,
    pub(super) clock_distance: ClockDistance,
    pub(super) lifetimes: SessionLifetimes,
    pub(super) epoch: Mutex<Epoch>,
    pub(super) followers: DashMap<UserId, Arc<Follower>>,
    /// The open sockets of service keys.
    pub(super) key_sockets: KeySockets,
    pub(super) revocations: Revocations,
    pub(super) node: NodeId,
    /// Sessions whose first socket on this node has opened, or whose last one has closed, since presence was last
    /// written.
    pub(super) presence_changes: DashSet<Caller>,
    pub(super) stopping: CancellationToken,
    turns: Semaphore,
}

/// The settings of live delivery.
#[derive(Clone, Copy, Debug)]
pub struct HubSettings {
    /// Sockets that one user may have open on this node.
    pub sockets_per_user: usize,
    /// The interval of the sweep, which compares the delivered revisions with the database.
    pub sweep_period: Duration,
}

/// Live delivery on this node.
#[derive(Clone)]
pub struct Hub {
    pub(super) shared: Arc<Shared>,
    pub(super) sockets_per_user: usize,
}

impl Hub {
    /// Starts a hub without followers, with its sweep and presence tasks among `tasks`, which run until it stops.
    pub fn start(
        store: Store,
        clock: Clock,
        lifetimes: SessionLifetimes,
        epoch: Epoch,
        bus: Bus,
        HubSettings { sockets_per_user, sweep_period }: HubSettings,
        tasks: &TaskTracker,
    ) -> Self {
        let shared = Arc::new(Shared {
            store,
            bus,
            sweep_soon: Notify::new(),
            clock,
            clock_distance: ClockDistance::default(),
            lifetimes,
            epoch: Mutex::new(epoch),
            followers: DashMap::new(),
            key_sockets: KeySockets::default(),
            revocations: Revocations::default(),
            node: NodeId::new(),
            presence_changes: DashSet::new(),
            stopping: CancellationToken::new(),
            turns: Semaphore::new(TURNS),
        });
        tasks.spawn(sweep::run(shared.clone(), sweep_period));
        tasks.spawn(sweep::after_reconnects(shared.clone()));
        tasks.spawn(clock_distance::run(shared.clone()));
        tasks.spawn(presence::run(shared.clone()));
        tasks.spawn(key_sockets::run(shared.clone(), sweep_period));
        tasks.spawn(revocations::run(shared.clone(), sweep_period));
        Self { shared, sockets_per_user }
    }

    /// Wakes the followers of the user on every node. Only a committed change can be announced. It never waits.
    pub fn announce(&self, committed: Committed) {
        self.shared.bus.announce(committed);
        if let Some(follower) = self.shared.followers.get(&committed.user) {
            follower.wake(Reached::from(committed));
        }
        if committed.revokes {
            self.announce_revocations();
        }
    }

    /// Closes a socket when its service key is revoked or expires. The key must be looked up *after* this and passed to
    /// [`Hub::expire_with`]: its end is then seen by one of the two.
    pub fn join_key(&self, connection: &Arc<Connection>, key: KeyId) {
        self.shared.key_sockets.add(connection, key);
    }

    /// Sets when the key of a socket that has joined expires.
    pub fn expire_with(&self, connection: &Connection, key: &ServiceKey) {
        self.shared.key_sockets.expire(connection, key);
    }

    /// Closes the sockets of a key whose revocation is committed: on this node at once, and on other nodes as soon as
    /// they get the announcement.
    pub fn end_key(&self, key: KeyId) {
        self.shared.key_sockets.end(key, EndReason::Revoked);
        self.shared.bus.publish(key_sockets::SUBJECT, key.to_string());
    }

    /// Announces committed revocations to their subscribers on every node.
    pub fn announce_revocations(&self) {
        self.shared.revocations.look_soon();
        self.shared.bus.publish(revocations::SUBJECT, String::new());
    }

    /// The revocations after a cursor, or all that are kept.
    pub async fn list_revocations(&self, since: Option<RevocationCursor>) -> Result<RevocationsPage, store::Error> {
        revocations::list(&self.shared, since).await
    }

    /// Registers the one subscription of this socket to the revocations; `None` if it has one already. The returned
    /// future serves it.
    pub fn subscribe_to_revocations(
        &self,
        connection: &Arc<Connection>,
        since: Option<RevocationCursor>,
    ) -> Option<impl FnOnce() + Send + use<>> {
        revocations::subscribe(&self.shared, connection, since)
    }

    /// Ends this socket's subscription to the revocations; `false` if there is none.
    pub fn unsubscribe_from_revocations(&self, connection: &Connection) -> bool {
        self.shared.revocations.unsubscribe(connection)
    }

    /// Starts to send the caller's log to a connection that has joined and has reserved its subscription. The first
    /// event is a snapshot, or the entry after `after`.
    pub fn subscribe(&self, connection: &Arc<Connection>, caller: Caller, after: Option<i64>) {
        // The socket has closed, or the session has ended, in the meantime.
        let Some(follower) = self.shared.followers.get(&caller.user).map(|f| f.clone()) else { return };
        let Some(subscription) = connection.begin_subscription() else { return };
        let joined = Joined { session: caller.session, connection: connection.clone() };
        // A tab that reconnects at the follower's cursor costs no statement.
        if let Some(cursor) = after
            && follower.reached(cursor, || connection.go_live(subscription, cursor))
        {
            return;
        }
        catch_up::spawn(&self.shared, &follower, joined, subscription, after.map_or(Start::Snapshot, Start::After));
    }

    /// Completes the renewal of the session's credentials by a call of this connection; with `None`, it did not take
    /// place.
    pub fn complete_renewal(&self, connection: &Connection, renewed: Option<Caller>) {
        connection.complete_renewal(renewed);
        // A renewal by another connection in the meantime has left this one out.
        if let Some(caller) = connection.joined()
            && let Some(follower) = self.shared.followers.get(&caller.user)
        {
            follower.check_again();
        }
    }

    /// The whole account at one revision.
    pub async fn snapshot(&self, caller: Caller) -> Result<(i64, Snapshot), SnapshotError> {
        read_snapshot(&self.shared, caller).await
    }

    /// A user's live sessions, newest first, as seen from the session `current`; read in a transaction that has checked
    /// the caller.
    pub async fn live_sessions(
        &self,
        tx: &mut Tx,
        user: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<Session>, store::Error> {
        live_sessions(&self.shared, tx, user, current).await
    }

    /// A connection's turn for a statement while it opens, authenticates or catches up. The permit must be dropped
    /// before anything else is awaited.
    pub async fn turn(&self) -> SemaphorePermit<'_> {
        self.shared.turn().await
    }

    /// Whether a session has an open socket: on this node at present, on other nodes up to a moment ago.
    pub async fn is_connected(&self, caller: Caller) -> Result<bool, store::Error> {
        let here = self.shared.followers.get(&caller.user).is_some_and(|follower| follower.serves(caller.session));
        let alive_since = self.shared.alive_since(self.shared.clock.now());
        Ok(here || self.shared.store.is_session_connected(caller.session, alive_since).await?)
    }

    /// Measures by how many milliseconds this node's clock is ahead of the database's; `None` if both are one.
    ///
    /// # Errors
    /// The database could not be asked. The distance that was measured before remains in use.
    pub async fn measure_clock(&self) -> Result<Option<i64>, store::Error> {
        clock_distance::measure(&self.shared).await
    }

    /// Every session that has an open socket on this node.
    pub fn all_connected_sessions(&self) -> Vec<SessionId> {
        self.shared.followers.iter().flat_map(|follower| follower.sessions()).collect()
    }

    /// The number of users whose log this node follows.
    pub fn followers(&self) -> usize {
        self.shared.followers.len()
    }

    /// Whether wake-ups of other nodes arrive.
    ///
    /// # Errors
    /// [`BusDown`]: until the bus is back, the sweep finds their commits.
    pub async fn check_bus(&self) -> Result<(), BusDown> {
        self.shared.bus.ping().await
    }

    /// Waits until the bus can carry announcements, for a second at most: a process that runs only briefly would
    /// otherwise end before it has announced anything.
    pub async fn await_bus(&self) {
        self.shared.bus.connected().await;
    }

    /// Sends the last announcements before the process ends.
    pub async fn flush_bus(&self) {
        self.shared.bus.flush().await;
    }

    /// Cancelled when the node stops; waiting calls are then answered.
    pub fn stopping(&self) -> &CancellationToken {
        &self.shared.stopping
    }
}

impl Shared {
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("this semaphore is never closed")
    }

    /// The sessions of a user that have an open socket on this node, sorted.
    pub(super) fn connected_sessions(&self, user: UserId) -> Vec<SessionId> {
        self.followers.get(&user).map(|follower| follower.sessions()).unwrap_or_default()
    }
}
