//! A person's profile.

use super::{
    email::EmailAddress,
    fault::{Fault, Rule},
    ids::UserId,
    phone::Phone,
    text::Text,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A first or last name, or a company's.
pub type Name = Text<100>;

/// The id of a user or an address in another system; unique among users, and among addresses.
pub type ExternalId = Text<255>;

text_enum! {
    /// The languages that letters and pages are written in.
    pub enum Locale {
        /// English.
        En = "en",
        /// German.
        De = "de",
        /// Albanian.
        Sq = "sq",
    }
}

/// English.
impl Default for Locale {
    fn default() -> Self {
        Self::En
    }
}

impl Locale {
    /// The language of a tag such as `de`, `de-DE` or `de_CH`: whatever follows the language is dropped.
    ///
    /// # Errors
    /// `format` if it is not a tag (RFC 5646 §2.1), or its language is not supported.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let tag = raw.trim().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().and_then(Self::from_name);
        let is_subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        language.filter(|_| parts.all(is_subtag)).ok_or_else(|| {
            let message = format!("must be one of: {} (a region may follow, as in de-DE)", Self::NAMES.join(", "));
            vec![Fault::new(Rule::Format, message)]
        })
    }
}

/// A user's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The user's id.
    pub id: UserId,
    /// The verified e-mail address, which is used to sign in.
    pub email: EmailAddress,
    /// First name.
    pub first_name: Name,
    /// Last name; some people have one name.
    pub last_name: Option<Name>,
    /// The company, for business customers.
    pub company_name: Option<Name>,
    /// Telephone number in E.164.
    pub phone: Option<Phone>,
    /// The language of letters.
    pub locale: Locale,
    /// Whether a company name is set.
    pub is_business_customer: bool,
    /// The new e-mail address while its change waits for confirmation.
    pub pending_email: Option<EmailAddress>,
    /// The account revision at which the profile last changed.
    pub revision: i64,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the profile last changed.
    pub updated_at: Timestamp,
}

impl Profile {
    /// The names of the editable fields in which the other differs.
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("first_name", self.first_name != other.first_name),
            ("last_name", self.last_name != other.last_name),
            ("company_name", self.company_name != other.company_name),
            ("phone", self.phone != other.phone),
            ("locale", self.locale != other.locale),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// The profile that a person gives at registration.
#[derive(Clone, Debug)]
pub struct PersonalData {
    /// First name.
    pub first_name: Name,
    /// Last name; some people have one name.
    pub last_name: Option<Name>,
    /// The company, for business customers.
    pub company_name: Option<Name>,
    /// Telephone number.
    pub phone: Option<Phone>,
    /// The language of letters.
    pub locale: Locale,
}

/// An edit: `None` leaves a field as it is, `Some(None)` clears an optional one.
#[derive(Clone, Debug, Default)]
pub struct ProfilePatch {
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Option<Name>>,
    /// The company.
    pub company_name: Option<Option<Name>>,
    /// Telephone number.
    pub phone: Option<Option<Phone>>,
    /// The language of letters.
    pub locale: Option<Locale>,
}

impl ProfilePatch {
    /// The profile after the edit. Revision and times stay as they are.
    pub fn applied_to(self, profile: &Profile) -> Profile {
        let mut edited = profile.clone();
        if let Some(first_name) = self.first_name {
            edited.first_name = first_name;
        }
        if let Some(last_name) = self.last_name {
            edited.last_name = last_name;
        }
        if let Some(company_name) = self.company_name {
            edited.is_business_customer = company_name.is_some();
            edited.company_name = company_name;
        }
        if let Some(phone) = self.phone {
            edited.phone = phone;
        }
        if let Some(locale) = self.locale {
            edited.locale = locale;
        }
        edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_the_language_of_its_tag() {
        for (raw, locale) in [
            ("de", Locale::De),
            ("de-DE", Locale::De),
            ("de_CH", Locale::De),
            ("DE-at", Locale::De),
            (" en-US ", Locale::En),
            ("en-Latn-GB-oxendict", Locale::En),
            ("sq-XK", Locale::Sq),
        ] {
            assert_eq!(Locale::parse(raw), Ok(locale), "{raw:?}");
        }
        for raw in [
            "",
            "fr",
            "fr-DE",
            "den",
            "d",
            "-DE",
            "de-",
            "de--DE",
            "de-D\u{e9}",
            "de.UTF-8",
            "de DE",
            "german",
            "de-verylongsubtag",
        ] {
            assert_eq!(Locale::parse(raw).unwrap_err()[0].rule, Rule::Format, "{raw:?}");
        }
    }
}
