//! Who a connection acts for.

use super::{connection::Connection, subscription::Feed};
use crate::domain::{
    service_key::KeyCredential,
    session::{Caller, CredentialFault, EndReason},
};
use std::sync::atomic::Ordering;

/// Who a connection acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody yet.
    Anonymous,
    /// Nobody yet; a session is being checked.
    Binding(Caller),
    /// A session.
    Bound(Caller),
    /// A service key; whether it is good is asked in every call.
    Key(KeyCredential),
    /// A session that has ended, or a service key.
    Ended(EndReason),
    /// Nobody: the credential that an HTTP call carried is not good.
    Refused(CredentialFault),
}

/// Why a connection was not bound to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// It acts for another session already.
    OtherSession,
    /// Its session has ended.
    Ended(EndReason),
}

/// What a connection that is about to act for a session was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// It acts for it already.
    Present,
    /// Nobody's.
    New,
    /// Another session's, by cookie alone.
    InPlaceOf(Caller),
}

impl Connection {
    /// Who it acts for at this moment.
    pub fn identity(&self) -> Identity {
        *self.identity.lock()
    }

    /// Notes that the cookie of the handshake bound it.
    pub fn mark_bound_by_cookie(&self) {
        self.by_cookie.store(true, Ordering::Release);
    }

    /// Whether it is bound by the cookie of its handshake and by nothing else.
    pub fn is_bound_by_cookie(&self) -> bool {
        self.by_cookie.load(Ordering::Acquire)
    }

    /// One binding at a time: whoever comes second finds the first one's outcome.
    pub async fn binding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.binding.lock().await
    }

    /// Announces that it is about to act for `caller`.
    pub(super) fn begin_binding(&self, caller: Caller) -> Result<Binding, BindError> {
        let mut identity = self.identity.lock();
        let binding = match *identity {
            Identity::Anonymous => Binding::New,
            // With credentials of another version it is checked like the first time.
            Identity::Bound(present) if (present.user, present.session) == (caller.user, caller.session) => {
                self.by_cookie.store(false, Ordering::Release);
                return Ok(Binding::Present);
            }
            // What is subscribed to is one account's. A subscription is reserved under the same lock.
            Identity::Bound(present) if self.is_bound_by_cookie() && matches!(*self.feed.lock(), Feed::None) => {
                self.by_cookie.store(false, Ordering::Release);
                Binding::InPlaceOf(present)
            }
            Identity::Binding(_) | Identity::Bound(_) | Identity::Key(_) | Identity::Refused(_) => {
                return Err(BindError::OtherSession);
            }
            Identity::Ended(reason) => return Err(BindError::Ended(reason)),
        };
        *identity = Identity::Binding(caller);
        *self.joined.lock() = Some(caller);
        Ok(binding)
    }

    /// Acts for the session from now on, unless the follower has seen its end meanwhile.
    pub fn complete_binding(&self, caller: Caller) -> Result<(), BindError> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Binding(present) | Identity::Bound(present)
                if (present.user, present.session) == (caller.user, caller.session) =>
            {
                *identity = Identity::Bound(caller);
                *self.joined.lock() = Some(caller);
                Ok(())
            }
            Identity::Ended(reason) => Err(BindError::Ended(reason)),
            _ => Err(BindError::OtherSession),
        }
    }

    /// Acts for nobody again if it was only being bound; says for whom it had joined.
    pub(super) fn abort_binding(&self) -> Option<Caller> {
        let mut identity = self.identity.lock();
        match *identity {
            Identity::Bound(_) => None,
            _ => {
                if matches!(*identity, Identity::Binding(_)) {
                    *identity = Identity::Anonymous;
                }
                self.joined.lock().take()
            }
        }
    }

    /// For whom it has joined a follower, whatever became of it since.
    pub(super) fn joined(&self) -> Option<Caller> {
        *self.joined.lock()
    }

    pub(super) fn stop_acting(&self, identity: Identity) {
        *self.identity.lock() = identity;
        if let Some(ended) = self.ended() {
            ended.cancel();
        }
    }
}
