//! Ending a session on behalf of somebody other than its owner.

use super::{Accounts, Actor, Error, Sessions};
use crate::domain::{
    ids::{SessionId, UserId},
    session::EndReason,
};
use std::sync::Arc;

impl Accounts {
    /// Ends one session; `false` if it has ended already, or its account was deleted.
    pub async fn end_session(
        self: &Arc<Self>,
        user: UserId,
        session: SessionId,
        actor: Actor<'_>,
        reason: EndReason,
    ) -> Result<bool, Error> {
        let mut change = match self.change(user, actor).await {
            Err(Error::NotFound) => return Ok(false),
            change => change?,
        };
        let ended = change.end_sessions(Sessions::One(session), reason).await? == 1;
        change.commit().await?;
        Ok(ended)
    }
}
