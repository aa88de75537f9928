//! The Django application's tables, read-only and as one consistent snapshot.

use crate::import::Error;
use sqlx::{
    ConnectOptions, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use std::str::FromStr;

/// A time as sqlx reads it; the domain's type truncates it to milliseconds.
pub(super) type Time = sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc>;

/// A row of `users`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct UserRow {
    pub(super) id: i64,
    pub(super) password: String,
    pub(super) last_login: Option<Time>,
    pub(super) is_superuser: bool,
    pub(super) username: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) is_staff: bool,
    pub(super) is_active: bool,
    pub(super) date_joined: Time,
    pub(super) email: String,
    pub(super) company_name: Option<String>,
    pub(super) phone: Option<String>,
}

/// The columns that decide which of several users with the same e-mail address is imported.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct MailboxRow {
    pub(super) id: i64,
    pub(super) email: String,
    pub(super) last_login: Option<Time>,
    pub(super) is_active: bool,
    pub(super) date_joined: Time,
}

/// A row of `addresses`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AddressRow {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) label: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) company: Option<String>,
    pub(super) address_line_1: String,
    pub(super) address_line_2: Option<String>,
    pub(super) city: String,
    pub(super) state: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) country: String,
    pub(super) phone: Option<String>,
    pub(super) is_primary: bool,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
}

/// A row of `email_change_tokens`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct EmailChangeRow {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) is_used: bool,
    pub(super) expires_at: Time,
}

const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM users";
// Ids are integers of 32 or 64 bits, depending on the application's version.
const MAILBOXES: &str = "SELECT CAST(users.id AS BIGINT) AS id, email, last_login, is_active, date_joined FROM users \
     WHERE users.id > $1 ORDER BY users.id LIMIT $2";
const USERS: &str = "SELECT CAST(users.id AS BIGINT) AS id, password, last_login, is_superuser, username, first_name, \
     last_name, is_staff, is_active, date_joined, email, company_name, phone FROM users \
     WHERE users.id > $1 ORDER BY users.id LIMIT $2";
const ADDRESSES: &str = "SELECT CAST(addresses.id AS BIGINT) AS id, CAST(addresses.user_id AS BIGINT) AS user_id, \
     label, first_name, last_name, company, address_line_1, address_line_2, city, state, postal_code, country, phone, \
     is_primary, created_at, updated_at FROM addresses \
     WHERE addresses.user_id > $1 AND addresses.user_id <= $2 ORDER BY addresses.user_id, created_at, addresses.id";
const UNVERIFIED: &str = "SELECT DISTINCT CAST(user_id AS BIGINT) FROM email_verification_tokens \
     WHERE user_id > $1 AND user_id <= $2";
const EMAIL_CHANGES: &str = "SELECT CAST(t.id AS BIGINT) AS id, CAST(t.user_id AS BIGINT) AS user_id, is_used, \
     expires_at FROM email_change_tokens t WHERE t.user_id > $1 AND t.user_id <= $2 ORDER BY t.user_id, t.id";

/// A connection in a read-only transaction.
pub(super) enum Source {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! on_source {
    ($source:expr, $connection:ident => $query:expr) => {
        match $source {
            Source::Sqlite($connection) => $query.await,
            Source::Postgres($connection) => $query.await,
        }
        .map_err(Error::source)
    };
}

impl Source {
    /// Opens `sqlite://…` or `postgres://…`.
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(Error::source)?.read_only(true);
            let mut connection = options.connect().await.map_err(Error::source)?;
            sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(Error::source)?;
            Ok(Self::Sqlite(connection))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(Error::source)?.application_name("marbelle import");
            let mut connection = options.connect().await.map_err(Error::source)?;
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            sqlx::raw_sql(begin).execute(&mut connection).await.map_err(Error::source)?;
            Ok(Self::Postgres(connection))
        } else {
            Err(Error::NoSource)
        }
    }

    pub(super) async fn count_users(&mut self) -> Result<u64, Error> {
        let count: i64 = on_source!(self, c => sqlx::query_scalar(COUNT).fetch_one(c))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    pub(super) async fn mailboxes(&mut self, after: i64, limit: i64) -> Result<Vec<MailboxRow>, Error> {
        on_source!(self, c => sqlx::query_as(MAILBOXES).bind(after).bind(limit).fetch_all(c))
    }

    pub(super) async fn users(&mut self, after: i64, limit: i64) -> Result<Vec<UserRow>, Error> {
        on_source!(self, c => sqlx::query_as(USERS).bind(after).bind(limit).fetch_all(c))
    }

    /// The addresses of the users after `after` up to `last`.
    pub(super) async fn addresses(&mut self, after: i64, last: i64) -> Result<Vec<AddressRow>, Error> {
        on_source!(self, c => sqlx::query_as(ADDRESSES).bind(after).bind(last).fetch_all(c))
    }

    /// The users after `after` up to `last` whom a letter asked to verify their address.
    pub(super) async fn unverified(&mut self, after: i64, last: i64) -> Result<Vec<i64>, Error> {
        on_source!(self, c => sqlx::query_scalar(UNVERIFIED).bind(after).bind(last).fetch_all(c))
    }

    pub(super) async fn email_changes(&mut self, after: i64, last: i64) -> Result<Vec<EmailChangeRow>, Error> {
        on_source!(self, c => sqlx::query_as(EMAIL_CHANGES).bind(after).bind(last).fetch_all(c))
    }

    pub(super) async fn close(self) {
        // Nothing was written, so the outcome of the rollback does not matter.
        let _ = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
    }
}
