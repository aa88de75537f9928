//! An account as a line of JSON.

use super::{
    passkeys::{self, PasskeyRecord},
    providers::{self, ProviderRecord},
    sign_in_methods::{self, TotpRecord},
};
use crate::{
    crypto::sealed::Sealer,
    domain::{
        address::{Address, Label, Line, Place, PostalCode},
        email::EmailAddress,
        fault::{Fault, Faults, Rule},
        ids::{AddressId, UserId},
        phone::Phone,
        profile::{ExternalId, Locale, Name, PersonalData},
        text::Text,
        time::Timestamp,
    },
    import::addresses::Draft,
    store::{ExternalUser, ImportedSignInMethods, ImportedUser, OwnedAddress},
};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

/// An account. An export has every field; an import needs `email` and `first_name`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// Kept; generated if absent.
    pub(super) id: Option<UserId>,
    /// The user's id in another system.
    #[schemars(with = "Option<ExternalId>")]
    pub(super) external_id: Option<String>,
    /// The verified e-mail address, which is used to sign in.
    #[schemars(with = "EmailAddress")]
    pub(super) email: String,
    /// Argon2id in the PHC format; from other systems also bcrypt, scrypt and PBKDF2 in the PHC, modular or Django's
    /// format. `null`: the account has no password, and a reset sets the first one.
    pub(super) password_hash: Option<String>,
    #[schemars(with = "Name")]
    pub(super) first_name: String,
    /// Absent for people with one name.
    #[schemars(with = "Option<Name>")]
    pub(super) last_name: Option<String>,
    /// For business customers.
    #[schemars(with = "Option<Name>")]
    pub(super) company_name: Option<String>,
    /// E.164.
    #[schemars(with = "Option<Phone>")]
    pub(super) phone: Option<String>,
    /// The language of letters; English if absent.
    pub(super) locale: Option<Locale>,
    /// Since when the account is disabled.
    pub(super) disabled_at: Option<Timestamp>,
    /// The time of the import if absent.
    pub(super) created_at: Option<Timestamp>,
    /// `created_at` if absent.
    pub(super) updated_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) addresses: Vec<AddressRecord>,
    /// The second factor.
    pub(super) totp: Option<TotpRecord>,
    /// SHA-256 of unused recovery codes, in lower-case hexadecimal; only with `totp`.
    #[serde(default)]
    pub(super) recovery_code_hashes: Vec<String>,
    /// At most 20.
    #[serde(default)]
    pub(super) passkeys: Vec<PasskeyRecord>,
    /// At most one per provider.
    #[serde(default)]
    pub(super) providers: Vec<ProviderRecord>,
}

/// A postal address of an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressRecord {
    /// Kept; generated if absent.
    id: Option<AddressId>,
    /// The address's id in another system.
    #[schemars(with = "Option<ExternalId>")]
    external_id: Option<String>,
    /// The owner's name for it.
    #[schemars(with = "Label")]
    label: String,
    #[schemars(with = "Name")]
    first_name: String,
    #[schemars(with = "Option<Name>")]
    last_name: Option<String>,
    #[schemars(with = "Option<Name>")]
    company: Option<String>,
    #[schemars(with = "Line")]
    address_line_1: String,
    #[schemars(with = "Option<Line>")]
    address_line_2: Option<String>,
    #[schemars(with = "Place")]
    city: String,
    #[schemars(with = "Option<Place>")]
    state: Option<String>,
    #[schemars(with = "Option<PostalCode>")]
    postal_code: Option<String>,
    #[schemars(with = "Place")]
    country: String,
    #[schemars(with = "Option<Phone>")]
    phone: Option<String>,
    /// Set for exactly one of an account's addresses.
    #[serde(default)]
    is_primary: bool,
    /// The account's if absent.
    created_at: Option<Timestamp>,
    /// `created_at` if absent.
    updated_at: Option<Timestamp>,
}

/// The JSON Schema of a line.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Record>()
}

impl From<(ExternalUser, Vec<OwnedAddress>)> for Record {
    fn from((known, addresses): (ExternalUser, Vec<OwnedAddress>)) -> Self {
        let user = known.user;
        Self {
            id: Some(user.user_id),
            external_id: text(known.external_id),
            email: user.email.as_str().to_owned(),
            password_hash: user.password_hash,
            first_name: user.first_name.as_str().to_owned(),
            last_name: text(user.last_name),
            company_name: text(user.company_name),
            phone: user.phone.map(|phone| phone.as_str().to_owned()),
            locale: Some(user.locale),
            disabled_at: user.disabled_at,
            created_at: Some(user.created_at),
            updated_at: Some(user.updated_at),
            addresses: addresses.into_iter().map(AddressRecord::from).collect(),
            totp: None,
            recovery_code_hashes: Vec::new(),
            passkeys: Vec::new(),
            providers: Vec::new(),
        }
    }
}

impl From<OwnedAddress> for AddressRecord {
    fn from(owned: OwnedAddress) -> Self {
        let address = owned.address;
        Self {
            id: Some(address.id),
            external_id: text(owned.external_id),
            label: address.label.as_str().to_owned(),
            first_name: address.first_name.as_str().to_owned(),
            last_name: text(address.last_name),
            company: text(address.company),
            address_line_1: address.address_line_1.as_str().to_owned(),
            address_line_2: text(address.address_line_2),
            city: address.city.as_str().to_owned(),
            state: text(address.state),
            postal_code: text(address.postal_code),
            country: address.country.as_str().to_owned(),
            phone: address.phone.map(|phone| phone.as_str().to_owned()),
            is_primary: address.is_primary,
            created_at: Some(address.created_at),
            updated_at: Some(address.updated_at),
        }
    }
}

fn text<const MAX: usize>(text: Option<Text<MAX>>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// The fields of a record, parsed one by one, so that all faults are reported together.
struct Fields<'a> {
    prefix: String,
    faults: &'a mut Faults,
}

impl Fields<'_> {
    fn take<T>(&mut self, field: &str, parsed: Result<T, Vec<Fault>>) -> Option<T> {
        let name = format!("{}{field}", self.prefix);
        parsed.map_err(|faults| faults.into_iter().for_each(|fault| self.faults.add(name.clone(), fault))).ok()
    }

    /// An optional field: `None` if it is absent or invalid.
    fn maybe<T>(
        &mut self,
        field: &str,
        raw: Option<&String>,
        parse: impl FnOnce(&str) -> Result<T, Vec<Fault>>,
    ) -> Option<T> {
        raw.and_then(|raw| self.take(field, parse(raw)))
    }
}

impl Record {
    /// The account and its addresses; `number` is that of the line.
    ///
    /// # Errors
    /// Every fault, by field.
    pub(super) fn read(
        self,
        number: i64,
        now: Timestamp,
        sealer: &Sealer,
    ) -> Result<(ImportedUser, Vec<Draft>), Faults> {
        let mut faults = Faults::default();
        let created_at = self.created_at.unwrap_or(now).min(now);
        let mut fields = Fields { prefix: String::new(), faults: &mut faults };
        let external_id = fields.maybe("external_id", self.external_id.as_ref(), ExternalId::parse);
        let email = fields.take("email", EmailAddress::parse(&self.email));
        let first_name = fields.take("first_name", Name::parse(&self.first_name));
        let last_name = fields.maybe("last_name", self.last_name.as_ref(), Name::parse);
        let company_name = fields.maybe("company_name", self.company_name.as_ref(), Name::parse);
        let phone = fields.maybe("phone", self.phone.as_ref(), Phone::parse);
        let drafts: Vec<Option<Draft>> = self
            .addresses
            .into_iter()
            .enumerate()
            .map(|(at, address)| address.read(at, number, (created_at, now), &mut faults))
            .collect();
        let id = self.id.unwrap_or_else(|| UserId::at(created_at));
        let passkeys = passkeys::read(self.passkeys, (id, self.id.is_some()), created_at, &mut faults);
        let provider_links = providers::read(self.providers, (id, created_at), &mut faults);
        let sign_in_methods =
            sign_in_methods::read(self.totp, &self.recovery_code_hashes, (id, created_at), sealer, &mut faults);
        let (Some(email), Some(first_name), true) = (email, first_name, faults.is_empty()) else { return Err(faults) };
        let person =
            PersonalData { first_name, last_name, company_name, phone, locale: self.locale.unwrap_or(Locale::En) };
        let user = ImportedUser {
            id,
            external_id,
            email,
            password_hash: self.password_hash,
            imported_cost: None,
            person,
            disabled_at: self.disabled_at,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
            sign_in_methods: ImportedSignInMethods { passkeys, provider_links, ..sign_in_methods },
        };
        Ok((user, drafts.into_iter().flatten().collect()))
    }
}

impl AddressRecord {
    fn read(self, at: usize, number: i64, (users, now): (Timestamp, Timestamp), faults: &mut Faults) -> Option<Draft> {
        let created_at = self.created_at.unwrap_or(users).min(now);
        let mut fields = Fields { prefix: format!("addresses[{at}]."), faults };
        let external_id = fields.maybe("external_id", self.external_id.as_ref(), ExternalId::parse);
        let label = fields.take("label", Label::parse(&self.label));
        let first_name = fields.take("first_name", Name::parse(&self.first_name));
        let last_name = fields.maybe("last_name", self.last_name.as_ref(), Name::parse);
        let company = fields.maybe("company", self.company.as_ref(), Name::parse);
        let address_line_1 = fields.take("address_line_1", Line::parse(&self.address_line_1));
        let address_line_2 = fields.maybe("address_line_2", self.address_line_2.as_ref(), Line::parse);
        let city = fields.take("city", Place::parse(&self.city));
        let state = fields.maybe("state", self.state.as_ref(), Place::parse);
        let postal_code = fields.maybe("postal_code", self.postal_code.as_ref(), PostalCode::parse);
        let country = fields.take("country", Place::parse(&self.country));
        let phone = fields.maybe("phone", self.phone.as_ref(), Phone::parse);
        let address = Address {
            id: self.id.unwrap_or_else(|| AddressId::at(created_at)),
            label: label?,
            first_name: first_name?,
            last_name,
            company,
            address_line_1: address_line_1?,
            address_line_2,
            city: city?,
            state,
            postal_code,
            country: country?,
            phone,
            is_primary: self.is_primary,
            revision: 0,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
        };
        Some(Draft { row: number, external_id, address })
    }
}

/// The fault of an unusable hash.
pub(super) fn unusable_hash(why: impl std::fmt::Display) -> Fault {
    Fault::new(Rule::Format, why.to_string())
}
