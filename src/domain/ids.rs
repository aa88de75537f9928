//! One newtype per kind of id. All are UUIDv7 (RFC 9562): they sort by creation, may be shown to anybody who may see
//! the thing itself, and are never used as a secret.

use super::time::Timestamp;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::{ContextV7, Uuid};

/// The newest id: the next one is later, whatever the clock says.
static LAST: Mutex<ContextV7> = Mutex::new(ContextV7::new());

fn next() -> Uuid {
    Uuid::new_v7(uuid::Timestamp::now(&*LAST.lock()))
}

/// Makes every further id later than `made`, which another process has generated, possibly by a clock that was ahead:
/// lists are ordered by id, and must not depend on a clock that goes back.
pub fn rise_above(made: Uuid) {
    let Some((seconds, nanos)) = made.get_timestamp().map(|made| made.to_unix()) else { return };
    // Within a millisecond ids have random parts, so only the next millisecond is certainly later.
    let later = Duration::new(seconds, nanos) + Duration::from_millis(1);
    let _ = uuid::Timestamp::from_unix(&*LAST.lock(), later.as_secs(), later.subsec_nanos());
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later than every earlier id of this process and every id that was given to [`rise_above`].
            pub fn new() -> Self {
                Self(next())
            }

            /// A new id for something created at this time. Unlike those of [`Self::new`], such ids have no order within
            /// a millisecond.
            pub fn at(time: Timestamp) -> Self {
                let millis = u64::try_from(time.unix_millis()).unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId
    /// One sign-in: a browser profile or a device.
    SessionId
    /// A device that has signed in to an account.
    DeviceId
    /// A postal address of a user.
    AddressId
    /// A registration that waits for the verification of its e-mail address.
    RegistrationId
    /// An invitation to register.
    InvitationId
    /// A one-time token of a user.
    TokenId
    /// A passkey of a user.
    PasskeyId
    /// A ceremony or flow that spans two calls.
    TicketId
    /// A row of the mail outbox.
    MailId
    /// An entry of a user's security log.
    SecurityEventId
    /// A service key.
    KeyId
    /// A webhook.
    WebhookId
    /// A receiver of events: a webhook, or the stream.
    ReceiverId
    /// An event that was queued for one receiver; the receiver sees it as `webhook-id`.
    DeliveryId
    /// An entry of the operators' audit log.
    AuditId
    /// A running server process.
    NodeId
    /// The history of the database; renewed when a backup was restored.
    Epoch
}

impl ReceiverId {
    /// The stream: there is one.
    pub const STREAM: Self = Self(Uuid::nil());
}

impl TicketId {
    /// When the ticket was made: [`Self::at`] makes its id.
    pub fn made_at(self) -> Timestamp {
        let made = self.0.get_timestamp().map(|made| made.to_unix());
        let made =
            made.and_then(|(seconds, nanos)| chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
        // An id without a time is not from here, and counts as the oldest possible.
        Timestamp::new(made.unwrap_or_default())
    }
}

impl From<WebhookId> for ReceiverId {
    fn from(webhook: WebhookId) -> Self {
        Self(webhook.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tickets_id_holds_the_time_of_its_creation() {
        let made = Timestamp::new(chrono::DateTime::from_timestamp_millis(1_764_321_000_123).unwrap());
        assert_eq!(TicketId::at(made).made_at(), made);
        assert!(TicketId(Uuid::new_v4()).made_at() < made);
    }

    #[test]
    fn ids_rise_above_what_a_clock_that_was_ahead_has_made() {
        let ahead = Timestamp::new(chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap());
        let made: Vec<SessionId> = (0..100).map(|_| SessionId::at(ahead)).collect();
        made.iter().for_each(|made| rise_above(made.0));
        rise_above(SessionId::at(Timestamp::from_unix(1_000_000_000).unwrap()).0);
        rise_above(Uuid::new_v4());
        let mut last = made.into_iter().max().unwrap();
        for _ in 0..1000 {
            let next = SessionId::new();
            assert!(next > last, "{next} after {last}");
            last = next;
        }
    }
}
