//! Estimating how strong a new password is.

use super::{Accounts, Error};
use crate::{crypto::password::Queue, domain::session::Caller};

impl Accounts {
    /// Does the work of an estimate, which takes some milliseconds, on a thread that holds up no other call: in the queue
    /// of those who wait to have a password hashed, that of strangers where no session calls.
    pub async fn estimate<T: Send + 'static>(
        &self,
        caller: Option<Caller>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let queue = if caller.is_some() { Queue::Known } else { Queue::Strangers };
        Ok(self.passwords.estimate(queue, job).await?)
    }
}
