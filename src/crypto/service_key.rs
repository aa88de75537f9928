//! The secrets of service keys (docs/protocol.md, "Service keys").

use super::{opaque_token::Secret, random_token::RandomToken};
use crate::domain::{ids::KeyId, service_key::KeyCredential};

/// The prefix of every secret, so that scanners of sources and logs can find one.
const PREFIX: &str = "marbelle_";

/// A new secret for a key, and the credential to store.
pub fn make(key: KeyId) -> (KeyCredential, Secret) {
    let token = RandomToken::new(PREFIX, key.0);
    (KeyCredential { id: key, secret_hash: token.secret_hash }, token.text)
}

/// Parses a secret; `None` if the text does not have the form of one.
pub fn parse(text: &str) -> Option<KeyCredential> {
    let token = RandomToken::parse(PREFIX, text)?;
    Some(KeyCredential { id: KeyId(token.id), secret_hash: token.secret_hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_parsed_as_it_was_made_and_each_is_different() {
        let id = KeyId::new();
        let ((made, secret), (other, _)) = (make(id), make(id));
        assert!(secret.expose().starts_with("marbelle_"));
        assert_eq!(parse(secret.expose()), Some(made));
        assert!(made.secret_hash != other.secret_hash);
        assert!(!format!("{made:?} {secret:?}").contains(secret.expose()));
    }

    #[test]
    fn other_texts_are_refused() {
        let (_, secret) = make(KeyId::new());
        let bare = secret.expose().trim_start_matches("marbelle_");
        for none in ["", "marbelle_", bare, &format!("marbelle_{bare}A"), &format!("marbelle_{}", &bare[1..])] {
            assert!(parse(none).is_none(), "{none:?}");
        }
    }
}
