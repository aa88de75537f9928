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
        /// An account was made.
        UserCreated = "user.created",
        /// The profile is another.
        ProfileChanged = "profile.changed",
        /// Addresses were added, edited or deleted.
        AddressesChanged = "addresses.changed",
        /// Sessions were opened or ended.
        SessionsChanged = "sessions.changed",
        /// The ways in are others.
        SignInMethodsChanged = "sign_in_methods.changed",
        /// The account can no longer sign in.
        UserDisabled = "user.disabled",
        /// The account can sign in again.
        UserEnabled = "user.enabled",
        /// The account is gone.
        UserDeleted = "user.deleted",
        /// More was waiting than is kept: the receiver is to read the account anew.
        UserResync = "user.resync",
        /// A trial that an operator asked for.
        WebhookTest = "webhook.test",
    }
}

impl OutgoingType {
    /// What an entry of a log is called outside; `None` for what only a connection is told.
    pub fn of(event: EventType) -> Option<Self> {
        match event {
            EventType::ProfileChanged => Some(Self::ProfileChanged),
            EventType::AddressesChanged => Some(Self::AddressesChanged),
            EventType::SessionsChanged => Some(Self::SessionsChanged),
            EventType::SignInMethodsChanged => Some(Self::SignInMethodsChanged),
            EventType::Snapshot | EventType::SessionRevoked => None,
        }
    }

    /// Whether every webhook gets it, whatever it listens to.
    pub fn is_for_all(self) -> bool {
        matches!(self, Self::UserResync | Self::WebhookTest)
    }
}

/// An event as another system gets it: the body of a webhook's request, and of a message of the stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutgoingEvent<T> {
    /// What happened.
    pub r#type: OutgoingType,
    /// When it was committed.
    pub timestamp: Timestamp,
    /// To whom, and what.
    pub data: OutgoingData<T>,
}

/// `data` of an [`OutgoingEvent`].
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct OutgoingData<T> {
    /// The user; `null` for `webhook.test`.
    pub user_id: Option<UserId>,
    /// What the shop knew this user by before.
    pub external_id: Option<ExternalId>,
    /// The revision of the account after it; `null` for `webhook.test`.
    pub revision: Option<i64>,
    /// The session that did it; `null` where none did.
    pub session_id: Option<SessionId>,
    /// What changed; `null` where the type says it all.
    pub object: T,
}
