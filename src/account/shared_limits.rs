//! Rate limits that several nodes share.

use super::{Accounts, Error};
use crate::store::SharedQuota;
use std::{num::NonZeroU32, time::Duration};

impl Accounts {
    /// Counts one use of the quota of `subject` per minute on all nodes together. To be called only if this node alone
    /// would allow it, so that a flood costs the database nothing.
    pub async fn count_in_cluster(&self, subject: &str, per_minute: NonZeroU32) -> Result<(), Error> {
        let burst = i64::from(per_minute.get());
        let quota = SharedQuota { interval_ms: (60_000 / burst).max(1), burst };
        match self.store.count_shared(subject, quota, self.clock.now().unix_millis()).await? {
            Ok(()) => Ok(()),
            Err(wait) => Err(Error::RateLimited { retry_after: Duration::from_millis(wait.unsigned_abs()) }),
        }
    }
}
