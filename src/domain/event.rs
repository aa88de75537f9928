//! Entries of a user's ordered log (docs/protocol.md, "Events").

use super::{
    address::Address,
    ids::{AddressId, Epoch, SessionId},
    profile::Profile,
    session::{EndReason, EndedSession, OpenedSession, Session},
    sign_in_methods::{SignInMethods, SignInMethodsChanged},
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `data` of `addresses.changed`: one atomic change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddressesChanged {
    /// Addresses as they stand after the change.
    pub upserted: Vec<Address>,
    /// Addresses that were deleted.
    pub deleted: Vec<AddressId>,
}

/// `data` of `sessions.changed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionsChanged {
    /// The session that was opened.
    pub opened: Option<OpenedSession>,
    /// The sessions that were ended.
    pub ended: Vec<EndedSession>,
}

/// `data` of an entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventData {
    /// Sessions were opened or ended.
    Sessions(SessionsChanged),
    /// The profile changed.
    Profile(Profile),
    /// Addresses were added, edited or deleted.
    Addresses(AddressesChanged),
    /// The sign-in methods changed.
    SignInMethods(SignInMethodsChanged),
}

text_enum! {
    /// The stable name of a kind of event.
    pub enum EventType {
        /// The whole account.
        Snapshot = "snapshot",
        /// The profile changed.
        ProfileChanged = "profile.changed",
        /// Addresses were added, edited or deleted.
        AddressesChanged = "addresses.changed",
        /// Sessions were opened or ended.
        SessionsChanged = "sessions.changed",
        /// The sign-in methods changed.
        SignInMethodsChanged = "sign_in_methods.changed",
        /// The connection's own session was ended; the last event.
        SessionRevoked = "session.revoked",
    }
}

impl EventData {
    /// Its name on the wire.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Sessions(_) => EventType::SessionsChanged,
            Self::Profile(_) => EventType::ProfileChanged,
            Self::Addresses(_) => EventType::AddressesChanged,
            Self::SignInMethods(_) => EventType::SignInMethodsChanged,
        }
    }
}

impl Serialize for EventData {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sessions(data) => data.serialize(serializer),
            Self::Profile(data) => data.serialize(serializer),
            Self::Addresses(data) => data.serialize(serializer),
            Self::SignInMethods(data) => data.serialize(serializer),
        }
    }
}

/// An event as it is sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event<T> {
    /// The revision that the account has after it; `null` for `session.revoked`.
    pub revision: Option<i64>,
    /// When it was committed.
    pub at: Timestamp,
    /// Its kind.
    pub r#type: EventType,
    /// The session that made the change; `null` where none did.
    pub session_id: Option<SessionId>,
    /// What changed.
    pub data: T,
}

/// `data` of `snapshot`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Snapshot {
    /// The epoch of the database.
    pub epoch: Epoch,
    /// The profile.
    pub profile: Profile,
    /// The addresses, primary first, then oldest first.
    pub addresses: Vec<Address>,
    /// The live sessions, newest first.
    pub sessions: Vec<Session>,
    /// The sign-in methods.
    pub sign_in_methods: SignInMethods,
}

/// `data` of `session.revoked`.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct SessionRevoked {
    /// Why the session ended.
    pub reason: EndReason,
}
