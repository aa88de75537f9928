//! Devices that have signed in to an account (docs/protocol.md, "Known devices").

use super::{ids::DeviceId, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// The stored part of a device token, from which the token cannot be derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The device of the token, if the secret is that device's.
    pub id: DeviceId,
    /// SHA-256 of the secret, which suffices for a random secret.
    pub secret_hash: [u8; 32],
}

/// A device that is known to an account.
#[derive(Clone, Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct KnownDevice {
    /// Its id.
    pub id: DeviceId,
    /// When it first signed in.
    pub created_at: Timestamp,
    /// When it last signed in.
    pub last_used_at: Timestamp,
}
