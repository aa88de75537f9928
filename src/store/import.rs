//! Imported accounts, many at a time, and all accounts for an export.
//!
//! An imported account has no session and no log yet, so no connection needs an event: it begins at revision 0 like one
//! that was just verified, with its addresses. Webhooks and the stream get its creation.

use super::{Error, ImportedSignInMethods, Store, Tx, UserRow, in_tx, on_pool, users::user_columns};
use crate::domain::{
    address::Address,
    email::EmailAddress,
    ids::{AddressId, UserId},
    profile::{ExternalId, PersonalData, Profile},
    time::Timestamp,
    user::name_keys,
};
use sqlx::QueryBuilder;
use std::collections::HashSet;

/// Rows per statement: SQLite allows 32,766 values, and a row has fewer than thirty.
pub(super) const ROWS: usize = 1000;

/// An account to create.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns")]
pub struct ImportedUser {
    pub id: UserId,
    pub external_id: Option<ExternalId>,
    pub email: EmailAddress,
    pub password_hash: Option<String>,
    /// The cost of verifying a hash of another system.
    pub imported_cost: Option<String>,
    pub person: PersonalData,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub sign_in_methods: ImportedSignInMethods,
}

impl ImportedUser {
    /// The part that the user sees.
    pub(super) fn profile(&self) -> Profile {
        let person = &self.person;
        Profile {
            id: self.id,
            email: self.email.clone(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            is_business_customer: person.company_name.is_some(),
            company_name: person.company_name.clone(),
            phone: person.phone.clone(),
            locale: person.locale,
            pending_email: None,
            revision: 0,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A row of `addresses`, with the columns that its object lacks.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct OwnedAddress {
    pub user_id: UserId,
    pub external_id: Option<ExternalId>,
    #[sqlx(flatten)]
    pub address: Address,
}

/// A row of `users`, with its id in another system.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct ExternalUser {
    pub external_id: Option<ExternalId>,
    #[sqlx(flatten)]
    pub user: UserRow,
}

pub(super) const USER_COLUMNS: &str = concat!(user_columns!(""), ", external_id");
const INSERT_USERS: &str = "INSERT INTO users (id, email, password_hash, first_name, last_name, company_name, phone, \
     locale, disabled_at, second_factor, credentials_version, revision, profile_revision, sign_in_methods_revision, \
     created_at, updated_at, imported_cost, password_cost, external_id, name_key, surname_key) ";
const INSERT_ADDRESSES: &str = "INSERT INTO addresses (id, user_id, external_id, label, label_key, first_name, \
     last_name, company, address_line_1, address_line_2, city, state, postal_code, country, phone, is_primary, \
     revision, created_at, updated_at) ";
const ADDRESS_COLUMNS: &str = "user_id, external_id, id, label, first_name, last_name, company, address_line_1, \
     address_line_2, city, state, postal_code, country, phone, is_primary, revision, created_at, updated_at";

/// Runs `$head (list) $tail` on chunks of a list of values, and collects the rows.
macro_rules! where_in {
    ($tx:expr, $head:expr, $values:expr, $tail:expr) => {{
        let mut found = Vec::new();
        for chunk in $values.chunks(ROWS) {
            let mut rows = in_tx!(&mut *$tx, c => {
                let mut query = QueryBuilder::new($head);
                let mut list = query.separated(", ");
                for value in chunk {
                    list.push_bind(value.clone());
                }
                list.push_unseparated($tail);
                query.build_query_as().fetch_all(c).await
            })?;
            found.append(&mut rows);
        }
        found
    }};
}
pub(super) use where_in;

impl Store {
    /// The number of accounts.
    pub async fn count_users(&self) -> Result<u64, Error> {
        let count: i64 = on_pool!(self, pool => {
            sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM users").fetch_one(pool).await
        })?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

impl Tx {
    /// Creates accounts; returns the ids of those that were created. The others have a taken id, address or external
    /// id.
    pub async fn insert_imported_users(&mut self, users: &[ImportedUser]) -> Result<HashSet<UserId>, Error> {
        let mut made = HashSet::with_capacity(users.len());
        for chunk in users.chunks(ROWS) {
            let ids: Vec<UserId> = in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new(INSERT_USERS);
                query.push_values(chunk, |mut row, user| {
                    let person = &user.person;
                    let (name_key, surname_key) = name_keys(&person.first_name, person.last_name.as_ref());
                    row.push_bind(user.id).push_bind(&user.email).push_bind(&user.password_hash)
                        .push_bind(&person.first_name).push_bind(&person.last_name).push_bind(&person.company_name)
                        .push_bind(&person.phone).push_bind(person.locale).push_bind(user.disabled_at)
                        .push_bind(user.sign_in_methods.totp.is_some()).push_bind(0_i64).push_bind(0_i64).push_bind(0_i64).push_bind(0_i64).push_bind(user.created_at).push_bind(user.updated_at)
                        .push_bind(&user.imported_cost).push_bind(&user.imported_cost).push_bind(&user.external_id)
                        .push_bind(name_key).push_bind(surname_key);
                });
                query.push(" ON CONFLICT DO NOTHING RETURNING id");
                query.build_query_scalar().fetch_all(c).await
            })?;
            made.extend(ids);
        }
        Ok(made)
    }

    /// Adds addresses to accounts at revision 0; returns the ids of those that were added. The others conflict with a
    /// unique value.
    pub async fn insert_imported_addresses(&mut self, addresses: &[OwnedAddress]) -> Result<HashSet<AddressId>, Error> {
        let mut made = HashSet::with_capacity(addresses.len());
        for chunk in addresses.chunks(ROWS) {
            let ids: Vec<AddressId> = in_tx!(&mut *self, c => {
                let mut query = QueryBuilder::new(INSERT_ADDRESSES);
                query.push_values(chunk, |mut row, owned| {
                    let address = &owned.address;
                    row.push_bind(address.id).push_bind(owned.user_id).push_bind(&owned.external_id)
                        .push_bind(&address.label).push_bind(address.label.key()).push_bind(&address.first_name)
                        .push_bind(&address.last_name).push_bind(&address.company).push_bind(&address.address_line_1)
                        .push_bind(&address.address_line_2).push_bind(&address.city).push_bind(&address.state)
                        .push_bind(&address.postal_code).push_bind(&address.country).push_bind(&address.phone)
                        .push_bind(address.is_primary).push_bind(address.revision).push_bind(address.created_at)
                        .push_bind(address.updated_at);
                });
                query.push(" ON CONFLICT DO NOTHING RETURNING id");
                query.build_query_scalar().fetch_all(c).await
            })?;
            made.extend(ids);
        }
        Ok(made)
    }

    /// Which of these accounts exist.
    pub async fn find_external_users(&mut self, ids: &[ExternalId]) -> Result<Vec<ExternalUser>, Error> {
        Ok(where_in!(self, format!("SELECT {USER_COLUMNS} FROM users WHERE external_id IN ("), ids, ")"))
    }

    /// Which of these addresses have an account, and its id.
    pub async fn find_taken_emails(&mut self, emails: &[EmailAddress]) -> Result<Vec<(EmailAddress, UserId)>, Error> {
        Ok(where_in!(self, "SELECT email, id FROM users WHERE email IN (", emails, ")"))
    }

    /// Which of these accounts exist.
    pub async fn find_known_users(&mut self, ids: &[UserId]) -> Result<Vec<(UserId,)>, Error> {
        Ok(where_in!(self, "SELECT id FROM users WHERE id IN (", ids, ")"))
    }

    /// Locks those of these accounts that have not changed since their import, until the transaction ends.
    pub async fn lock_untouched_users(&mut self, ids: &[UserId]) -> Result<Vec<(UserId,)>, Error> {
        let head = "UPDATE users SET revision = revision WHERE revision = 0 AND id IN (";
        Ok(where_in!(self, head, ids, ") RETURNING id"))
    }

    /// Which of these registrations exist.
    pub async fn find_external_registrations(&mut self, ids: &[ExternalId]) -> Result<Vec<(ExternalId,)>, Error> {
        Ok(where_in!(self, "SELECT external_id FROM registrations WHERE external_id IN (", ids, ")"))
    }

    /// Deletes registrations whose accounts have been imported since.
    pub async fn delete_external_registrations(&mut self, ids: &[ExternalId]) -> Result<(), Error> {
        let _: Vec<(ExternalId,)> =
            where_in!(self, "DELETE FROM registrations WHERE external_id IN (", ids, ") RETURNING external_id");
        Ok(())
    }

    /// The addresses of these accounts, each account's primary first, then oldest first.
    pub async fn list_addresses_of(&mut self, users: &[UserId]) -> Result<Vec<OwnedAddress>, Error> {
        let order = ") ORDER BY user_id, is_primary DESC, id";
        Ok(where_in!(self, format!("SELECT {ADDRESS_COLUMNS} FROM addresses WHERE user_id IN ("), users, order))
    }

    /// The accounts after this one, in the order of their ids.
    pub async fn list_users_after(&mut self, after: UserId, limit: i64) -> Result<Vec<ExternalUser>, Error> {
        let statement = format!("SELECT {USER_COLUMNS} FROM users WHERE id > $1 ORDER BY id LIMIT $2");
        Ok(in_tx!(self, c => sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(after).bind(limit)
            .fetch_all(c).await)?)
    }
}
