//! An identity at a provider.

use super::Provider;
use crate::{
    crypto::id_token::IdToken,
    domain::{
        email::EmailAddress,
        profile::Name,
        sign_in_methods::{ProviderLabel, ProviderName},
    },
};
use serde::Deserialize;
use serde_json::Value;

/// A user as the provider knows them.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name of the provider in the settings.
    pub provider: ProviderName,
    /// The display name of the provider.
    pub label: ProviderLabel,
    /// The issuer.
    pub issuer: String,
    /// The subject, which together with the issuer identifies the user.
    pub subject: String,
    /// The user's e-mail address, if a valid one is given.
    pub email: Option<EmailAddress>,
    /// Whether the provider has verified it.
    pub email_verified: bool,
    /// First name, if given.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
}

/// A name that came with the browser, not with the token (Apple's `user`). The user can set it freely, so it proves
/// nothing.
#[derive(Clone, Debug)]
pub struct NameFromForm {
    first: Option<String>,
    last: Option<String>,
}

impl NameFromForm {
    /// Parses Apple's `{"name": {"firstName": …, "lastName": …}}`; `None` if it is not that.
    pub fn read(user: &Value) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Named {
            first_name: Option<String>,
            last_name: Option<String>,
        }
        let Named { first_name, last_name } = Named::deserialize(user.get("name")?).ok()?;
        Some(Self { first: first_name, last: last_name })
    }
}

impl Provider {
    pub(super) fn identity(&self, token: IdToken, from_form: Option<NameFromForm>) -> Identity {
        let verified = token.email_verified || (self.settings.preset.vouches_by_domain() && token.xms_edov);
        let email = token.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
        let from_form = from_form.map(|NameFromForm { first, last }| (first, last));
        let (first, last) = from_form.unwrap_or((token.given_name, token.family_name));
        let name = |text: Option<String>| text.as_deref().and_then(Name::cut);
        let (first_name, last_name) = match (name(first), name(last)) {
            (Some(first), last) => (Some(first), last),
            (None, last) => split(token.name.as_deref()).map_or((last, None), |(first, rest)| (Some(first), rest)),
        };
        Identity {
            provider: self.settings.name.clone(),
            label: self.settings.label.clone(),
            issuer: self.settings.issuer.clone(),
            subject: token.sub,
            email,
            email_verified: verified,
            first_name,
            last_name,
        }
    }
}

/// Splits a full name into its first word and the rest.
fn split(name: Option<&str>) -> Option<(Name, Option<Name>)> {
    let name = name?.trim();
    let (first, rest) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    Some((Name::cut(first)?, Name::cut(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_name_is_split() {
        let split =
            |name| split(Some(name)).map(|(first, last)| (first.to_string(), last.map(|last| last.to_string())));
        assert_eq!(split(" Ann  Lee "), Some(("Ann".into(), Some("Lee".into()))));
        assert_eq!(split("María del Carmen"), Some(("María".into(), Some("del Carmen".into()))));
        assert_eq!(split("Sukarno"), Some(("Sukarno".into(), None)));
        assert_eq!(split(" "), None);
    }

    #[test]
    fn apples_form_is_read() {
        let read = |user| NameFromForm::read(&user).map(|name| (name.first, name.last));
        let ann = json!({ "name": { "firstName": "Ann", "lastName": "Lee" }, "email": "ann@example.org" });
        assert_eq!(read(ann), Some((Some("Ann".into()), Some("Lee".into()))));
        for none in
            [json!(null), json!({}), json!("Ann"), json!({ "name": "Ann" }), json!({ "name": { "firstName": 1 } })]
        {
            assert_eq!(read(none), None);
        }
    }
}
