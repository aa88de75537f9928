//! The audit log: actions of operators and other services (docs/protocol.md, "Service keys").

use super::{Accounts, Error, Operator};
use crate::{
    domain::{
        audit::AuditEntry,
        ids::{AuditId, UserId},
        time::Timestamp,
    },
    store::Tx,
};
use serde_json::Value;

impl AuditEntry {
    /// An entry for an action at the present time. `method` is the name of the service method.
    pub(crate) fn of(operator: Operator<'_>, method: &str, user: Option<UserId>, detail: Value, at: Timestamp) -> Self {
        Self {
            id: AuditId::new(),
            at,
            actor: operator.name().to_owned(),
            key_id: operator.key(),
            method: method.to_owned(),
            user_id: user,
            detail,
        }
    }
}

/// The user, if the account is still there, which it then is until the transaction ends. An entry about a user who was
/// deleted meanwhile would name them for longer than the thirty days after which the others forget them.
pub(super) async fn still_there(tx: &mut Tx, user: UserId) -> Result<Option<UserId>, Error> {
    tx.lock_user_quietly(user).await?;
    Ok(tx.find_user(user).await?.map(|user| user.user_id))
}

impl Accounts {
    /// A page of the audit log, newest first, and whether there is more.
    pub async fn list_audit_log(&self, before: Option<AuditId>, limit: i64) -> Result<(Vec<AuditEntry>, bool), Error> {
        let mut entries = self.store.list_audit_entries(before, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > limit;
        entries.truncate(limit);
        Ok((entries, more))
    }
}
