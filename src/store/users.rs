//! Accounts.

use super::{Committed, Error, LockedAccount, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{InvitationId, SessionId, UserId},
    phone::Phone,
    profile::{ExternalId, Locale, Name, PersonalData, Profile},
    time::Timestamp,
    user::name_keys,
};
use uuid::Uuid;

/// A row of `users`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct UserRow {
    #[sqlx(rename = "id")]
    pub user_id: UserId,
    pub email: EmailAddress,
    pub password_hash: Option<String>,
    pub first_name: Name,
    pub last_name: Option<Name>,
    pub company_name: Option<Name>,
    pub phone: Option<Phone>,
    pub locale: Locale,
    pub pending_email: Option<EmailAddress>,
    pub pending_email_session: Option<SessionId>,
    pub disabled_at: Option<Timestamp>,
    pub second_factor: bool,
    pub credentials_version: i64,
    pub revision: i64,
    pub profile_revision: i64,
    pub sign_in_methods_revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl UserRow {
    /// The part that the user sees.
    pub fn profile(&self) -> Profile {
        Profile {
            id: self.user_id,
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            is_business_customer: self.company_name.is_some(),
            company_name: self.company_name.clone(),
            phone: self.phone.clone(),
            locale: self.locale,
            pending_email: self.pending_email.clone(),
            revision: self.profile_revision,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A row of `users` that is locked, and the version of the webhooks ([`super::Receivers`]): read by the same statement,
/// it costs nothing if there are none.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LockedUser {
    #[sqlx(flatten)]
    pub(super) user: UserRow,
    pub(super) webhooks_version: Option<Uuid>,
}

/// The revision that an account has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Reached {
    /// The account.
    #[sqlx(rename = "id")]
    pub user: UserId,
    /// The last revision of its log.
    pub revision: i64,
    /// Rises with every change of a value that sign-ins are decided by.
    pub credentials_version: i64,
}

impl From<Committed> for Reached {
    fn from(Committed { user, revision, credentials_version, .. }: Committed) -> Self {
        Self { user, revision, credentials_version }
    }
}

/// A new account.
#[derive(Debug)]
#[expect(missing_docs, reason = "the columns")]
pub struct NewUser {
    pub id: UserId,
    pub email: EmailAddress,
    pub password_hash: Option<String>,
    /// The cost of verifying a hash of another system.
    pub imported_cost: Option<String>,
    pub external_id: Option<ExternalId>,
    pub person: PersonalData,
    /// The invitation that the user registered with; it is used up.
    pub invitation: Option<InvitationId>,
    pub created_at: Timestamp,
}

/// The columns of [`UserRow`]; `$of` goes before each name, such as `u.`.
macro_rules! user_columns {
    ($of:literal) => {
        concat!(
            $of,
            "id, ",
            $of,
            "email, ",
            $of,
            "password_hash, ",
            $of,
            "first_name, ",
            $of,
            "last_name, ",
            $of,
            "company_name, ",
            $of,
            "phone, ",
            $of,
            "locale, ",
            $of,
            "pending_email, ",
            $of,
            "pending_email_session, ",
            $of,
            "disabled_at, ",
            $of,
            "second_factor, ",
            $of,
            "credentials_version, ",
            $of,
            "revision, ",
            $of,
            "profile_revision, ",
            $of,
            "sign_in_methods_revision, ",
            $of,
            "created_at, ",
            $of,
            "updated_at"
        )
    };
}
pub(super) use user_columns;

/// The column of [`LockedUser`] beside those of the user.
macro_rules! webhooks_version {
    () => {
        "(SELECT version FROM webhooks_version) AS webhooks_version"
    };
}

const FIND_EXTERNAL_ID: &str = "SELECT external_id FROM users WHERE id = $1";
const FIND_BY_EMAIL: &str = concat!("SELECT ", user_columns!(""), " FROM users WHERE email = $1");
const FIND: &str = concat!("SELECT ", user_columns!(""), " FROM users WHERE id = $1");
const FIND_NEW: &str = concat!("SELECT ", user_columns!(""), ", ", webhooks_version!(), " FROM users WHERE id = $1");
const INSERT: &str = "INSERT INTO users (id, email, password_hash, first_name, last_name, company_name, phone, locale, \
     second_factor, credentials_version, revision, profile_revision, sign_in_methods_revision, created_at, updated_at, \
     imported_cost, password_cost, external_id, name_key, surname_key) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, 0, 0, 0, 0, $9, $9, $10, $10, $11, $12, $13) ON CONFLICT (email) DO NOTHING";
const LOCK: &str = concat!(
    "UPDATE users SET revision = revision + 1 WHERE id = $1 RETURNING ",
    user_columns!(""),
    ", ",
    webhooks_version!()
);
const LOCK_QUIETLY: &str = "UPDATE users SET revision = revision WHERE id = $1";
const UPDATE_PENDING_EMAIL_UNTIL: &str =
    "UPDATE users SET pending_email_until = $2, pending_email_session = $3 WHERE id = $1";
const END_PENDING_EMAIL: &str =
    "UPDATE users SET pending_email_until = NULL WHERE id = $1 AND pending_email_until <= $2";
const FIND_OVERDUE_EMAIL_CHANGES: &str =
    "SELECT id FROM users WHERE pending_email_until <= $1 ORDER BY pending_email_until LIMIT $2";
const UPDATE_EMAIL: &str = "UPDATE users SET email = $2, credentials_version = credentials_version + 1 WHERE id = $1";
const UPDATE_DISABLED_AT: &str =
    "UPDATE users SET disabled_at = $2, credentials_version = credentials_version + 1 WHERE id = $1";
const UPDATE_EXTERNAL_ID: &str = "UPDATE users SET external_id = $2 WHERE id = $1";
const DELETE: &str = "DELETE FROM users WHERE id = $1";
const UPDATE_PASSWORD: &str = "UPDATE users SET password_hash = $2, password_cost = NULL, credentials_version = credentials_version + 1 WHERE id = $1";
const UPGRADE_PASSWORD_HASH: &str = "UPDATE users SET password_hash = $2, password_cost = NULL WHERE id = $1";
const COUNT_PASSWORD_COSTS: &str = "SELECT imported_cost, password_cost, CAST(COUNT(*) AS BIGINT) FROM users \
     WHERE password_hash IS NOT NULL GROUP BY imported_cost, password_cost";

impl Store {
    /// The account with this address.
    pub async fn find_user_by_email(&self, email: &EmailAddress) -> Result<Option<UserRow>, Error> {
        let row = on_pool!(self, pool => sqlx::query_as(FIND_BY_EMAIL).bind(email).fetch_optional(pool).await)?;
        Ok(row)
    }

    /// The user's id in another system, if there is one.
    pub async fn find_external_id(&self, user: UserId) -> Result<Option<ExternalId>, Error> {
        let found: Option<Option<ExternalId>> =
            on_pool!(self, pool => sqlx::query_scalar(FIND_EXTERNAL_ID).bind(user).fetch_optional(pool).await)?;
        Ok(found.flatten())
    }

    /// The number of accounts with a password, by the cost of verifying the imported hash and by the present cost.
    pub async fn count_password_costs(&self) -> Result<Vec<(Option<String>, Option<String>, i64)>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(COUNT_PASSWORD_COSTS).fetch_all(pool).await)?)
    }

    /// Accounts whose waiting change of the e-mail address is due.
    pub async fn find_overdue_email_changes(&self, now: Timestamp, limit: i64) -> Result<Vec<UserId>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_scalar(FIND_OVERDUE_EMAIL_CHANGES).bind(now).bind(limit)
            .fetch_all(pool).await)?)
    }

    /// The revision and the version of the credentials that each of some accounts has reached; deleted accounts are
    /// missing.
    pub async fn reached(&self, users: &[UserId]) -> Result<Vec<Reached>, Error> {
        let rows = on_pool!(self, pool => {
            let mut query =
                sqlx::QueryBuilder::new("SELECT id, revision, credentials_version FROM users WHERE id IN (");
            let mut list = query.separated(", ");
            for user in users {
                list.push_bind(*user);
            }
            list.push_unseparated(")");
            query.build_query_as().fetch_all(pool).await
        })?;
        Ok(rows)
    }
}

impl Tx {
    /// The account with this address.
    pub async fn find_user_by_email(&mut self, email: &EmailAddress) -> Result<Option<UserRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND_BY_EMAIL).bind(email).fetch_optional(c).await)?;
        Ok(row)
    }

    /// An account.
    pub async fn find_user(&mut self, user: UserId) -> Result<Option<UserRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND).bind(user).fetch_optional(c).await)?;
        Ok(row)
    }

    /// The user's id in another system, if there is one.
    pub async fn find_external_id(&mut self, user: UserId) -> Result<Option<ExternalId>, Error> {
        let found: Option<Option<ExternalId>> =
            in_tx!(self, c => sqlx::query_scalar(FIND_EXTERNAL_ID).bind(user).fetch_optional(c).await)?;
        Ok(found.flatten())
    }

    /// Creates an account; `false` if the address has one.
    pub(super) async fn insert_user(&mut self, user: &NewUser) -> Result<bool, Error> {
        let (name_key, surname_key) = name_keys(&user.person.first_name, user.person.last_name.as_ref());
        let done = in_tx!(self, c => sqlx::query(INSERT)
            .bind(user.id).bind(&user.email).bind(&user.password_hash)
            .bind(&user.person.first_name).bind(&user.person.last_name)
            .bind(&user.person.company_name).bind(&user.person.phone).bind(user.person.locale)
            .bind(user.created_at).bind(&user.imported_cost).bind(&user.external_id)
            .bind(name_key).bind(surname_key)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Locks the account until the transaction ends and raises its revision by one, in one statement; the row is read
    /// once the lock is held.
    pub(super) async fn lock_user(&mut self, user: UserId) -> Result<Option<LockedUser>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(LOCK).bind(user).fetch_optional(c).await)?;
        Ok(row)
    }

    /// An account that this transaction has created.
    pub(super) async fn find_new_user(&mut self, user: UserId) -> Result<Option<LockedUser>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND_NEW).bind(user).fetch_optional(c).await)?;
        Ok(row)
    }

    /// Locks an account until the transaction ends, without raising its revision; without effect if it does not exist.
    pub async fn lock_user_quietly(&mut self, user: UserId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(LOCK_QUIETLY).bind(user).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes an account and everything that belongs to it.
    pub(super) async fn delete_user(&mut self, user: UserId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE).bind(user).execute(c).await.map(drop))?;
        Ok(())
    }
}

/// Writes to a locked account itself. `credentials_version` rises with every change of a value that sign-ins and proofs
/// are decided by, so that a decision made before the lock can be checked again under it by one number.
impl LockedAccount {
    /// Stages the profile, with the revision and the time of this change.
    pub fn save_profile(&mut self, mut profile: Profile) -> Profile {
        profile.revision = self.profile_revision();
        profile.updated_at = self.now();
        self.stage_profile(profile.clone());
        profile
    }

    /// Sets until when the pending change of the e-mail address waits, and the session whose end drops it.
    pub async fn set_pending_email_until(&mut self, until: Timestamp, session: SessionId) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE_PENDING_EMAIL_UNTIL).bind(user).bind(until).bind(session)
            .execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Ends the waiting of an overdue change of the e-mail address; `false` if none waits, or it is not due.
    pub async fn end_overdue_email_change(&mut self) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let ended = in_tx!(&mut self.tx, c => sqlx::query(END_PENDING_EMAIL).bind(user).bind(now).execute(c).await
            .map(|done| done.rows_affected()))?;
        self.must_commit();
        Ok(ended == 1)
    }

    /// Sets a new password, or the first one.
    pub async fn set_password(&mut self, hash: &str) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE_PASSWORD).bind(user).bind(hash).execute(c).await.map(drop))?;
        self.credentials_changed();
        if self.user.password_hash.is_none() {
            self.sign_in_methods_changed();
        }
        Ok(())
    }

    /// Sets a new hash of the same password.
    pub async fn upgrade_password_hash(&mut self, hash: &str) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPGRADE_PASSWORD_HASH).bind(user).bind(hash)
            .execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Sets the e-mail address that is used to sign in, and drops the pending one; [`Error::Unique`] if another account
    /// has it.
    pub async fn set_email(&mut self, email: &EmailAddress) -> Result<Profile, Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE_EMAIL).bind(user).bind(email).execute(c).await.map(drop))?;
        self.credentials_changed();
        let present = self.profile();
        Ok(self.save_profile(Profile { email: email.clone(), pending_email: None, ..present }))
    }

    /// Sets the user's id in another system; [`Error::Unique`] if another user has it.
    pub async fn set_external_id(&mut self, id: Option<&ExternalId>) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE_EXTERNAL_ID).bind(user).bind(id).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Disables or enables the account.
    pub async fn set_disabled(&mut self, disabled: bool) -> Result<(), Error> {
        let (user, at) = (self.user.user_id, disabled.then(|| self.now()));
        in_tx!(&mut self.tx, c => sqlx::query(UPDATE_DISABLED_AT).bind(user).bind(at).execute(c).await.map(drop))?;
        self.credentials_changed();
        self.stage_disabled(disabled);
        Ok(())
    }
}
