//! Registrations whose address is not verified yet.

use super::{Error, NewProviderLink, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{InvitationId, RegistrationId},
    phone::Phone,
    profile::{ExternalId, Locale, Name, PersonalData},
    sign_in_methods::{ProviderLabel, ProviderName},
    time::Timestamp,
};

/// Wrong passwords and codes after which a registration is blocked.
const MAX_FAILURES: i64 = 5;

/// A row of `registrations`, without its counters.
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
    #[sqlx(flatten)]
    pub link: RegistrationLink,
    pub invitation_id: Option<InvitationId>,
    pub created_at: Timestamp,
}

/// The account at a provider that a registration was started with, if any: all columns are set, or none.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct RegistrationLink {
    pub provider: Option<ProviderName>,
    pub provider_label: Option<ProviderLabel>,
    pub provider_issuer: Option<String>,
    pub provider_subject: Option<String>,
}

impl From<NewProviderLink> for RegistrationLink {
    fn from(link: NewProviderLink) -> Self {
        Self {
            provider: Some(link.provider),
            provider_label: Some(link.label),
            provider_issuer: Some(link.issuer),
            provider_subject: Some(link.subject),
        }
    }
}

impl RegistrationRow {
    /// The profile that the person gave.
    pub fn person(&self) -> PersonalData {
        PersonalData {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            company_name: self.company_name.clone(),
            phone: self.phone.clone(),
            locale: self.locale,
        }
    }

    /// The link to create when it is verified.
    pub fn provider_link(&self) -> Option<NewProviderLink> {
        let RegistrationLink { provider, provider_label, provider_issuer, provider_subject } = self.link.clone();
        Some(NewProviderLink {
            issuer: provider_issuer?,
            subject: provider_subject?,
            provider: provider?,
            label: provider_label?,
            email: Some(self.email.clone()),
        })
    }
}

/// A registration for which a guess was counted.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct GuessedRegistration {
    pub email: EmailAddress,
    pub password_hash: Option<String>,
    pub token_generation: i64,
    pub sent_generation: i64,
}

/// A token of a registration, and the time of its presentation.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationToken {
    /// The registration.
    pub id: RegistrationId,
    /// The number of the token; only the newest is valid.
    pub generation: i64,
    /// Registrations made before this have expired.
    pub made_after: Timestamp,
    /// The present time.
    pub now: Timestamp,
}

/// A registration that was removed, with its counter.
#[derive(sqlx::FromRow)]
struct TakenRow {
    #[sqlx(flatten)]
    row: RegistrationRow,
    failures: i64,
}

/// The columns of [`RegistrationRow`].
macro_rules! columns {
    () => {
        "id, email, password_hash, external_id, first_name, last_name, company_name, phone, locale, token_generation, \
         token_expires_at, provider, provider_label, provider_issuer, provider_subject, invitation_id, \
         created_at"
    };
}

const INSERT: &str = "INSERT INTO registrations (id, email, password_hash, first_name, last_name, company_name, phone, \
     locale, token_generation, token_expires_at, created_at, external_id, provider, provider_label, \
     provider_issuer, provider_subject, invitation_id, sent_generation, failures) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0)";
const FIND_NEWEST: &str =
    concat!("SELECT ", columns!(), " FROM registrations WHERE email = $1 ORDER BY id DESC LIMIT 1");
const RENEW_TOKEN: &str = concat!(
    "UPDATE registrations SET token_generation = token_generation + 1, token_expires_at = $2 WHERE $3 AND id = $1 \
     AND failures < $4 AND created_at > $5 RETURNING ",
    columns!()
);
const FIND_NEWEST_LIVE: &str = "SELECT id FROM registrations WHERE email = $1 AND failures < $2 AND created_at > $3 \
     ORDER BY id DESC LIMIT 1";
const FIND_EMAIL: &str = "SELECT email FROM registrations WHERE id = $1";
const IS_VALID: &str = "SELECT EXISTS (SELECT 1 FROM registrations WHERE id = $1 AND token_generation = $2 \
     AND created_at > $3 AND token_expires_at > $4 AND failures < $5)";
// A guess at the password comes with a token, a guess at the code does not.
const COUNT_GUESS: &str = "UPDATE registrations SET failures = failures + 1 WHERE id = $1 \
     AND token_generation = COALESCE($2, token_generation) AND created_at > $3 AND token_expires_at > $4 \
     AND failures < $5 RETURNING email, password_hash, token_generation, sent_generation";
const WITHDRAW_GUESS: &str = "UPDATE registrations SET failures = failures - 1 WHERE id = $1 AND failures > 0";
const MARK_HANDED_OVER: &str = "UPDATE registrations SET sent_generation = $2 WHERE id = $1 AND token_generation = $2";
const TAKE_BY_EMAIL: &str = concat!("DELETE FROM registrations WHERE email = $1 RETURNING ", columns!(), ", failures");
const DELETE_BY_EMAIL: &str = "DELETE FROM registrations WHERE email = $1";
const PRUNE: &str = "DELETE FROM registrations WHERE id IN \
     (SELECT id FROM registrations WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

impl Store {
    /// The newest registration of an address.
    pub async fn find_newest_registration(&self, email: &EmailAddress) -> Result<Option<RegistrationRow>, Error> {
        let row = on_pool!(self, pool => sqlx::query_as(FIND_NEWEST).bind(email).fetch_optional(pool).await)?;
        Ok(row)
    }

    /// Whether a token is valid.
    pub async fn is_valid_registration_token(&self, token: &RegistrationToken) -> Result<bool, Error> {
        let valid = on_pool!(self, pool => sqlx::query_scalar(IS_VALID)
            .bind(token.id).bind(token.generation).bind(token.made_after).bind(token.now).bind(MAX_FAILURES)
            .fetch_one(pool).await)?;
        Ok(valid)
    }
}

impl Tx {
    /// Adds a registration.
    pub async fn insert_registration(&mut self, row: &RegistrationRow) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(row.id).bind(&row.email).bind(&row.password_hash)
            .bind(&row.first_name).bind(&row.last_name).bind(&row.company_name).bind(&row.phone).bind(row.locale)
            .bind(row.token_generation).bind(row.token_expires_at).bind(row.created_at).bind(&row.external_id)
            .bind(&row.link.provider).bind(&row.link.provider_label).bind(&row.link.provider_issuer)
            .bind(&row.link.provider_subject).bind(row.invitation_id)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// The newest registration of an address that is not blocked.
    pub async fn find_newest_live_registration(
        &mut self,
        email: &EmailAddress,
        made_after: Timestamp,
    ) -> Result<Option<RegistrationId>, Error> {
        let id = in_tx!(self, c => sqlx::query_scalar(FIND_NEWEST_LIVE)
            .bind(email).bind(MAX_FAILURES).bind(made_after).fetch_optional(c).await)?;
        Ok(id)
    }

    /// The address of a registration.
    pub async fn find_registration_email(&mut self, id: RegistrationId) -> Result<Option<EmailAddress>, Error> {
        let email = in_tx!(self, c => sqlx::query_scalar(FIND_EMAIL).bind(id).fetch_optional(c).await)?;
        Ok(email)
    }

    /// Makes a new token of a registration the only valid one. The work is the same, without effect, if `renewed` is
    /// false, or the registration is blocked or deleted.
    pub async fn renew_registration_token(
        &mut self,
        id: RegistrationId,
        expires_at: Timestamp,
        made_after: Timestamp,
        renewed: bool,
    ) -> Result<Option<RegistrationRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(RENEW_TOKEN)
            .bind(id).bind(expires_at).bind(renewed).bind(MAX_FAILURES).bind(made_after).fetch_optional(c).await)?;
        Ok(row)
    }

    /// Counts a guess at a registration's password, for which a token is presented, or at its code. `None` if the
    /// registration is blocked or deleted, or its token is not valid: then nothing is counted.
    pub async fn count_registration_guess(
        &mut self,
        id: RegistrationId,
        token_generation: Option<i64>,
        made_after: Timestamp,
        now: Timestamp,
    ) -> Result<Option<GuessedRegistration>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(COUNT_GUESS)
            .bind(id).bind(token_generation).bind(made_after).bind(now).bind(MAX_FAILURES)
            .fetch_optional(c).await)?;
        Ok(row)
    }

    /// No longer counts a guess that was not wrong, or was not checked.
    pub async fn withdraw_registration_guess(&mut self, id: RegistrationId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(WITHDRAW_GUESS).bind(id).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records that the letter with this token is handed to the mail server: its code is valid from then on.
    pub async fn mark_verification_handed_over(&mut self, id: RegistrationId, generation: i64) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(MARK_HANDED_OVER).bind(id).bind(generation).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Uses up a registration's token: removes the registration, and every other one of the same address. `None` if the
    /// token is not the newest, has expired or was used, or if the registration is blocked; `guessed` if the caller's
    /// guess is counted, which may have been the last one allowed.
    ///
    /// All rows of the address are deleted by one statement, so that of concurrent callers with tokens of different
    /// registrations one wins, without deadlocks. On `None` the transaction must be dropped.
    pub async fn take_registration(
        &mut self,
        token: &RegistrationToken,
        guessed: bool,
    ) -> Result<Option<RegistrationRow>, Error> {
        let Some(email) = self.find_registration_email(token.id).await? else { return Ok(None) };
        let rows: Vec<TakenRow> = in_tx!(self, c => sqlx::query_as(TAKE_BY_EMAIL).bind(&email).fetch_all(c).await)?;
        let is_valid = |TakenRow { row, failures }: &TakenRow| {
            row.id == token.id
                && row.token_generation == token.generation
                && row.token_expires_at > token.now
                && row.created_at > token.made_after
                && (guessed || *failures < MAX_FAILURES)
        };
        Ok(rows.into_iter().find(is_valid).map(|taken| taken.row))
    }

    /// Deletes every registration of an address.
    pub async fn delete_registrations(&mut self, email: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_BY_EMAIL).bind(email).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` registrations made before `before`; returns their number.
    pub async fn prune_registrations(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}
