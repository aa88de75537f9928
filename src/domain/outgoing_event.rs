//! Events that leave the server for other systems (docs/events.md).

use super::{
    event::EventType,
    ids::{SessionId, UserId},
    profile::ExternalId,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

text_enum! {
    /// The stable name of a kind of event that leaves the server.
    #[derive(PartialOrd, Ord)]
    pub enum OutgoingType {
        /// An account was created.
        UserCreated = "user.created",
        /// The profile changed.
        ProfileChanged = "profile.changed",
        /// Addresses were added, edited or deleted.
        AddressesChanged = "addresses.changed",
        /// Sessions were opened or ended.
        SessionsChanged = "sessions.changed",
        /// The sign-in methods changed.
        SignInMethodsChanged = "sign_in_methods.changed",
        /// The account can no longer sign in.
        UserDisabled = "user.disabled",
        /// The account can sign in again.
        UserEnabled = "user.enabled",
        /// The account was deleted.
        UserDeleted = "user.deleted",
        /// More events were waiting than are kept: the receiver must read the account again.
        UserResync = "user.resync",
        /// A test event, requested by an operator.
        WebhookTest = "webhook.test",
    }
}

impl OutgoingType {
    /// The type under which an entry of the log leaves the server; `None` for events of one connection.
    pub fn of(event: EventType) -> Option<Self> {
        match event {
            EventType::ProfileChanged => Some(Self::ProfileChanged),
            EventType::AddressesChanged => Some(Self::AddressesChanged),
            EventType::SessionsChanged => Some(Self::SessionsChanged),
            EventType::SignInMethodsChanged => Some(Self::SignInMethodsChanged),
            EventType::Snapshot | EventType::SessionRevoked => None,
        }
    }

    /// Whether every webhook gets it, whatever types it has chosen.
    pub fn is_for_all(self) -> bool {
        matches!(self, Self::UserResync | Self::WebhookTest)
    }
}

/// An event as other systems get it: the body of a webhook's request, and of a message of the stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutgoingEvent<T> {
    /// The type.
    pub r#type: OutgoingType,
    /// When it was committed.
    pub timestamp: Timestamp,
    /// The user and the change.
    pub data: OutgoingData<T>,
}

/// `data` of an [`OutgoingEvent`].
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct OutgoingData<T> {
    /// The user; `null` for `webhook.test`.
    pub user_id: Option<UserId>,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// The revision of the account after it; `null` for `webhook.test`.
    pub revision: Option<i64>,
    /// The session that made the change; `null` where none did.
    pub session_id: Option<SessionId>,
    /// The change; `null` for types that need none.
    pub object: T,
}
