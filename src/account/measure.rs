//! What is measured by asking: the parts know it, nobody counts it.

use super::{Accounts, Error};
use crate::meters::{meters, number};

impl Accounts {
    /// Brings what the parts of this process know into the metrics; costs nothing worth mentioning.
    pub fn measure_now(&self) {
        meters().followers.set(number(self.hub.followers()));
        meters().password_queue.set(number(self.passwords.waiting()));
        for (pool, open, idle) in self.store.connections() {
            meters().database_connections(pool, open, idle);
        }
    }

    /// Brings what is asked of the database into the metrics.
    pub async fn measure_outbox(&self) -> Result<(), Error> {
        let (waiting, oldest) = self.store.waiting_letters().await?;
        meters().mail_waiting.set(number(usize::try_from(waiting).unwrap_or(0)));
        let age = oldest.map(|oldest| self.clock.now().since(oldest)).unwrap_or_default();
        meters().mail_oldest.set(age.as_secs_f64());
        Ok(())
    }
}
