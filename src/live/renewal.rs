//! Renewal of a session's credentials, by a call of the connection or elsewhere.

use super::{connection::Connection, identity::Identity, socket::Close, subscription::Feed};
use crate::domain::session::{Caller, CredentialFault};
use std::sync::atomic::Ordering;

/// The session's credentials were renewed: the client reconnects with the new ones.
const RENEWED: Close = Close { code: 4402, reason: "renewed" };

impl Connection {
    /// A call of this connection is about to renew its session's credentials, which must not close the connection.
    pub fn begin_renewal(&self) {
        self.renewing.store(true, Ordering::Release);
    }

    /// Acts by the renewed credentials from now on; with `None`, the renewal did not take place.
    pub(super) fn complete_renewal(&self, renewed: Option<Caller>) {
        if let Some(caller) = renewed {
            let mut identity = self.identity.lock();
            if matches!(*identity, Identity::Bound(present) if present.session == caller.session) {
                *identity = Identity::Bound(caller);
                *self.joined.lock() = Some(caller);
            }
        }
        self.renewing.store(false, Ordering::Release);
    }

    /// Whether it acts by an earlier version of its session's credentials and is not renewing them itself.
    pub(super) fn is_older_than(&self, version: i64) -> bool {
        let acts_by = match self.identity() {
            Identity::Binding(caller) | Identity::Bound(caller) => caller.version,
            Identity::Anonymous | Identity::Key(_) | Identity::Ended(_) | Identity::Refused(_) => return false,
        };
        acts_by < version && !self.renewing.load(Ordering::Acquire)
    }

    /// Ends the connection, because its session's credentials were renewed elsewhere: no call acts by the former ones
    /// any more, reads and waits stop, no event is sent, and the socket is closed. The client reconnects with the
    /// renewed credentials.
    pub(super) fn end_by_renewal(&self) {
        self.stop_acting(Identity::Refused(CredentialFault::Renewed));
        let Some(socket) = &self.socket else { return };
        *self.feed.lock() = Feed::Finished;
        socket.close(RENEWED);
        socket.expire();
    }
}
