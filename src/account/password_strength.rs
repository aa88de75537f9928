//! Checks that a new password is strong enough and not on a list of breached ones.

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
    /// Runs an estimate, which takes some milliseconds, on a hashing thread, where it delays no other call. Without a
    /// session it waits in the strangers' queue.
    pub async fn estimate<T: Send + 'static>(
        &self,
        caller: Option<Caller>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let queue = if caller.is_some() { Queue::Known } else { Queue::Strangers };
        Ok(self.passwords.estimate(queue, job).await?)
    }

    /// Refuses a new password that is on the operator's list of breached ones; `field` is its parameter. It is checked
    /// for every caller and before anything is looked up, so that its time reveals nothing about an account.
    pub(crate) async fn check_breached(&self, field: &'static str, password: &Password) -> Result<(), Error> {
        match &self.breached_passwords {
            Some(list) if list.has(password).await => {
                let message = "is on a list of passwords that were stolen elsewhere";
                Err(Error::invalid(field, Fault::new(Rule::Breached, message)))
            }
            _ => Ok(()),
        }
    }
}
