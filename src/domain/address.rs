//! Postal addresses.

use super::{ids::AddressId, phone::Phone, profile::Name, text::Text, time::Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The owner's name for an address; unique per user by [`Text::key`].
pub type Label = Text<50>;
/// A line of an address.
pub type Line = Text<255>;
/// City, state or country.
pub type Place = Text<100>;
/// Postal code, of any country's form.
pub type PostalCode = Text<20>;

/// A postal address of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Address {
    /// The address's id.
    pub id: AddressId,
    /// The owner's name for it.
    pub label: Label,
    /// Recipient's first name.
    pub first_name: Name,
    /// Recipient's last name; some people have one name.
    pub last_name: Option<Name>,
    /// Recipient's company.
    pub company: Option<Name>,
    /// Street and number.
    pub address_line_1: Line,
    /// Flat, floor, care of.
    pub address_line_2: Option<Line>,
    /// City.
    pub city: Place,
    /// State or province, where the country has them.
    pub state: Option<Place>,
    /// Postal code, where the country has them.
    pub postal_code: Option<PostalCode>,
    /// Country, free text.
    pub country: Place,
    /// Telephone number in E.164.
    pub phone: Option<Phone>,
    /// Whether this is the user's one primary address.
    pub is_primary: bool,
    /// The account revision at which this address last changed.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A new address.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields of `Address`")]
pub struct NewAddress {
    pub label: Label,
    pub first_name: Name,
    pub last_name: Option<Name>,
    pub company: Option<Name>,
    pub address_line_1: Line,
    pub address_line_2: Option<Line>,
    pub city: Place,
    pub state: Option<Place>,
    pub postal_code: Option<PostalCode>,
    pub country: Place,
    pub phone: Option<Phone>,
    /// Whether it becomes the primary address. A user's first address always does.
    pub is_primary: bool,
}

impl NewAddress {
    /// The address as it will be stored.
    pub fn placed(self, id: AddressId, is_primary: bool, revision: i64, now: Timestamp) -> Address {
        Address {
            id,
            label: self.label,
            first_name: self.first_name,
            last_name: self.last_name,
            company: self.company,
            address_line_1: self.address_line_1,
            address_line_2: self.address_line_2,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
            country: self.country,
            phone: self.phone,
            is_primary,
            revision,
            created_at: now,
            updated_at: now,
        }
    }
}

/// An edit: `None` leaves a field as it is, `Some(None)` clears an optional one.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of `Address`")]
pub struct AddressPatch {
    pub label: Option<Label>,
    pub first_name: Option<Name>,
    pub last_name: Option<Option<Name>>,
    pub company: Option<Option<Name>>,
    pub address_line_1: Option<Line>,
    pub address_line_2: Option<Option<Line>>,
    pub city: Option<Place>,
    pub state: Option<Option<Place>>,
    pub postal_code: Option<Option<PostalCode>>,
    pub country: Option<Place>,
    pub phone: Option<Option<Phone>>,
    pub is_primary: Option<bool>,
}

impl AddressPatch {
    /// The address after the edit. Revision and times stay as they are.
    pub fn applied_to(self, address: &Address) -> Address {
        let old = address.clone();
        Address {
            label: self.label.unwrap_or(old.label),
            first_name: self.first_name.unwrap_or(old.first_name),
            last_name: self.last_name.unwrap_or(old.last_name),
            company: self.company.unwrap_or(old.company),
            address_line_1: self.address_line_1.unwrap_or(old.address_line_1),
            address_line_2: self.address_line_2.unwrap_or(old.address_line_2),
            city: self.city.unwrap_or(old.city),
            state: self.state.unwrap_or(old.state),
            postal_code: self.postal_code.unwrap_or(old.postal_code),
            country: self.country.unwrap_or(old.country),
            phone: self.phone.unwrap_or(old.phone),
            is_primary: self.is_primary.unwrap_or(old.is_primary),
            ..old
        }
    }
}
