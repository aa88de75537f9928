//! Whether a new password is strong enough, and in no list of breached ones.

use super::{Accounts, Error};
use crate::{
    crypto::password::Queue,
    domain::{
        fault::{Fault, Rule},
        password::Password,
        session::Caller,
    },
};

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

    /// Refuses a new password that is in the operator's list of breached ones; `field` is the parameter that it came in. It is
    /// asked whoever calls, and before anything is looked up: what it takes tells nothing of an account.
    pub(crate) async fn check_breached(&self, field: &'static str, password: &Password) -> Result<(), Error> {
        match &self.breached_passwords {
            Some(list) if list.has(password).await => {
                let message = "is in a list of passwords that were stolen elsewhere";
                Err(Error::invalid(field, Fault::new(Rule::Breached, message)))
            }
            _ => Ok(()),
        }
    }
}
