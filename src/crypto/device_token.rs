//! Device tokens, which show that a device has signed in to an account before (docs/protocol.md, "Known devices"). They
//! are random, not derived: only a hash of the secret is stored.

use super::{opaque_token::Secret, random_token::RandomToken};
use crate::domain::{device::DeviceKey, ids::DeviceId};

/// A device token.
#[derive(Clone, Debug)]
pub struct DeviceToken {
    /// The stored part.
    pub key: DeviceKey,
    text: Secret,
}

impl DeviceToken {
    /// A token for a device that was not known before.
    pub fn new() -> Self {
        RandomToken::new("", DeviceId::new().0).into()
    }

    /// Parses a token; `None` if the text does not have the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        RandomToken::parse("", text).map(Self::from)
    }

    /// The text, for the device only.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl From<RandomToken> for DeviceToken {
    fn from(token: RandomToken) -> Self {
        Self { key: DeviceKey { id: DeviceId(token.id), secret_hash: token.secret_hash }, text: token.text }
    }
}

impl Default for DeviceToken {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_parsed_as_it_was_made_and_each_is_different() {
        let (made, other) = (DeviceToken::new(), DeviceToken::new());
        let read = DeviceToken::parse(made.expose()).unwrap();
        assert_eq!((read.key, read.expose()), (made.key, made.expose()));
        assert!(made.key.id != other.key.id && made.key.secret_hash != other.key.secret_hash);
        assert!(!format!("{made:?}").contains(made.expose()));
    }

    #[test]
    fn other_texts_are_refused_and_another_secret_has_another_hash() {
        let made = DeviceToken::new();
        let text = made.expose();
        for none in ["", "x", &text[1..], &format!("{text}A"), &"ä".repeat(32), &"*".repeat(64)] {
            assert!(DeviceToken::parse(none).is_none(), "{none:?}");
        }
        let last = if text.ends_with('A') { 'B' } else { 'A' };
        let changed = DeviceToken::parse(&format!("{}{last}", &text[..63])).unwrap();
        assert_eq!(changed.key.id, made.key.id);
        assert_ne!(changed.key.secret_hash, made.key.secret_hash);
    }
}
