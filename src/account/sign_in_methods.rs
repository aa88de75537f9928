//! The sign-in methods of an account.

use super::{Accounts, Error};
use crate::domain::{session::Caller, sign_in_methods::SignInMethods};
use std::sync::Arc;

impl Accounts {
    /// The sign-in methods of the caller's account.
    pub async fn get_sign_in_methods(self: &Arc<Self>, caller: Caller) -> Result<SignInMethods, Error> {
        let (mut tx, row) = self.read(caller).await?;
        let methods = tx.sign_in_methods(&row.user).await?;
        tx.end_read().await?;
        Ok(methods)
    }
}
