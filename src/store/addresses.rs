//! Postal addresses.

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{
    address::Address,
    ids::{AddressId, UserId},
};

/// The columns of [`Address`].
macro_rules! columns {
    () => {
        "id, label, first_name, last_name, company, address_line_1, address_line_2, city, state, postal_code, \
         country, phone, is_primary, revision, created_at, updated_at"
    };
}

const LIST: &str = concat!("SELECT ", columns!(), " FROM addresses WHERE user_id = $1 ORDER BY is_primary DESC, id");
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
        let addresses = in_tx!(self, c => sqlx::query_as(LIST).bind(user).fetch_all(c).await)?;
        Ok(addresses)
    }

    /// One of a user's addresses.
    pub async fn find_address(&mut self, user: UserId, id: AddressId) -> Result<Option<Address>, Error> {
        let address = in_tx!(self, c => sqlx::query_as(FIND).bind(user).bind(id).fetch_optional(c).await)?;
        Ok(address)
    }
}

/// Each of these stages the event `addresses.changed`.
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

    /// Writes an address; [`Error::Unique`] if its label is taken. To move the primary mark, write the old primary
    /// address first: the index allows only one at any moment.
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
