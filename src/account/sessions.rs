//! Ending sessions, whoever asks.

use super::{Accounts, Error};
use crate::{
    domain::{
        ids::{SessionId, UserId},
        session::{EndReason, EndedSession},
    },
    store::AccountChange,
};

impl Accounts {
    /// Ends a session on behalf of the server itself or of a stranger; nothing happens if it has ended.
    pub(crate) async fn end_one(
        &self,
        user: UserId,
        session: SessionId,
        actor: Option<SessionId>,
        reason: EndReason,
    ) -> Result<(), Error> {
        let tx = self.store.write().await?;
        let Some(mut change) = AccountChange::begin(tx, user, actor, &self.clock).await? else { return Ok(()) };
        if end(&mut change, session, reason).await? {
            self.commit(change).await?;
        }
        Ok(())
    }
}

/// Ends one session and notes it; `false` if it is not a live one of the user.
pub(crate) async fn end(change: &mut AccountChange, session: SessionId, reason: EndReason) -> Result<bool, Error> {
    let (user, now) = (change.user().user_id, change.now());
    let ended = change.tx().end_session(user, session, reason, now).await?;
    if ended {
        change.sessions().ended.push(EndedSession { session_id: session, reason });
    }
    Ok(ended)
}
