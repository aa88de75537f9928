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

/// Statements of connections that open, authenticate or catch up, at a time. When all tabs come back at once, a call of
/// somebody else waits behind so many of them and not behind all.
const TURNS: usize = 8;

/// What followers share.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) bus: Bus,
    /// Asks for a sweep at once.
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
    /// Sessions whose first socket here has opened, or whose last one has closed, since presence was last written.
    pub(super) presence_changes: DashSet<Caller>,
    pub(super) stopping: CancellationToken,
    turns: Semaphore,
}

/// The settings of live delivery.
#[derive(Clone, Copy, Debug)]
pub struct HubSettings {
    /// Sockets that one user may have open on this node.
    pub sockets_per_user: usize,
    /// How often the revisions handed on are compared with the database.
    pub sweep_period: Duration,
}

/// Live delivery on this node.
#[derive(Clone)]
pub struct Hub {
    pub(super) shared: Arc<Shared>,
    pub(super) sockets_per_user: usize,
}

impl Hub {
    /// A hub without followers, its sweep and its presence; those run among `tasks` until it stops.
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

    /// Wakes those who follow the user, on every node. Only what is committed can be announced. Never waits.
    pub fn announce(&self, committed: Committed) {
        self.shared.bus.announce(committed);
        if let Some(follower) = self.shared.followers.get(&committed.user) {
            follower.wake(Reached::from(committed));
        }
        if committed.revokes {
            self.announce_revocations();
        }
    }

    /// Closes a socket when its service key is revoked or expires. The key must be looked up *after* this, and told by
    /// [`Hub::expire_with`]: its end is then seen either here or there.
    pub fn join_key(&self, connection: &Arc<Connection>, key: KeyId) {
        self.shared.key_sockets.add(connection, key);
    }

    /// Says when the key of a socket that has joined expires.
    pub fn expire_with(&self, connection: &Connection, key: &ServiceKey) {
        self.shared.key_sockets.expire(connection, key);
    }

    /// A key was revoked, and that is committed: closes its sockets, here at once and on other nodes as soon as they
    /// hear of it.
    pub fn end_key(&self, key: KeyId) {
        self.shared.key_sockets.end(key, EndReason::Revoked);
        self.shared.bus.tell(key_sockets::SUBJECT, key.to_string());
    }

    /// Revocations are committed: those who follow them are told, on every node.
    pub fn announce_revocations(&self) {
        self.shared.revocations.look_soon();
        self.shared.bus.tell(revocations::SUBJECT, String::new());
    }

    /// The revocations after a cursor, or all that are kept.
    pub async fn list_revocations(&self, since: Option<RevocationCursor>) -> Result<RevocationsPage, store::Error> {
        revocations::list(&self.shared, since).await
    }

    /// Keeps the one subscription of this socket to the revocations; `None` if it has one. What is given begins it.
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

    /// Begins to send the caller's log to a connection that has joined and has reserved its subscription.
    /// The first event is a snapshot, or the entry after `after`.
    pub fn subscribe(&self, connection: &Arc<Connection>, caller: Caller, after: Option<i64>) {
        // The socket has closed or the session has ended meanwhile.
        let Some(follower) = self.shared.followers.get(&caller.user).map(|f| f.clone()) else { return };
        let Some(subscription) = connection.begin_subscription() else { return };
        let joined = Joined { session: caller.session, connection: connection.clone() };
        // A tab that comes back where the follower is costs no statement.
        if let Some(cursor) = after
            && follower.reached(cursor, || connection.go_live(subscription, cursor))
        {
            return;
        }
        catch_up::spawn(&self.shared, &follower, joined, subscription, after.map_or(Start::Snapshot, Start::After));
    }

    /// A call of this connection has renewed its session's credentials, or has not (`None`).
    pub fn complete_renewal(&self, connection: &Connection, renewed: Option<Caller>) {
        connection.complete_renewal(renewed);
        // A renewal by somebody else meanwhile has passed this connection by.
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

    /// A user's live sessions, newest first, as they are seen from the session `current`; read in a transaction that has
    /// checked who asks.
    pub async fn live_sessions(
        &self,
        tx: &mut Tx,
        user: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<Session>, store::Error> {
        live_sessions(&self.shared, tx, user, current).await
    }

    /// A connection's turn for a statement while it opens, authenticates or catches up. To be given back before anything
    /// else is awaited.
    pub async fn turn(&self) -> SemaphorePermit<'_> {
        self.shared.turn().await
    }

    /// Whether a session has a socket open: on this node as of now, on others as of a moment ago.
    pub async fn is_connected(&self, caller: Caller) -> Result<bool, store::Error> {
        let here = self.shared.followers.get(&caller.user).is_some_and(|follower| follower.serves(caller.session));
        let alive_since = self.shared.alive_since(self.shared.clock.now());
        Ok(here || self.shared.store.is_session_connected(caller.session, alive_since).await?)
    }

    /// Compares this node's clock with the database's: by how many milliseconds it is ahead.
    pub async fn measure_clock(&self) -> i64 {
        clock_distance::measure(&self.shared).await.unwrap_or_default()
    }

    /// Every session that has a socket open on this node.
    pub fn all_connected_sessions(&self) -> Vec<SessionId> {
        self.shared.followers.iter().flat_map(|follower| follower.sessions()).collect()
    }

    /// Users whose log this node follows.
    pub fn followers(&self) -> usize {
        self.shared.followers.len()
    }

    /// Whether wake-ups of other nodes arrive.
    ///
    /// # Errors
    /// [`BusDown`]; then the sweep finds them.
    pub async fn check_bus(&self) -> Result<(), BusDown> {
        self.shared.bus.ping().await
    }

    /// Awaits that the bus can carry announcements, for a second at most: a process that has just begun and soon ends would
    /// else end before it has told anybody.
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

    /// The sessions of a user that have a socket open on this node, sorted.
    pub(super) fn connected_sessions(&self, user: UserId) -> Vec<SessionId> {
        self.followers.get(&user).map(|follower| follower.sessions()).unwrap_or_default()
    }
}
