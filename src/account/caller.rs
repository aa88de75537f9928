//! Authentication of callers.

use super::{Accounts, Error};
use crate::{
    domain::{
        ids::SessionId,
        profile::Profile,
        session::{Caller, CredentialFault, EndReason, ProvenCaller, SessionLife},
        sign_in_methods::SignInMethods,
        time::Timestamp,
    },
    store::{self, CallerRow, SessionRow, Tx},
};
use std::{future::Future, sync::Arc};

impl Accounts {
    /// The caller of an access token. Whether the session is alive is not checked.
    pub fn caller_of_token(&self, access_token: &str) -> Result<Caller, Error> {
        use crate::crypto::access_token::TokenError;
        match self.access_tokens.verify(access_token) {
            Ok(claims) => Ok(Caller { user: claims.user, session: claims.session, version: claims.version }),
            Err(TokenError::Invalid) => Err(Error::Unauthenticated(CredentialFault::Invalid)),
            Err(TokenError::Expired) => Err(Error::Unauthenticated(CredentialFault::Expired)),
        }
    }

    /// The caller's session and user, if the session is alive; for calls that read nothing else.
    pub(crate) async fn live_caller(self: &Arc<Self>, caller: Caller) -> Result<CallerRow, Error> {
        let Some(row) = self.store.find_caller(caller.session).await? else {
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(row.session.life(), caller, self.clock.now())?;
        Ok(row)
    }

    /// The caller's profile, if the session is alive.
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
            // Its connection is returned first: waiting for a second connection while holding one could deadlock.
            drop(tx);
            return Err(self.unknown_session(caller.session).await);
        };
        self.check(row.session.life(), caller, self.clock.now())?;
        Ok((tx, row))
    }

    /// The same for a caller whose session must be proven.
    pub async fn read_proven(self: &Arc<Self>, caller: ProvenCaller) -> Result<(Tx, CallerRow), Error> {
        let (mut tx, row) = self.read(caller.0).await?;
        let methods = tx.sign_in_methods(&row.user);
        self.check_proof(&row.session, self.clock.now(), methods).await?;
        Ok((tx, row))
    }

    /// Checks that a session was proven recently. Only if it was not, `methods` is called for the methods that can
    /// prove it.
    pub(crate) async fn check_proof(
        &self,
        session: &SessionRow,
        now: Timestamp,
        methods: impl Future<Output = Result<SignInMethods, store::Error>>,
    ) -> Result<(), Error> {
        // A time in the future is from another node's clock.
        if now.since(session.proven_at) < self.lifetimes.proof {
            return Ok(());
        }
        Err(Error::ProofRequired(methods.await?.proofs()))
    }

    /// Why there is no such session: it never existed, is no longer recorded, or was deleted with its user.
    pub(crate) async fn unknown_session(&self, session: SessionId) -> Error {
        match self.store.is_deleted_session(session).await {
            Ok(true) => Error::SessionEnded(EndReason::AccountDeleted),
            Ok(false) => Error::Unauthenticated(CredentialFault::Invalid),
            Err(error) => error.into(),
        }
    }

    /// Checks that the session is the caller's and alive. Its use is recorded if the last recorded one is old.
    pub(crate) fn check(self: &Arc<Self>, session: SessionLife, caller: Caller, now: Timestamp) -> Result<(), Error> {
        if session.user != caller.user {
            return Err(Error::Unauthenticated(CredentialFault::Invalid));
        }
        session.standing(&self.session_lifetimes, now).map_err(Error::SessionEnded)?;
        if session.version != caller.version {
            return Err(Error::Unauthenticated(CredentialFault::Renewed));
        }
        if now.since(session.last_seen_at) >= self.session_lifetimes.touch_interval() {
            self.touch_soon(caller.session);
        }
        Ok(())
    }
}
