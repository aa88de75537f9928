//! The whole account at one revision.

use super::hub::Shared;
use crate::{
    domain::{
        event::Snapshot,
        ids::SessionId,
        session::{Caller, EndReason},
    },
    store,
};

/// Why there is no snapshot.
#[derive(Debug)]
pub enum SnapshotError {
    /// The session has ended.
    Ended(EndReason),
    /// There is no such session.
    Unknown,
    /// The database did not answer.
    Store(store::Error),
}

impl From<store::Error> for SnapshotError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Reads the account as the caller's session may see it, all at one moment.
pub(super) async fn read_snapshot(shared: &Shared, caller: Caller) -> Result<(i64, Snapshot), SnapshotError> {
    let mut tx = shared.store.read().await?;
    let row = tx.find_caller(caller.session).await?.ok_or(SnapshotError::Unknown)?;
    row.session.standing(&shared.lifetimes, shared.clock.now()).map_err(SnapshotError::Ended)?;
    let epoch = tx.epoch().await?;
    let addresses = tx.list_addresses(caller.user).await?;
    let sessions = tx.list_live_sessions(caller.user).await?;
    tx.commit().await?;
    let connected = shared.connected_sessions(caller.user);
    let now = shared.clock.now();
    let session = |row: store::SessionRow| {
        let connected = connected.binary_search(&row.session_id).is_ok();
        row.session(&shared.lifetimes, caller.session, connected)
    };
    let sessions =
        sessions.into_iter().filter(|row| row.standing(&shared.lifetimes, now).is_ok()).map(session).collect();
    Ok((row.user.revision, Snapshot { epoch, profile: row.user.profile(), addresses, sessions }))
}

impl Shared {
    /// The sessions of a user that have a socket open on this node, sorted.
    pub(super) fn connected_sessions(&self, user: crate::domain::ids::UserId) -> Vec<SessionId> {
        self.followers.get(&user).map(|follower| follower.sessions()).unwrap_or_default()
    }
}
