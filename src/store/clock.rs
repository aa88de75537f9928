//! The database's clock and the newest ids, which a node cannot know by itself.

use super::{Backend, Error, Store, bounded, on_pool};
use crate::domain::time::Timestamp;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

const NOW: &str = "SELECT clock_timestamp()";
/// The tables that are listed by id.
const LISTED: [&str; 12] = [
    "users",
    "addresses",
    "registrations",
    "invitations",
    "known_devices",
    "passkeys",
    "security_events",
    "audit_log",
    "mail_outbox",
    "service_keys",
    "webhooks",
    "outgoing_events",
];

impl Store {
    /// The time of the database's clock; `None` if that is this machine's own.
    pub async fn database_time(&self) -> Result<Option<Timestamp>, Error> {
        let Backend::Postgres(pool) = &self.backend else { return Ok(None) };
        let mut lease = pool.acquire().await?;
        let asked = bounded(async { sqlx::query_scalar(NOW).fetch_one(&mut *lease).await }).await;
        let at: Timestamp = lease.give_back(asked)?;
        Ok(Some(at))
    }

    /// The newest id of each table that is listed by id. An imported id may have no time and sort above all others, so
    /// each table has its own.
    pub async fn newest_ids(&self) -> Result<Vec<Uuid>, Error> {
        let newest =
            LISTED.map(|table| format!("SELECT id FROM (SELECT id FROM {table} ORDER BY id DESC LIMIT 1) {table}"));
        let newest = newest.join(" UNION ALL ");
        Ok(on_pool!(self, pool => sqlx::query_scalar(AssertSqlSafe(newest)).fetch_all(pool).await)?)
    }
}
