//! Users as operators see them.

use super::{
    email::EmailAddress,
    fault::Fault,
    ids::UserId,
    profile::{ExternalId, Name, Profile},
    sign_in_methods::SignInMethods,
    text::Text,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

text_enum! {
    /// The state of an account.
    pub enum UserState {
        /// The user may sign in.
        Active = "active",
        /// The user may not sign in.
        Disabled = "disabled",
    }
}

/// A user as operators see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct User {
    /// The profile, as the user sees it.
    #[serde(flatten)]
    pub profile: Profile,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// When the account was disabled, if it is.
    pub disabled_at: Option<Timestamp>,
    /// The number of live sessions.
    pub sessions: i64,
    /// When a session was last used; `null` if no session is still recorded.
    pub last_seen_at: Option<Timestamp>,
    /// The sign-in methods.
    pub sign_in_methods: SignInMethods,
}

/// An operator's reference to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The user's id.
    Id(UserId),
    /// The e-mail address.
    Email(EmailAddress),
    /// The user's id in another system.
    External(ExternalId),
}

impl UserRef {
    /// Reads an operator's input: an id, else an address if it has an `@`, else another system's id.
    ///
    /// # Errors
    /// Every rule of an address, or of another system's id, that it breaks.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        match Uuid::try_parse(raw.trim()) {
            Ok(id) => Ok(Self::Id(UserId(id))),
            Err(_) if raw.contains('@') => EmailAddress::parse(raw).map(Self::Email),
            Err(_) => ExternalId::parse(raw).map(Self::External),
        }
    }
}

/// The numbers of accounts and registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct UserCounts {
    /// Accounts that may sign in.
    pub active: i64,
    /// Disabled accounts.
    pub disabled: i64,
    /// Registrations that may still be verified.
    pub registrations: i64,
}

/// A search: the beginning of an address or a name.
pub type Query = Text<MAX>;

/// The beginning of an address or a name, folded like the indexed names.
#[derive(Clone, Debug)]
pub struct SearchKey(String);

/// Longer than any address or name.
const MAX: usize = 254;

impl SearchKey {
    /// Folds an operator's input; `None` for a blank one, which every name begins with.
    pub fn new(query: &Query) -> Option<Self> {
        Some(cut(query.key())).filter(|key| !key.is_empty()).map(Self)
    }

    /// The first text with this beginning.
    pub fn from(&self) -> &str {
        &self.0
    }

    /// A bound beyond the last text with this beginning: no text has this character.
    pub fn to(&self) -> String {
        format!("{}\u{10ffff}", self.0)
    }
}

/// The names of a person as they are indexed: first name first, and last name first.
pub fn name_keys(first_name: &Name, last_name: Option<&Name>) -> (String, Option<String>) {
    let first = first_name.key();
    match last_name.map(Name::key) {
        None => (cut(first), None),
        Some(last) => (cut(format!("{first} {last}")), Some(cut(format!("{last} {first}")))),
    }
}

/// Folding turns some characters into many, and an index of PostgreSQL takes no entry beyond 2,700 bytes.
fn cut(mut key: String) -> String {
    if let Some((end, _)) = key.char_indices().nth(MAX) {
        key.truncate(end);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_input_is_an_id_an_address_or_an_external_id() {
        let id = UserId::new();
        assert_eq!(UserRef::parse(&format!(" {id} ")), Ok(UserRef::Id(id)));
        let email = EmailAddress::parse("ann@example.org").unwrap();
        assert_eq!(UserRef::parse("ANN@example.org"), Ok(UserRef::Email(email)));
        assert_eq!(UserRef::parse("django:4711"), ExternalId::parse("django:4711").map(UserRef::External));
        assert!(UserRef::parse("ann@").is_err() && UserRef::parse(" ").is_err());
    }

    #[test]
    fn a_name_is_found_by_the_beginning_of_either_part_whatever_its_case() {
        let name = |text: &str| Name::parse(text).unwrap();
        let (forth, back) = name_keys(&name("Zoë"), Some(&name("STRAẞE")));
        assert_eq!((forth.as_str(), back.as_deref()), ("zoë strasse", Some("strasse zoë")));
        assert_eq!(name_keys(&name("Cher"), None), ("cher".into(), None));
        let longest = "\u{fdfa}".repeat(100); // 18 characters each, once it is folded
        let (forth_again, back_again) = name_keys(&name(&longest), Some(&name(&longest)));
        assert!(forth_again.len() <= 4 * MAX && back_again.is_some_and(|key| key.len() <= 4 * MAX));
        for (typed, found) in [("ZO", true), ("Zoë Stra", true), ("straSS", true), ("oë", false)] {
            let key = SearchKey::new(&Text::parse(typed).unwrap()).unwrap();
            let within = |text: &str| text >= key.from() && text < key.to().as_str();
            assert_eq!(within(&forth) || back.as_deref().is_some_and(within), found, "{typed}");
        }
    }
}
