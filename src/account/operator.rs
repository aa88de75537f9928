//! What the operator does to an account.

use super::{Accounts, Actor, Change, Error};
use crate::domain::{email::EmailAddress, security_event::SecurityEventType, session::EndReason};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Disables an account and ends its sessions. Nothing but [`Accounts::enable_account`] brings it back.
    pub async fn disable_account(self: &Arc<Self>, email: &EmailAddress, actor: Actor<'_>) -> Result<(), Error> {
        let mut change = self.change_by_email(email, actor).await?;
        change.account().set_disabled(true).await?;
        change.end_everything(EndReason::AccountDisabled).await?;
        change.record(SecurityEventType::AccountDisabled, json!({})).await?;
        change.commit().await
    }

    /// Lets a disabled account sign in again.
    pub async fn enable_account(self: &Arc<Self>, email: &EmailAddress, actor: Actor<'_>) -> Result<(), Error> {
        let mut change = self.change_by_email(email, actor).await?;
        change.account().set_disabled(false).await?;
        change.record(SecurityEventType::AccountEnabled, json!({})).await?;
        change.commit().await
    }

    /// Deletes an account, what was guessed at it, and every letter about it, whatever address it went to. Only the
    /// ids of its live sessions stay for a while, so that they can be told why they ended.
    pub async fn delete_account(self: &Arc<Self>, email: &EmailAddress, actor: Actor<'_>) -> Result<(), Error> {
        let change = self.change_by_email(email, actor).await?;
        change.delete().await
    }

    async fn change_by_email<'a>(
        self: &'a Arc<Self>,
        email: &EmailAddress,
        actor: Actor<'a>,
    ) -> Result<Change<'a>, Error> {
        let mut tx = self.store.write().await?;
        let user = tx.find_user_by_email(email).await?.ok_or(Error::NotFound)?;
        self.change_in(tx, user.user_id, actor).await
    }
}
