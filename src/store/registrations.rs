//! Registrations that wait for the verification of their address.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::RegistrationId,
    phone::Phone,
    profile::{ExternalId, Locale, Name, PersonalData},
    time::Timestamp,
};

/// A row of `registrations`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct RegistrationRow {
    pub id: RegistrationId,
    pub email: EmailAddress,
    pub password_hash: Option<String>,
    pub external_id: Option<ExternalId>,
    pub first_name: Name,
    pub last_name: Option<Name>,
    pub company_name: Option<Name>,
    pub phone: Option<Phone>,
    pub locale: Locale,
    pub token_generation: i64,
    pub token_expires_at: Timestamp,
    pub created_at: Timestamp,
}

impl RegistrationRow {
    /// What the person said of themselves.
    pub fn person(&self) -> PersonalData {
        PersonalData {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            company_name: self.company_name.clone(),
            phone: self.phone.clone(),
            locale: self.locale,
        }
    }
}

/// The columns of [`RegistrationRow`].
macro_rules! columns {
    () => {
        "id, email, password_hash, external_id, first_name, last_name, company_name, phone, locale, token_generation, \
         token_expires_at, created_at"
    };
}

const INSERT: &str = "INSERT INTO registrations (id, email, password_hash, first_name, last_name, company_name, phone, \
     locale, token_generation, token_expires_at, created_at, external_id) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const FIND_NEWEST: &str =
    concat!("SELECT ", columns!(), " FROM registrations WHERE email = $1 ORDER BY id DESC LIMIT 1");
const RENEW_TOKEN_OF_NEWEST: &str = concat!(
    "UPDATE registrations SET token_generation = token_generation + 1, token_expires_at = $2 WHERE $3 AND id = \
     (SELECT id FROM registrations WHERE email = $1 ORDER BY id DESC LIMIT 1) RETURNING ",
    columns!()
);
const FIND_EMAIL: &str = "SELECT email FROM registrations WHERE id = $1";
const DELETE_BY_EMAIL: &str = concat!("DELETE FROM registrations WHERE email = $1 RETURNING ", columns!());
const PRUNE: &str = "DELETE FROM registrations WHERE id IN \
     (SELECT id FROM registrations WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

impl Store {
    /// The newest registration of an address.
    pub async fn find_newest_registration(&self, email: &EmailAddress) -> Result<Option<RegistrationRow>, Error> {
        let row = on_pool!(self, pool => sqlx::query_as(FIND_NEWEST).bind(email).fetch_optional(pool).await)?;
        Ok(row)
    }
}

impl Tx {
    /// Adds a registration.
    pub async fn insert_registration(&mut self, row: &RegistrationRow) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(row.id).bind(&row.email).bind(&row.password_hash)
            .bind(&row.first_name).bind(&row.last_name).bind(&row.company_name).bind(&row.phone).bind(row.locale)
            .bind(row.token_generation).bind(row.token_expires_at).bind(row.created_at).bind(&row.external_id)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Makes a new token of the address's newest registration the only good one; the same work, and nothing,
    /// if it is not to be `renewed`.
    pub async fn renew_registration_token(
        &mut self,
        email: &EmailAddress,
        expires_at: Timestamp,
        renewed: bool,
    ) -> Result<Option<RegistrationRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(RENEW_TOKEN_OF_NEWEST)
            .bind(email).bind(expires_at).bind(renewed).fetch_optional(c).await)?;
        Ok(row)
    }

    /// Spends a registration's token: takes the registration, and with it every other one of the same
    /// address, out of the table. `None` if the token is not its newest, expired, or spent.
    ///
    /// All rows of the address go in one statement, so that of callers that race with tokens of
    /// different registrations one wins and the others wait for nothing that waits for them. On `None` the
    /// transaction must be dropped.
    pub async fn take_registration(
        &mut self,
        id: RegistrationId,
        token_generation: i64,
        now: Timestamp,
    ) -> Result<Option<RegistrationRow>, Error> {
        let email: Option<EmailAddress> =
            in_tx!(self, c => sqlx::query_scalar(FIND_EMAIL).bind(id).fetch_optional(c).await)?;
        let Some(email) = email else { return Ok(None) };
        let rows: Vec<RegistrationRow> =
            in_tx!(self, c => sqlx::query_as(DELETE_BY_EMAIL).bind(&email).fetch_all(c).await)?;
        Ok(rows
            .into_iter()
            .find(|row| row.id == id && row.token_generation == token_generation && row.token_expires_at > now))
    }

    /// Deletes every registration of an address.
    pub async fn delete_registrations(&mut self, email: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_BY_EMAIL).bind(email).fetch_all(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` registrations made before `before`; says how many.
    pub async fn prune_registrations(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
