//! Service keys: the credentials of other services and of operators (docs/protocol.md, "Service keys").

use super::{
    fault::{Fault, Rule},
    ids::KeyId,
    text::Text,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeSet};

/// The name of a key, which appears in security logs and in the audit log.
pub type KeyName = Text<100>;

text_enum! {
    /// What a key may be used for.
    #[derive(PartialOrd, Ord)]
    pub enum Scope {
        /// Find users and read their accounts.
        UsersRead = "users:read",
        /// Create and change users, and end their sessions.
        UsersWrite = "users:write",
        /// Remove the second factor of an account.
        UsersSecurity = "users:security",
        /// Delete users.
        UsersDelete = "users:delete",
        /// Verify access tokens, and follow revocations.
        TokensVerify = "tokens:verify",
        /// Manage webhooks.
        Webhooks = "webhooks",
        /// Manage keys.
        Keys = "keys",
        /// List letters and send failed ones again.
        Mails = "mails",
        /// Read the audit log.
        Audit = "audit",
    }
}

/// The scopes of a key: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// A set of these scopes, in the order of their declaration.
    ///
    /// # Errors
    /// `too_short` if there is none: such a key could call nothing.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, Vec<Fault>> {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        if scopes.is_empty() {
            return Err(vec![Fault::new(Rule::TooShort, "must name at least one scope")]);
        }
        Ok(Self(scopes))
    }

    /// Whether a scope is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The first scope of `others` that is missing here.
    pub fn lacks(&self, others: &Self) -> Option<Scope> {
        others.0.difference(&self.0).next().copied()
    }

    /// Reads the stored form. Unknown scopes are ignored: a newer version may have written them.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split(' ').filter_map(Scope::from_name).collect())
    }
}

/// The stored form: their names, separated by spaces.
impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl JsonSchema for Scopes {
    fn schema_name() -> Cow<'static, str> {
        "Scopes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scope = generator.subschema_for::<Scope>();
        json_schema!({ "type": "array", "items": scope, "minItems": 1, "uniqueItems": true })
    }
}

/// A service key as operators see it; the secret is shown once, when the key is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct ServiceKey {
    /// The key's id.
    pub id: KeyId,
    /// Its name.
    pub name: KeyName,
    /// Its scopes.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it was last used; written at most once a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// The credential of a caller: the key's id and a hash of the secret, from which the secret cannot be derived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyCredential {
    /// The id of the key, if the secret is that key's.
    pub id: KeyId,
    /// SHA-256 of the secret, which suffices for a random secret.
    pub secret_hash: [u8; 32],
}

impl std::fmt::Debug for KeyCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeyCredential").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_that_is_stored_as_text() {
        let scopes = Scopes::new([Scope::Keys, Scope::UsersRead, Scope::Keys]).unwrap();
        assert_eq!(scopes.to_string(), "users:read keys");
        assert_eq!(Scopes::from_stored("users:read keys of:tomorrow"), scopes);
        assert_eq!(serde_json::to_value(&scopes).unwrap(), serde_json::json!(["users:read", "keys"]));
        assert!(scopes.has(Scope::Keys) && !scopes.has(Scope::Audit));
        assert_eq!(Scopes::new([]).unwrap_err()[0].rule, Rule::TooShort);
    }

    #[test]
    fn a_missing_scope_is_named() {
        let all = Scopes::new([Scope::UsersRead, Scope::Keys]).unwrap();
        let few = Scopes::new([Scope::Keys]).unwrap();
        assert_eq!(all.lacks(&few), None);
        assert_eq!(few.lacks(&all), Some(Scope::UsersRead));
    }
}
