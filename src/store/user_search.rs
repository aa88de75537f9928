//! Users as operators see them: searched by the beginning of their address or name, newest first, with a summary of
//! each.
//!
//! Names are folded in Rust into separate columns, so that a prefix is a range of an index on either database. A common
//! prefix is found soon by walking through the newest users. Only if that does not fill the page are all matches
//! collected from the indexes, without reading their rows.

use super::{Error, ExternalUser, Store, Tx, import::USER_COLUMNS, in_tx, on_pool};
use crate::domain::{
    ids::UserId,
    session::SessionLifetimes,
    time::Timestamp,
    user::{SearchKey, UserCounts, UserRef, UserState},
};
use sqlx::{AssertSqlSafe, QueryBuilder};
use std::collections::HashMap;
use uuid::Uuid;

/// Users that are walked through before the indexes are used.
const WALK: i64 = 2000;

/// A search, and the position of its page.
#[derive(Debug)]
pub struct UserSearch {
    /// The beginning of an address or a name.
    pub key: Option<SearchKey>,
    /// Their state.
    pub state: Option<UserState>,
    /// The users after this one, in the order of the pages.
    pub after: Option<UserId>,
    /// The most users.
    pub limit: i64,
}

/// A summary of a user's sessions.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct SessionSummary {
    /// The number of live ones.
    pub live: i64,
    /// When any was last used.
    pub last_seen_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    user_id: UserId,
    #[sqlx(flatten)]
    summary: SessionSummary,
}

const COUNT: &str = "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE disabled_at IS NULL) AS active, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE disabled_at IS NOT NULL) AS disabled, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM registrations WHERE created_at > $1) AS registrations";

impl Store {
    /// The number of accounts, and of registrations that were started after `since`.
    pub async fn count_accounts(&self, since: Timestamp) -> Result<UserCounts, Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(COUNT).bind(since).fetch_one(pool).await)?)
    }
}

impl Tx {
    /// A user.
    pub async fn find_external_user(&mut self, user: &UserRef) -> Result<Option<ExternalUser>, Error> {
        let find = |column| AssertSqlSafe(format!("SELECT {USER_COLUMNS} FROM users WHERE {column} = $1"));
        Ok(match user {
            UserRef::Id(id) => in_tx!(self, c => sqlx::query_as(find("id")).bind(id).fetch_optional(c).await)?,
            UserRef::Email(email) => {
                in_tx!(self, c => sqlx::query_as(find("email")).bind(email).fetch_optional(c).await)?
            }
            UserRef::External(id) => {
                in_tx!(self, c => sqlx::query_as(find("external_id")).bind(id).fetch_optional(c).await)?
            }
        })
    }

    /// A page of users, newest first.
    pub async fn find_users(&mut self, search: &UserSearch) -> Result<Vec<ExternalUser>, Error> {
        let state = match search.state {
            None => "",
            Some(UserState::Active) => " AND disabled_at IS NULL",
            Some(UserState::Disabled) => " AND disabled_at IS NOT NULL",
        };
        let Some(key) = &search.key else {
            let all = format!("SELECT {USER_COLUMNS} FROM users WHERE id < $1{state} ORDER BY id DESC LIMIT $2");
            return self.fetch(search, None, all).await;
        };
        let begins = |column: &str| format!("{column} >= $3 AND {column} < $4");
        let any = ["email", "name_key", "surname_key"].map(|column| format!("({})", begins(column))).join(" OR ");
        let among_the_newest = format!(
            "SELECT {USER_COLUMNS} FROM (SELECT {USER_COLUMNS}, name_key, surname_key FROM users WHERE id < $1{state} \
             ORDER BY id DESC LIMIT {WALK}) AS newest WHERE {any} ORDER BY id DESC LIMIT $2"
        );
        let found = self.fetch(search, Some(key), among_the_newest).await?;
        if i64::try_from(found.len()).is_ok_and(|found| found >= search.limit) {
            return Ok(found);
        }
        // The newest of each index first: to find out who is found twice would else take longer than all the rest. They are
        // ordered by an expression, since a planner that hopes to come across them in the order of the ids reads every row.
        let newest = ["email", "name_key", "surname_key"]
            .map(|column| {
                format!(
                    "SELECT id FROM (SELECT id FROM users WHERE {} AND id < $1{state} \
                     ORDER BY COALESCE(id, id) DESC LIMIT $2) AS {column}",
                    begins(column)
                )
            })
            .join(" UNION ");
        let from_the_indexes = format!(
            "WITH page AS MATERIALIZED (SELECT id FROM ({newest}) AS found ORDER BY id DESC LIMIT $2) \
             SELECT {USER_COLUMNS} FROM users WHERE id IN (SELECT id FROM page) ORDER BY id DESC"
        );
        self.fetch(search, Some(key), from_the_indexes).await
    }

    async fn fetch(
        &mut self,
        search: &UserSearch,
        key: Option<&SearchKey>,
        statement: String,
    ) -> Result<Vec<ExternalUser>, Error> {
        let after = search.after.unwrap_or(UserId(Uuid::max()));
        Ok(in_tx!(self, c => {
            let mut query = sqlx::query_as(AssertSqlSafe(statement)).bind(after).bind(search.limit);
            if let Some(key) = key {
                query = query.bind(key.from().to_owned()).bind(key.to());
            }
            query.fetch_all(c).await
        })?)
    }

    /// The summaries of these users' sessions; users without sessions are missing.
    pub async fn summarise_sessions(
        &mut self,
        users: &[UserId],
        lifetimes: &SessionLifetimes,
        now: Timestamp,
    ) -> Result<HashMap<UserId, SessionSummary>, Error> {
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<SummaryRow> = in_tx!(self, c => {
            let mut query = QueryBuilder::new(
                "SELECT user_id, CAST(COUNT(CASE WHEN ended_at IS NULL AND last_seen_at > ",
            );
            query.push_bind(now.before(lifetimes.idle)).push(" AND created_at > ");
            query.push_bind(now.before(lifetimes.absolute));
            query.push(" THEN 1 END) AS BIGINT) AS live, MAX(last_seen_at) AS last_seen_at FROM sessions WHERE user_id IN (");
            let mut list = query.separated(", ");
            for user in users {
                list.push_bind(*user);
            }
            list.push_unseparated(") GROUP BY user_id");
            query.build_query_as().fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(|row| (row.user_id, row.summary)).collect())
    }
}
