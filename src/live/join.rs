//! Joining and leaving: which connections are fed by their user's follower on this node.

use super::{
    connection::Connection,
    follower::{Follower, Membership},
    hub::Hub,
    identity::{BindError, Binding},
};
use crate::{
    domain::{ids::UserId, session::Caller},
    store,
};
use std::sync::Arc;

/// Why a connection did not join.
#[derive(Debug)]
pub enum JoinError {
    /// The user has this many open sockets on this node already.
    TooManySockets(usize),
    /// There is no such user.
    UnknownUser,
    /// The connection acts for another session, or its session has ended.
    Bind(BindError),
    /// The database did not answer.
    Store(store::Error),
}

impl From<store::Error> for JoinError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Hub {
    /// Follows a user's log for as long as the membership is kept.
    pub async fn follow(&self, user: UserId) -> Result<Membership, JoinError> {
        loop {
            let follower = self.shared.followers.entry(user).or_insert_with(|| Follower::new(user)).clone();
            // The follower was stopped between the look-up and this line: start again with a new one.
            let Some(membership) = follower.enter() else { continue };
            // Enter the map and the bus before reading the revision, so that a commit in between wakes the follower.
            follower
                .started
                .get_or_try_init(|| async {
                    let wakeups = self.shared.bus.listen(user).await;
                    let turn = self.shared.turn().await;
                    let reached = self.shared.store.reached(&[user]).await?;
                    drop(turn);
                    let reached = reached.first().ok_or(JoinError::UnknownUser)?;
                    follower.start(&self.shared, *reached, wakeups);
                    Ok::<_, JoinError>(())
                })
                .await?;
            return Ok(membership);
        }
    }

    /// Adds a connection to the caller's follower. The caller's session must be checked *after* this: its end is then
    /// seen either by the follower or by the check.
    pub async fn join(&self, connection: &Arc<Connection>, caller: Caller) -> Result<(), JoinError> {
        match connection.begin_binding(caller).map_err(JoinError::Bind)? {
            Binding::Present => return Ok(()),
            Binding::New => {}
            Binding::InPlaceOf(former) => self.remove(connection, former),
        }
        let membership = match self.follow(caller.user).await {
            Ok(membership) => membership,
            Err(error) => {
                connection.abort_binding();
                return Err(error);
            }
        };
        if !membership.follower().add(caller.session, connection, self.sockets_per_user) {
            connection.abort_binding();
            return Err(JoinError::TooManySockets(self.sockets_per_user));
        }
        self.shared.presence_changes.insert(caller);
        // A closing socket is marked before it leaves, so either this check or `close` sees the other.
        if connection.is_closed() {
            membership.follower().remove(connection.id);
        }
        Ok(())
    }

    /// Removes a connection whose socket has closed.
    pub fn close(&self, connection: &Connection) {
        connection.mark_closed();
        self.shared.key_sockets.remove(connection);
        self.shared.revocations.unsubscribe(connection);
        // By the user that it joined as: the session it acts for may have ended, or may not be bound yet.
        if let Some(caller) = connection.joined() {
            self.remove(connection, caller);
        }
    }

    /// Removes a connection whose session turned out to have ended. A connection that already acts for its session
    /// stays.
    pub fn leave(&self, connection: &Connection) {
        if let Some(caller) = connection.abort_binding() {
            self.remove(connection, caller);
        }
    }

    fn remove(&self, connection: &Connection, caller: Caller) {
        if let Some(follower) = self.shared.followers.get(&caller.user)
            && follower.remove(connection.id).is_some()
        {
            self.shared.presence_changes.insert(caller);
        }
    }
}
