//! The identity of a connection.

use super::{connection::Connection, subscription::Feed};
use crate::domain::{
    service_key::KeyCredential,
    session::{Caller, CredentialFault, EndReason},
};
use std::sync::atomic::Ordering;

/// The session or key that a connection acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody yet.
    Anonymous,
    /// Nobody yet; a session is being checked.
    Binding(Caller),
    /// A session.
    Bound(Caller),
    /// A service key. Every call checks that it is valid.
    Key(KeyCredential),
    /// A session that has ended, or a service key.
    Ended(EndReason),
    /// Nobody: the credential of an HTTP call was refused.
    Refused(CredentialFault),
}

/// Why a connection was not bound to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// It acts for another session.
    OtherSession,
    /// Its session has ended.
    Ended(EndReason),
}

/// The state of a connection that is about to act for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// It acts for that session already.
    Present,
    /// It acts for nobody.
    New,
    /// It acts for another session, by its cookie alone.
    InPlaceOf(Caller),
}

impl Connection {
    /// The present identity.
    pub fn identity(&self) -> Identity {
        *self.identity.lock()
    }

    /// Records that it was bound by the cookie of the handshake.
    pub fn mark_bound_by_cookie(&self) {
        self.by_cookie.store(true, Ordering::Release);
    }

    /// Whether it is bound by the cookie of its handshake alone.
    pub fn is_bound_by_cookie(&self) -> bool {
        self.by_cookie.load(Ordering::Acquire)
    }

    /// Serialises bindings: the second one finds the outcome of the first.
    pub async fn binding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.binding.lock().await
    }

    /// Announces that it is about to act for `caller`.
    pub(super) fn begin_binding(&self, caller: Caller) -> Result<Binding, BindError> {
        let mut identity = self.identity.lock();
        let binding = match *identity {
            Identity::Anonymous => Binding::New,
            // With credentials of another version it is checked as if for the first time.
            Identity::Bound(present) if (present.user, present.session) == (caller.user, caller.session) => {
                self.by_cookie.store(false, Ordering::Release);
                return Ok(Binding::Present);
            }
            // A subscription belongs to one account. It is reserved under the same lock.
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

    /// Reverts a binding under way; returns the session that it had joined for.
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

    /// The session that it joined a follower for, whatever its identity is now.
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
