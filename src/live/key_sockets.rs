//! The open sockets of service keys on this node: closed as soon as their key is revoked or expires.

use super::{
    connection::Connection, hub::Shared, identity::Identity, session_end::SESSION_ENDED, socket::Close,
    subscription::Feed,
};
use crate::{
    domain::{
        ids::KeyId,
        service_key::ServiceKey,
        session::EndReason,
        time::{Clock, Timestamp},
    },
    store,
};
use dashmap::DashMap;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;

/// The subject under which nodes announce that a key was revoked.
pub(super) const SUBJECT: &str = "marbelle.keys";
/// Keys looked up in one statement.
const BATCH: usize = 500;

/// The open sockets of service keys, by connection.
#[derive(Default)]
pub(super) struct KeySockets {
    open: DashMap<u64, KeySocket>,
    /// Requests a look-up of the keys at once.
    look_soon: Notify,
}

struct KeySocket {
    key: KeyId,
    expires_at: Option<Timestamp>,
    connection: Arc<Connection>,
}

impl KeySockets {
    /// Registers a socket of a key. Its key must be looked up *after* this: its end is then seen by one of the two.
    pub(super) fn add(&self, connection: &Arc<Connection>, key: KeyId) {
        self.open.insert(connection.id, KeySocket { key, expires_at: None, connection: connection.clone() });
    }

    /// Closes a socket when its key expires.
    pub(super) fn expire(&self, connection: &Connection, key: &ServiceKey) {
        if let Some(mut socket) = self.open.get_mut(&connection.id) {
            socket.expires_at = key.expires_at;
        }
        if key.expires_at.is_some() {
            self.look_soon.notify_one();
        }
    }

    pub(super) fn remove(&self, connection: &Connection) {
        self.open.remove(&connection.id);
    }

    /// Closes the sockets of a key.
    pub(super) fn end(&self, key: KeyId, reason: EndReason) {
        self.end_where(|socket| (socket.key == key).then_some(reason));
    }

    fn end_where(&self, ends: impl Fn(&KeySocket) -> Option<EndReason>) {
        // Outside the map's locks: closing a socket may remove it.
        let ended: Vec<_> =
            self.open.iter().filter_map(|socket| Some((socket.connection.clone(), ends(&socket)?))).collect();
        for (connection, reason) in ended {
            connection.end_key(reason);
            self.remove(&connection);
        }
    }

    /// How long until the next of these keys expires, at most `longest`.
    fn wait(&self, clock: &Clock, longest: Duration) -> Duration {
        let now = clock.now();
        let waits = self.open.iter().filter_map(|socket| socket.expires_at).map(|at| at.since(now));
        waits.min().unwrap_or(longest).min(longest)
    }
}

impl Connection {
    /// Acts by a service key from now on; `false` if the key has ended in the meantime.
    pub fn identify(&self, identity: Identity) -> bool {
        let mut present = self.identity.lock();
        let is_free = *present == Identity::Anonymous;
        if is_free {
            *present = identity;
        }
        is_free
    }

    /// The service key that it acts by at present.
    pub fn key(&self) -> Option<KeyId> {
        match self.identity() {
            Identity::Key(credential) => Some(credential.id),
            _ => None,
        }
    }

    /// Ends the connection with its service key: no call acts by it any more, reads and waits stop, and the socket is
    /// closed.
    pub(super) fn end_key(&self, reason: EndReason) {
        self.stop_acting(Identity::Ended(reason));
        let Some(socket) = &self.socket else { return };
        *self.feed.lock() = Feed::Finished;
        socket.close(Close { code: SESSION_ENDED, reason: reason.as_str() });
        socket.expire();
    }
}

/// Closes the sockets of keys that were revoked elsewhere or have expired, until the node stops: at once when the bus
/// announces it, otherwise with the sweep.
pub(super) async fn run(shared: Arc<Shared>, period: Duration) {
    let mut announcements = shared.bus.listen_to(SUBJECT).await;
    loop {
        let wait = shared.key_sockets.wait(&shared.clock, period);
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = shared.key_sockets.look_soon.notified() => {}
            _ = announcements.next() => {}
        }
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "the service keys of open sockets could not be looked up; trying again");
            // The pause keeps an overdue key, which leaves no time to wait, from making this a busy loop.
            tokio::time::sleep(period.min(Duration::from_secs(1))).await;
        }
    }
}

async fn look(shared: &Shared) -> Result<(), store::Error> {
    let now = shared.clock.now();
    let sockets = &shared.key_sockets;
    sockets.end_where(|socket| socket.expires_at.is_some_and(|at| at <= now).then_some(EndReason::Expired));
    let keys: BTreeSet<KeyId> = sockets.open.iter().map(|socket| socket.key).collect();
    let keys: Vec<KeyId> = keys.into_iter().collect();
    for keys in keys.chunks(BATCH) {
        let live: HashSet<KeyId> = shared.store.live_service_keys(keys, now).await?.into_iter().collect();
        let asked: HashSet<KeyId> = keys.iter().copied().collect();
        sockets.end_where(|socket| {
            (asked.contains(&socket.key) && !live.contains(&socket.key)).then_some(EndReason::Revoked)
        });
    }
    Ok(())
}
