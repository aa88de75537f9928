//! Letters as operators see them.

use super::{Accounts, Error, Operator, audit_log::still_there};
use crate::domain::{
    audit::AuditEntry,
    ids::MailId,
    mail::{Mail, MailState},
};
use serde_json::json;
use std::time::Duration;

/// A letter that is due within this time is not made due now: it may be under way, claimed by a worker (`leases.rs`) on
/// a node whose clock is a little ahead.
const SOON: Duration = Duration::from_secs(60);

impl Accounts {
    /// A page of letters, newest first, and whether there are more.
    pub async fn list_mails(
        &self,
        state: Option<MailState>,
        before: Option<MailId>,
        limit: i64,
    ) -> Result<(Vec<Mail>, bool), Error> {
        let mut mails = self.store.list_mails(state, before, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = mails.len() > limit;
        mails.truncate(limit);
        Ok((mails, more))
    }

    /// Tries a letter again at once, including one that was given up.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for one that was sent.
    pub async fn retry_mail(&self, mail: MailId, operator: Operator<'_>) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let (found, user) = tx.find_mail(mail).await?.ok_or(Error::NotFound)?;
        if found.state == MailState::Sent {
            return Err(Error::Forbidden("this letter has already been sent"));
        }
        let user = match user {
            Some(user) => still_there(&mut tx, user).await?,
            None => None,
        };
        let now = self.clock.now();
        tx.retry_mail(mail, now, now.after(SOON)).await?;
        let detail = json!({ "mail_id": mail, "kind": found.kind });
        tx.insert_audit_entry(&AuditEntry::of(operator, "mails.retry", user, detail, now)).await?;
        tx.commit().await?;
        Ok(())
    }
}
