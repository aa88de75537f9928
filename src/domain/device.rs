//! Devices that have signed in to an account (docs/protocol.md, "Known devices").

use super::ids::DeviceId;

/// What is stored of a device token. It makes no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The device that the token is of, if the secret is that device's.
    pub id: DeviceId,
    /// SHA-256 of the secret, which is enough for what cannot be guessed.
    pub secret_hash: [u8; 32],
}
