//! Who a connection acts for.

use crate::domain::{
    service_key::KeyCredential,
    session::{Caller, CredentialFault, EndReason},
};

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
