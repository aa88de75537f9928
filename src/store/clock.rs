//! The database's clock and the newest ids, which a node cannot know by itself.

use super::{Backend, Error, Store, bounded, on_pool};
use crate::domain::time::Timestamp;
use uuid::Uuid;

const NOW: &str = "SELECT clock_timestamp()";
/// Of all tables that are listed by id.
const NEWEST_ID: &str = "SELECT id FROM (SELECT id FROM (SELECT id FROM addresses ORDER BY id DESC LIMIT 1) a \
     UNION ALL SELECT id FROM (SELECT id FROM registrations ORDER BY id DESC LIMIT 1) r \
     UNION ALL SELECT id FROM (SELECT id FROM security_events ORDER BY id DESC LIMIT 1) s) newest \
     ORDER BY id DESC LIMIT 1";

impl Store {
    /// The time of the database's clock; `None` if that is this machine's own.
    pub async fn database_time(&self) -> Result<Option<Timestamp>, Error> {
        let Backend::Postgres(pool) = &self.backend else { return Ok(None) };
        let mut lease = pool.acquire().await?;
        let asked = bounded(async { sqlx::query_scalar(NOW).fetch_one(&mut *lease).await }).await;
        let at: Timestamp = lease.give_back(asked)?;
        Ok(Some(at))
    }

    /// The newest of the ids by which rows are listed.
    pub async fn newest_id(&self) -> Result<Option<Uuid>, Error> {
        let newest = on_pool!(self, pool => sqlx::query_scalar(NEWEST_ID).fetch_optional(pool).await)?;
        Ok(newest)
    }
}
