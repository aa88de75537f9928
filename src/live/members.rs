//! The members of a follower, which keep it running: the connections it serves, and the calls that wait for its next
//! event.

use super::{
    connection::{Connection, Joined},
    session_end::SessionEnd,
};
use crate::{domain::ids::SessionId, store::SessionVersions};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The connections and guests of one follower.
pub(super) struct Members {
    /// In the order in which they were opened, which is roughly their order in memory, so that an event for thousands
    /// of them reads memory in sequence.
    connections: BTreeMap<u64, Joined>,
    /// Calls that wait for an event, and joins under way.
    guests: usize,
    /// Since when it has had no members.
    deserted: Option<Instant>,
    /// Whether the follower has stopped: nobody may join any more.
    closed: bool,
}

impl Default for Members {
    fn default() -> Self {
        Self { connections: BTreeMap::new(), guests: 0, deserted: Some(Instant::now()), closed: false }
    }
}

impl Members {
    /// Adds a guest; `false` if the follower has stopped.
    pub(super) fn add_guest(&mut self) -> bool {
        if !self.closed {
            self.guests += 1;
            self.deserted = None;
        }
        !self.closed
    }

    /// Removes a guest.
    pub(super) fn remove_guest(&mut self) {
        self.guests -= 1;
        self.mark_if_deserted();
    }

    /// Admits nobody any more if it has had no members for `linger`; returns whether that is so.
    pub(super) fn close_if_deserted(&mut self, linger: Duration) -> bool {
        self.closed |= self.deserted.is_some_and(|since| since.elapsed() >= linger);
        self.closed
    }

    /// Adds a connection unless there are `limit` already. A connection counts once.
    pub(super) fn add(&mut self, session: SessionId, connection: &Arc<Connection>, limit: usize) -> bool {
        if self.connections.len() >= limit && !self.connections.contains_key(&connection.id) {
            return false;
        }
        self.connections.insert(connection.id, Joined { session, connection: connection.clone() });
        true
    }

    /// Removes a connection; returns the session that it joined for.
    pub(super) fn remove(&mut self, connection: u64) -> Option<SessionId> {
        let joined = self.connections.remove(&connection);
        self.mark_if_deserted();
        joined.map(|joined| joined.session)
    }

    /// Whether a session has a connection here.
    pub(super) fn serves(&self, session: SessionId) -> bool {
        self.connections.values().any(|joined| joined.session == session)
    }

    /// The sessions that have a connection here, sorted.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.connections.values().map(|joined| joined.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }

    /// The connections, in the order in which they were opened.
    pub(super) fn connections(&self) -> impl Iterator<Item = &Joined> {
        self.connections.values()
    }

    /// Removes and returns the connections of sessions that have ended.
    pub(super) fn take_ended(&mut self, ended: &[(SessionId, SessionEnd)]) -> Vec<(Joined, SessionEnd)> {
        let mut taken = Vec::new();
        if ended.is_empty() {
            return taken;
        }
        self.connections.retain(|_, joined| {
            let end = ended.iter().find(|(session, _)| *session == joined.session);
            taken.extend(end.map(|(_, end)| (joined.clone(), *end)));
            end.is_none()
        });
        self.mark_if_deserted();
        taken
    }

    /// Removes and returns the connections that act by an earlier version of their session's credentials.
    pub(super) fn take_stale(&mut self, versions: &SessionVersions) -> Vec<Arc<Connection>> {
        let mut stale = Vec::new();
        self.connections.retain(|_, joined| {
            let present = versions.sessions.iter().find(|(session, _)| *session == joined.session);
            let is_stale = present.is_some_and(|(_, version)| joined.connection.is_older_than(*version));
            stale.extend(is_stale.then(|| joined.connection.clone()));
            !is_stale
        });
        self.mark_if_deserted();
        stale
    }

    fn mark_if_deserted(&mut self) {
        if self.connections.is_empty() && self.guests == 0 {
            self.deserted = Some(Instant::now());
        }
    }
}
