//! Postal addresses.

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{
    address::{Address, Label, Line, Place, PostalCode},
    ids::{AddressId, UserId},
    phone::Phone,
    profile::Name,
    time::Timestamp,
};

#[derive(sqlx::FromRow)]
struct AddressRow {
    id: AddressId,
    label: Label,
    first_name: Name,
    last_name: Name,
    company: Option<Name>,
    address_line_1: Line,
    address_line_2: Option<Line>,
    city: Place,
    state: Place,
    postal_code: PostalCode,
    country: Place,
    phone: Option<Phone>,
    is_primary: bool,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<AddressRow> for Address {
    fn from(row: AddressRow) -> Self {
        Self {
            id: row.id,
            label: row.label,
            first_name: row.first_name,
            last_name: row.last_name,
            company: row.company,
            address_line_1: row.address_line_1,
            address_line_2: row.address_line_2,
            city: row.city,
            state: row.state,
            postal_code: row.postal_code,
            country: row.country,
            phone: row.phone,
            is_primary: row.is_primary,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The columns of [`AddressRow`].
macro_rules! columns {
    () => {
        "id, label, first_name, last_name, company, address_line_1, address_line_2, city, state, postal_code, \
         country, phone, is_primary, revision, created_at, updated_at"
    };
}

const LIST: &str =
    concat!("SELECT ", columns!(), " FROM addresses WHERE user_id = $1 ORDER BY is_primary DESC, created_at, id");
const FIND: &str = concat!("SELECT ", columns!(), " FROM addresses WHERE user_id = $1 AND id = $2");
const INSERT: &str = "INSERT INTO addresses (id, user_id, label, label_key, first_name, last_name, company, \
     address_line_1, address_line_2, city, state, postal_code, country, phone, is_primary, revision, created_at, \
     updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const UPDATE: &str = "UPDATE addresses SET label = $3, label_key = $4, first_name = $5, last_name = $6, company = $7, \
     address_line_1 = $8, address_line_2 = $9, city = $10, state = $11, postal_code = $12, country = $13, phone = $14, \
     is_primary = $15, revision = $16, updated_at = $17 WHERE user_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM addresses WHERE user_id = $1 AND id = $2";

impl Tx {
    /// A user's addresses, primary first, then oldest first.
    pub async fn list_addresses(&mut self, user: UserId) -> Result<Vec<Address>, Error> {
        let rows: Vec<AddressRow> = in_tx!(self, c => sqlx::query_as(LIST).bind(user).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Address::from).collect())
    }

    /// One of a user's addresses.
    pub async fn find_address(&mut self, user: UserId, id: AddressId) -> Result<Option<Address>, Error> {
        let row: Option<AddressRow> =
            in_tx!(self, c => sqlx::query_as(FIND).bind(user).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Address::from))
    }
}

/// Each of these stages what `addresses.changed` tells.
impl LockedAccount {
    /// Adds an address; [`Error::Unique`] if its label is taken.
    pub async fn insert_address(&mut self, address: &Address) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(address.id).bind(user).bind(&address.label).bind(address.label.key())
            .bind(&address.first_name).bind(&address.last_name).bind(&address.company)
            .bind(&address.address_line_1).bind(&address.address_line_2).bind(&address.city).bind(&address.state)
            .bind(&address.postal_code).bind(&address.country).bind(&address.phone).bind(address.is_primary)
            .bind(address.revision).bind(address.created_at).bind(address.updated_at)
            .execute(c).await.map(drop))?;
        self.addresses().upserted.push(address.clone());
        Ok(())
    }

    /// Writes an address as it is given; [`Error::Unique`] if its label is taken. To move the primary,
    /// write the old one first: the index allows one at any moment.
    pub async fn update_address(&mut self, address: &Address) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE)
            .bind(user).bind(address.id).bind(&address.label).bind(address.label.key())
            .bind(&address.first_name).bind(&address.last_name).bind(&address.company)
            .bind(&address.address_line_1).bind(&address.address_line_2).bind(&address.city).bind(&address.state)
            .bind(&address.postal_code).bind(&address.country).bind(&address.phone).bind(address.is_primary)
            .bind(address.revision).bind(address.updated_at)
            .execute(c).await.map(drop))?;
        self.addresses().upserted.push(address.clone());
        Ok(())
    }

    /// Deletes an address.
    pub async fn delete_address(&mut self, id: AddressId) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(DELETE).bind(user).bind(id).execute(c).await.map(drop))?;
        self.addresses().deleted.push(id);
        Ok(())
    }
}
