//! The security log of an account, for its owner (OWASP ASVS 5, 16.3).

use super::{Accounts, Error};
use crate::{
    domain::{
        ids::{SecurityEventId, UserId},
        security_event::SecurityEvent,
        session::Caller,
    },
    store::Tx,
};
use std::sync::Arc;

impl Accounts {
    /// A page of the caller's security log, newest first, and whether there is more.
    pub async fn security_log(
        self: &Arc<Self>,
        caller: Caller,
        before: Option<SecurityEventId>,
        limit: i64,
    ) -> Result<(Vec<SecurityEvent>, bool), Error> {
        let (tx, _) = self.read(caller).await?;
        security_log(tx, caller.user, before, limit).await
    }
}

/// A page of a user's security log, for an authorised reader.
pub(super) async fn security_log(
    mut tx: Tx,
    user: UserId,
    before: Option<SecurityEventId>,
    limit: i64,
) -> Result<(Vec<SecurityEvent>, bool), Error> {
    let mut events = tx.list_security_events(user, before, limit + 1).await?;
    tx.end_read().await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = events.len() > limit;
    events.truncate(limit);
    Ok((events, more))
}
