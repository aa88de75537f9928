//! Sessions: binding sockets to them, listing and ending them.

use crate::{
    account::{Accounts, Actor, Error, Sessions},
    domain::{
        client::Client,
        ids::SessionId,
        profile::Profile,
        security_event::SecurityEventType,
        session::{Caller, EndReason, LogoutScope, Session},
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
        if connection.is_bound_by_cookie() {
            // An invalid token leaves the socket's identity unchanged.
            self.live_caller(caller).await?;
        }
        match self.hub.join(connection, caller).await {
            Err(JoinError::UnknownUser) => return Err(self.unknown_session(caller.session).await),
            joined => joined?,
        }
        // After joining: the follower sees any end of the session that this read misses.
        let turn = self.hub.turn().await;
        let found = self.live_caller(caller).await;
        drop(turn);
        let bound = match found {
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
        Ok((
            row.session.session(&self.session_lifetimes, Some(caller.session), connected, self.clock.now()),
            row.user.profile(),
        ))
    }

    /// The caller's live sessions, newest first.
    pub async fn list_sessions(self: &Arc<Self>, caller: Caller) -> Result<Vec<Session>, Error> {
        let (mut tx, _) = self.read(caller).await?;
        let sessions = self.hub.live_sessions(&mut tx, caller.user, Some(caller.session)).await?;
        tx.end_read().await?;
        Ok(sessions)
    }

    /// Ends one of the caller's sessions.
    pub async fn revoke_session(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        session: SessionId,
    ) -> Result<(), Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        if change.end_sessions(Sessions::One(session), EndReason::Revoked).await? == 0 {
            return Err(Error::NotFound);
        }
        change.record(SecurityEventType::SessionRevoked, json!({ "session_id": session })).await?;
        change.commit().await
    }

    /// Ends sessions of the caller, and forgets the caller's device if requested; returns the number of sessions.
    pub async fn logout(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        scope: LogoutScope,
        forget_device: bool,
    ) -> Result<usize, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let which = match scope {
            LogoutScope::Global => Sessions::All,
            LogoutScope::Others => Sessions::AllBut(caller.session),
            LogoutScope::Local => Sessions::One(caller.session),
        };
        let ended = change.end_sessions(which, EndReason::Logout).await?;
        if ended > 0 {
            let detail = json!({ "scope": scope, "sessions_ended": ended });
            change.record(SecurityEventType::Logout, detail).await?;
        }
        if forget_device {
            change.account().forget_device_of(caller.session).await?;
        }
        change.commit().await?;
        Ok(ended)
    }
}
