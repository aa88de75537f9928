//! Secrets as they are stored: encrypted, or as a hash.

/// Identifies the token secret that something is sealed under, without revealing it.
pub type SealingKeyId = [u8; 8];

/// SHA-256 of a recovery code.
pub type RecoveryCodeHash = [u8; 32];

/// An encrypted secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The token secret that it was sealed under.
    pub key: SealingKeyId,
    /// Salt, text and tag.
    pub bytes: Vec<u8>,
}
