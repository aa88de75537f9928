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
    /// The actor: the name of the service key, or `command line`.
    pub actor: String,
    /// The service key; `null` for the command line.
    pub key_id: Option<KeyId>,
    /// The action: the name of the method, for commands as well. A command without a method has its own name.
    pub method: String,
    /// The user concerned, if there is one; `null` again 30 days after the user was deleted.
    pub user_id: Option<UserId>,
    /// Details, by method; none of a deleted user.
    pub detail: Value,
}
