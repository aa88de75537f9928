//! The statements of `profile.get` and `profile.update` alone, on the server's own database.
//!
//! SQL and pool options are those of `src/store`, repeated here on purpose: a baseline that used the server's code would
//! include its cost.

use super::Result;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{
    PgPool, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::PathBuf, time::Duration};
use uuid::Uuid;

const PROFILE: &str = "SELECT s.user_id AS id, s.created_at AS opened_at, s.last_seen_at, s.end_reason, u.email, \
     u.first_name, u.last_name, u.company_name, u.phone, u.locale, u.pending_email, u.profile_revision, u.created_at, \
     u.updated_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
const LOCK: &str = "UPDATE users SET revision = revision + 1 WHERE id = $1 RETURNING *";
const SESSION: &str = "SELECT s.id AS session_id, s.user_id AS session_user_id, s.device_name, s.user_agent, s.ip, \
     s.refresh_generation, s.refreshed_at, s.created_at AS session_created_at, s.last_seen_at, s.end_reason \
     FROM sessions s WHERE s.id = $1";
const UPDATE_PROFILE: &str = "UPDATE users SET first_name = $2, last_name = $3, company_name = $4, phone = $5, \
     locale = $6, pending_email = $7, profile_revision = $8, updated_at = $9 WHERE id = $1";
const INSERT_EVENT: &str = "INSERT INTO account_events (user_id, revision, at, type, data, session_id, credentials_version) \
     VALUES ($1, $2, $3, $4, $5, $6, 0)";

/// A database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Source {
    /// In this file.
    Sqlite(PathBuf),
    /// At this URL.
    Postgres(String),
}

/// A user with a session.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Person {
    pub user: Uuid,
    pub session: Uuid,
}

/// A database, and the users whose rows are read and changed in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    pub source: Source,
    pub people: Vec<Person>,
}

/// The columns of `users` that an answer shows. The type of the times is the one that costs least to read.
#[derive(Clone, Debug, sqlx::FromRow, Serialize)]
pub struct Profile<T> {
    id: Uuid,
    email: String,
    first_name: String,
    last_name: String,
    company_name: Option<String>,
    phone: Option<String>,
    locale: String,
    #[sqlx(skip)]
    is_business_customer: bool,
    pending_email: Option<String>,
    #[sqlx(rename = "profile_revision")]
    revision: i64,
    created_at: T,
    updated_at: T,
}

/// A profile from either database.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Sqlite(Profile<String>),
    Postgres(Profile<DateTime<Utc>>),
}

/// The connection pools: SQLite's with the server's options, PostgreSQL's with sqlx's defaults.
enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// The statements, and the users whose rows they concern.
pub struct Statements {
    people: Vec<Person>,
    pools: Pools,
}

/// Runs the transaction of `profile.update` on either database, including its commit.
macro_rules! update {
    ($tx:expr, $person:expr, $first_name:expr, $time:ty) => {{
        let (mut tx, Person { user, session }) = ($tx, $person);
        let row = sqlx::query(LOCK).bind(user).fetch_one(&mut *tx).await?;
        let revision: i64 = sqlx::Row::try_get(&row, "revision")?;
        let mut profile: Profile<$time> = sqlx::FromRow::from_row(&row)?;
        sqlx::query(SESSION).bind(session).fetch_one(&mut *tx).await?;
        profile.first_name = $first_name.to_owned();
        profile.revision = revision;
        sqlx::query(UPDATE_PROFILE)
            .bind(user)
            .bind(&profile.first_name)
            .bind(&profile.last_name)
            .bind(&profile.company_name)
            .bind(&profile.phone)
            .bind(&profile.locale)
            .bind(&profile.pending_email)
            .bind(revision)
            .bind(&profile.updated_at)
            .execute(&mut *tx)
            .await?;
        sqlx::query(INSERT_EVENT)
            .bind(user)
            .bind(revision)
            .bind(&profile.updated_at)
            .bind("profile.changed")
            .bind(serde_json::to_string(&profile)?)
            .bind(session)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }};
}

impl Statements {
    /// Opens the database, which a server has created.
    pub async fn open(subject: Subject) -> Result<Self> {
        let pools = match subject.source {
            Source::Postgres(url) => Pools::Postgres(PgPool::connect(&url).await?),
            Source::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(Duration::from_secs(3));
                let write = pool(1).connect_with(options.clone()).await?;
                Pools::Sqlite { read: pool(2).connect_with(options.read_only(true)).await?, write }
            }
        };
        Ok(Self { people: subject.people, pools })
    }

    /// Runs the statement of `profile.get` for the first person.
    pub async fn profile(&self) -> Result<Answer> {
        let session = self.people[0].session;
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Answer::Sqlite(sqlx::query_as(PROFILE).bind(session).fetch_one(read).await?),
            Pools::Postgres(pool) => Answer::Postgres(sqlx::query_as(PROFILE).bind(session).fetch_one(pool).await?),
        })
    }

    /// Runs the transaction of `profile.update`, including its commit.
    pub async fn update(&self, person: usize, first_name: &str) -> Result<()> {
        let person = self.people[person];
        match &self.pools {
            Pools::Sqlite { write, .. } => {
                update!(write.begin_with("BEGIN IMMEDIATE").await?, person, first_name, String)
            }
            Pools::Postgres(pool) => update!(pool.begin().await?, person, first_name, DateTime<Utc>),
        }
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(3))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
