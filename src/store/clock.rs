//! What the database knows of time and order that a node does not.

use super::{Backend, Error, Store, bounded, on_pool};
use crate::domain::time::Timestamp;
use uuid::Uuid;

const NOW: &str = "SELECT clock_timestamp()";
/// Of what is listed by its id.
const NEWEST_ID: &str = "SELECT id FROM (SELECT id FROM (SELECT id FROM addresses ORDER BY id DESC LIMIT 1) a \
     UNION ALL SELECT id FROM (SELECT id FROM registrations ORDER BY id DESC LIMIT 1) r \
     UNION ALL SELECT id FROM (SELECT id FROM security_events ORDER BY id DESC LIMIT 1) s) newest \
     ORDER BY id DESC LIMIT 1";

impl Store {
    /// What time it is by the database's clock; `None` where that is this machine's own.
    pub async fn database_time(&self) -> Result<Option<Timestamp>, Error> {
        let Backend::Postgres(pool) = &self.backend else { return Ok(None) };
        let mut lease = pool.acquire().await?;
        let asked = bounded(async { sqlx::query_scalar(NOW).fetch_one(&mut *lease).await }).await;
        let at: Timestamp = lease.give_back(asked)?;
        Ok(Some(at))
    }

    /// The newest of the ids by which something is listed.
    pub async fn newest_id(&self) -> Result<Option<Uuid>, Error> {
        let newest = on_pool!(self, pool => sqlx::query_scalar(NEWEST_ID).fetch_optional(pool).await)?;
        Ok(newest)
    }
}
