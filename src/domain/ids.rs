//! One newtype per kind of id. All are UUIDv7 (RFC 9562): sortable by creation, unguessable enough to
//! show, never used as a secret.

use super::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
            /// A new id, later than every id made before it by this process.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// A new id of something that was made at this time; unlike [`Self::new`] in no order within a
            /// millisecond.
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
    /// A one-time token of a user.
    TokenId
    /// A row of the mail outbox.
    MailId
    /// An entry of a user's security log.
    SecurityEventId
    /// A running server process.
    NodeId
    /// The database's present history; renewed when an older backup was restored.
    Epoch
}
