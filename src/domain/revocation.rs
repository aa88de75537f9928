//! Revocations, which void access tokens before they expire (docs/protocol.md, "Service keys").

use super::{
    cursor::cursor,
    ids::{Epoch, SessionId, UserId},
    session::EndReason,
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// An entry: with the public keys, all that a service needs to verify tokens on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Revocation {
    /// The session that ended, or whose credentials were renewed. `null` after a restore: every token issued before `at`
    /// is void.
    pub session_id: Option<SessionId>,
    /// The user of the session; `null` after a restore.
    pub user_id: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
    /// Tokens of the session with a `ver` below this are void; all of them where it is `null`.
    pub below: Option<i64>,
}

cursor! {
    /// How far a reader of the revocations has come.
    pub struct RevocationCursor {
        /// The epoch of the database: the number belongs to it.
        pub epoch: Epoch,
        /// The number of the last entry that need not be read again.
        pub seq: i64,
    }
    "How far a reader has come: pass it on as `since`."
}
