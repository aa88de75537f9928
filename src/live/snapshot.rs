//! A snapshot: the whole account at one revision.

use super::hub::Shared;
use crate::{
    domain::{
        event::Snapshot,
        ids::{SessionId, UserId},
        session::{Caller, EndReason, Session},
    },
    store::{self, LiveSessionRow, Tx},
};

/// Why there is no snapshot.
#[derive(Debug)]
pub enum SnapshotError {
    /// The session has ended.
    Ended(EndReason),
    /// There is no such session.
    Unknown,
    /// The caller's credentials are from before a renewal.
    Renewed,
    /// The database did not answer.
    Store(store::Error),
}

impl From<store::Error> for SnapshotError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Reads the account as the caller's session may see it, all at one revision.
pub(super) async fn read_snapshot(shared: &Shared, caller: Caller) -> Result<(i64, Snapshot), SnapshotError> {
    let mut tx = shared.store.read().await?;
    let row = tx.find_caller(caller.session).await?.ok_or(SnapshotError::Unknown)?;
    // The caller's token only names a session: the database decides whether it is this user's.
    if row.session.session_user_id != caller.user {
        return Err(SnapshotError::Unknown);
    }
    row.session.life().standing(&shared.lifetimes, shared.clock.now()).map_err(SnapshotError::Ended)?;
    if row.session.version != caller.version {
        return Err(SnapshotError::Renewed);
    }
    let epoch = tx.epoch().await?;
    let addresses = tx.list_addresses(caller.user).await?;
    let sessions = live_sessions(shared, &mut tx, caller.user, Some(caller.session)).await?;
    let sign_in_methods = tx.sign_in_methods(&row.user).await?;
    tx.end_read().await?;
    let profile = row.user.profile();
    Ok((row.user.revision, Snapshot { epoch, profile, addresses, sessions, sign_in_methods }))
}

/// A user's live sessions, newest first, as seen from the session `current`.
pub(super) async fn live_sessions(
    shared: &Shared,
    tx: &mut Tx,
    user: UserId,
    current: Option<SessionId>,
) -> Result<Vec<Session>, store::Error> {
    let now = shared.clock.now();
    let rows = tx.list_live_sessions(user, shared.alive_since(now)).await?;
    // This node's own sockets are known without delay.
    let here = shared.connected_sessions(user);
    let live = rows.iter().filter(|row| row.session.life().standing(&shared.lifetimes, now).is_ok());
    let session = |row: &LiveSessionRow| {
        let connected = row.connected || here.binary_search(&row.session.session_id).is_ok();
        row.session.session(&shared.lifetimes, current, connected, now)
    };
    Ok(live.map(session).collect())
}
