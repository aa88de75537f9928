//! The members of a follower, which keep it running: the connections it serves, and the calls that wait for its next
//! event.

use super::{
    connection::{Connection, Joined},
    session_end::SessionEnd,
};
use crate::{domain::ids::SessionId, store::SessionVersions};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// The connections and guests of one follower.
pub(super) struct Members {
    /// In the order in which they were opened, which is roughly their order in memory, so that an event for thousands
    /// of them reads memory in sequence.
    connections: BTreeMap<u64, Joined>,
    /// The number of connections of each session, so that a tab that opens does not walk over all the others.
    sessions: BTreeMap<SessionId, usize>,
    /// Calls that wait for an event, and joins under way.
    guests: usize,
    /// Since when it has had no members.
    deserted: Option<Instant>,
    /// Whether the follower has stopped: nobody may join any more.
    closed: bool,
}

impl Default for Members {
    fn default() -> Self {
        Self {
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            guests: 0,
            deserted: Some(Instant::now()),
            closed: false,
        }
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
        let joined = Joined { session, connection: connection.clone() };
        if let Some(before) = self.connections.insert(connection.id, joined) {
            count_off(&mut self.sessions, before.session);
        }
        *self.sessions.entry(session).or_default() += 1;
        true
    }

    /// Removes a connection; returns the session that it joined for.
    pub(super) fn remove(&mut self, connection: u64) -> Option<SessionId> {
        let session = self.connections.remove(&connection)?.session;
        count_off(&mut self.sessions, session);
        self.mark_if_deserted();
        Some(session)
    }

    /// Whether a session has a connection here.
    pub(super) fn serves(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session)
    }

    /// The sessions that have a connection here, sorted.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.sessions.keys().copied().collect()
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
        taken.iter().for_each(|(joined, _)| count_off(&mut self.sessions, joined.session));
        self.mark_if_deserted();
        taken
    }

    /// Removes and returns the connections that act by an earlier version of their session's credentials.
    pub(super) fn take_stale(&mut self, versions: &SessionVersions) -> Vec<Arc<Connection>> {
        let mut stale = Vec::new();
        self.connections.retain(|_, joined| {
            let present = versions.sessions.iter().find(|(session, _)| *session == joined.session);
            let is_stale = present.is_some_and(|(_, version)| joined.connection.is_older_than(*version));
            if is_stale {
                stale.push(joined.connection.clone());
                count_off(&mut self.sessions, joined.session);
            }
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

/// Counts one connection of a session less.
fn count_off(sessions: &mut BTreeMap<SessionId, usize>, session: SessionId) {
    if let Entry::Occupied(mut count) = sessions.entry(session) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            ids::UserId,
            session::{Caller, EndReason},
            time::Timestamp,
        },
        live::Identity,
    };

    fn connection(id: u64) -> Arc<Connection> {
        Arc::new(Connection::new(id, [127, 0, 0, 1].into(), None, None))
    }

    #[test]
    fn sessions_are_those_of_the_connections() {
        let [one, other] = [(); 2].map(|()| SessionId::new());
        let mut members = Members::default();
        let limit = 2;
        let joins = |members: &mut Members, session, id| members.add(session, &connection(id), limit);
        assert!(joins(&mut members, one, 1) && joins(&mut members, one, 2));
        assert!(!joins(&mut members, other, 3), "the limit is reached");
        assert!(!members.serves(other));
        assert!(joins(&mut members, one, 2), "it counts once");
        assert!(joins(&mut members, other, 2), "it acts for another session now");
        assert_eq!(members.sessions(), [one, other]);

        assert_eq!(members.remove(1), Some(one));
        assert_eq!(members.remove(1), None);
        assert_eq!(members.sessions(), [other]);

        assert!(joins(&mut members, other, 4));
        let end = SessionEnd { reason: EndReason::Logout, at: Timestamp::from_unix(0).unwrap(), actor: None };
        assert_eq!(members.take_ended(&[(one, end)]).len(), 0);
        assert_eq!(members.take_ended(&[(other, end)]).len(), 2);
        assert!(members.sessions().is_empty() && !members.serves(other));

        let caller = Caller { user: UserId::new(), session: one, version: 0 };
        let bound = Connection::new(5, [127, 0, 0, 1].into(), None, None).identified(Identity::Bound(caller));
        assert!(members.add(one, &Arc::new(bound), limit));
        let renewed = SessionVersions { credentials_version: 1, sessions: vec![(one, 1)] };
        assert_eq!(members.take_stale(&renewed).len(), 1);
        assert!(!members.serves(one));
    }
}
