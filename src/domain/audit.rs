//! What operators and other services have done (docs/protocol.md, "Service keys").

use super::{
    ids::{AuditId, KeyId, UserId},
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An entry of the operators' audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Sorts by time; the next page begins before it.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who: the name of the service key, or `command line`.
    pub actor: String,
    /// The service key; `null` for the command line.
    pub key_id: Option<KeyId>,
    /// What: the name of the method, for commands too; of a command that no method does, the command.
    pub method: String,
    /// To whom, if it was about one user; `null` as well 30 days after the user was deleted.
    pub user_id: Option<UserId>,
    /// More, by method; nothing of a deleted user.
    pub detail: Value,
}
