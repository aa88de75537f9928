//! Who calls, whether they may, and the way every change goes.

use super::{Accounts, Error};
use crate::{
    domain::{
        ids::SessionId,
        profile::Profile,
        session::{Caller, CredentialFault, EndReason, EndedSession, SessionLife},
        time::Timestamp,
    },
    store::{AccountChange, CallerRow, Tx},
};
use std::sync::Arc;

impl Accounts {
    /// The caller of an access token. Says nothing of whether the session is alive.
    pub fn caller_of_token(&self, access_token: &str) -> Result<Caller, Error> {
        use crate::crypto::access_token::TokenError;
        match self.access_tokens.verify(access_token) {
            Ok(claims) => Ok(Caller { user: claims.user, session: claims.session }),
            Err(TokenError::Invalid) => {
                tracing::info!(target: "security", "access_token_refused");
                Err(Error::Unauthenticated(CredentialFault::Invalid))
            }
            Err(TokenError::Expired) => Err(Error::Unauthenticated(CredentialFault::Expired)),
        }
    }

    /// The caller's session and user, if the session is alive; for a call that reads nothing else.
    pub(crate) async fn live_caller(self: &Arc<Self>, caller: Caller) -> Result<CallerRow, Error> {
        let Some(row) = self.store.find_caller(caller.session).await? else {
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(row.session.life(), caller, self.clock.now())?;
        Ok(row)
    }

    /// The caller's profile, if their session is alive.
    pub(crate) async fn live_profile(self: &Arc<Self>, caller: Caller) -> Result<Profile, Error> {
        let Some((session, profile)) = self.store.find_profile(caller.session).await? else {
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(session, caller, self.clock.now())?;
        Ok(profile)
    }

    /// A consistent read that begins with the check of the caller's session.
    pub(crate) async fn read(self: &Arc<Self>, caller: Caller) -> Result<(Tx, CallerRow), Error> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.find_caller(caller.session).await? else {
            // Its connection first: whoever waits for one while holding one may wait for itself.
            drop(tx);
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(row.session.life(), caller, self.clock.now())?;
        Ok((tx, row))
    }

    /// A change of the caller's account: the lock first, then the check in a statement of its own, which
    /// on PostgreSQL sees what was committed while it waited.
    pub(crate) async fn change(self: &Arc<Self>, caller: Caller) -> Result<AccountChange, Error> {
        let tx = self.store.write().await?;
        let change = AccountChange::begin(tx, caller.user, Some(caller.session), &self.clock).await?;
        let Some(mut change) = change else { return Err(self.unknown_session(caller.session).await) };
        let Some(session) = change.tx().find_session(caller.session).await? else {
            drop(change);
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(session.life(), caller, change.now())?;
        Ok(change)
    }

    /// Why there is no such session: it never was, is forgotten, or went with its deleted user.
    pub(crate) async fn unknown_session(&self, session: SessionId) -> Error {
        match self.store.is_deleted_session(session).await {
            Ok(true) => Error::SessionEnded(EndReason::AccountDeleted),
            Ok(false) => Error::Unauthenticated(CredentialFault::Invalid),
            Err(error) => error.into(),
        }
    }

    /// Commits a change and wakes those who follow the account.
    pub(crate) async fn commit(&self, mut change: AccountChange) -> Result<(), Error> {
        let ended = change.sessions().ended.clone();
        if let Some(committed) = change.commit().await? {
            for EndedSession { session_id, reason } in ended {
                let (user, reason) = (committed.user, reason.as_str());
                tracing::info!(target: "security", %user, session = %session_id, reason, "session_ended");
            }
            self.hub.announce(committed);
        }
        Ok(())
    }

    /// Whether the session is the caller's and alive. A use of it is written down if the last one is old.
    pub(crate) fn check(self: &Arc<Self>, session: SessionLife, caller: Caller, now: Timestamp) -> Result<(), Error> {
        if session.user != caller.user {
            return Err(Error::Unauthenticated(CredentialFault::Invalid));
        }
        session.standing(&self.session_lifetimes, now).map_err(Error::SessionEnded)?;
        if now.since(session.last_seen_at) >= self.session_lifetimes.touch_interval() {
            self.touch_soon(caller.session);
        }
        Ok(())
    }
}
