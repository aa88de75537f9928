//! Sessions: binding sockets to them, listing and ending them.

use crate::{
    account::{Accounts, Error, sessions::end},
    domain::{
        ids::SessionId,
        profile::Profile,
        security_event::{Origin, SecurityEventType},
        session::{Caller, EndReason, EndedSession, LogoutScope, Session},
    },
    live::{Connection, JoinError},
    store::CallerRow,
};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Lets a socket act for the caller's session for as long as that lives.
    pub async fn authenticate(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        caller: Caller,
    ) -> Result<(Session, Profile), Error> {
        let _one_at_a_time = connection.binding().await;
        match self.hub.join(connection, caller).await {
            Err(JoinError::UnknownUser) => return Err(self.unknown_session(caller.session).await),
            joined => joined?,
        }
        // After joining: an end of the session that this does not see, the follower does.
        let bound = match self.live_caller(caller).await {
            Ok(row) => connection.complete_binding(caller).map(|()| row).map_err(Error::from),
            Err(error) => Err(error),
        };
        match bound {
            Ok(row) => self.present(caller, &row).await,
            Err(error) => {
                self.hub.leave(connection);
                Err(error)
            }
        }
    }

    /// The caller's session and profile.
    pub async fn current_session(self: &Arc<Self>, caller: Caller) -> Result<(Session, Profile), Error> {
        let row = self.live_caller(caller).await?;
        self.present(caller, &row).await
    }

    async fn present(&self, caller: Caller, row: &CallerRow) -> Result<(Session, Profile), Error> {
        let connected = self.hub.is_connected(caller).await?;
        Ok((row.session.session(&self.session_lifetimes, caller.session, connected), row.user.profile()))
    }

    /// The caller's live sessions, newest first.
    pub async fn list_sessions(self: &Arc<Self>, caller: Caller) -> Result<Vec<Session>, Error> {
        let (mut tx, _) = self.read(caller).await?;
        let sessions = self.hub.live_sessions(&mut tx, caller).await?;
        tx.end_read().await?;
        Ok(sessions)
    }

    /// Ends one of the caller's sessions.
    pub async fn revoke_session(
        self: &Arc<Self>,
        caller: Caller,
        session: SessionId,
        origin: &Origin,
    ) -> Result<(), Error> {
        let mut change = self.change(caller).await?;
        if !end(&mut change, session, EndReason::Revoked).await? {
            return Err(Error::NotFound);
        }
        let (revoked, by) = (SecurityEventType::SessionRevoked, Some((Some(caller.session), origin)));
        let now = change.now();
        Self::note(change.tx(), caller.user, revoked, now, by, json!({ "session_id": session })).await?;
        self.commit(change).await?;
        tracing::info!(target: "security", user = %caller.user, session = %session, by = %caller.session, "session_revoked");
        Ok(())
    }

    /// Ends sessions of the caller; says how many.
    pub async fn logout(self: &Arc<Self>, caller: Caller, scope: LogoutScope, origin: &Origin) -> Result<usize, Error> {
        let mut change = self.change(caller).await?;
        let reason = EndReason::Logout;
        let now = change.now();
        let ended = match scope {
            LogoutScope::Global => change.tx().end_all_sessions(caller.user, reason, now).await?,
            LogoutScope::Others => change.tx().end_other_sessions(caller.user, caller.session, reason, now).await?,
            LogoutScope::Local => {
                change.tx().end_session(caller.user, caller.session, reason, now).await?;
                vec![caller.session]
            }
        };
        let count = ended.len();
        change.sessions().ended.extend(ended.into_iter().map(|session_id| EndedSession { session_id, reason }));
        let (logout, by) = (SecurityEventType::Logout, Some((Some(caller.session), origin)));
        let detail = json!({ "scope": scope, "sessions_ended": count });
        if count > 0 {
            Self::note(change.tx(), caller.user, logout, now, by, detail).await?;
        }
        self.commit(change).await?;
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, count, ?scope, "logout");
        Ok(count)
    }
}
