//! What voids access tokens before they expire (docs/protocol.md, "Service keys").

use super::{
    ids::{Epoch, SessionId, UserId},
    session::EndReason,
    time::Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, fmt, str::FromStr};
use uuid::Uuid;

/// An entry: with the public keys, all that a service needs to verify tokens on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Revocation {
    /// The session that ended, or whose credentials were renewed. `null` after a restore: every token issued before `at`
    /// is void.
    pub session_id: Option<SessionId>,
    /// Whose session; `null` after a restore.
    pub user_id: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
    /// Tokens of the session with a `ver` below this are void; all of them where it is `null`.
    pub below: Option<i64>,
}

/// How far a reader of the revocations has come. On the wire it is an opaque text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationCursor {
    /// The epoch of the database: the number belongs to it.
    pub epoch: Epoch,
    /// The number of the last entry that need not be read again.
    pub seq: i64,
}

impl fmt::Display for RevocationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.0.simple(), self.seq)
    }
}

/// The text is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl FromStr for RevocationCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, seq) = text.split_once('.').ok_or(NotACursor)?;
        let epoch = Uuid::try_parse(epoch).map(Epoch).map_err(|_| NotACursor)?;
        let seq = seq.parse().ok().filter(|seq| *seq >= 0).ok_or(NotACursor)?;
        Ok(Self { epoch, seq })
    }
}

impl Serialize for RevocationCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for RevocationCursor {
    fn schema_name() -> Cow<'static, str> {
        "RevocationCursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "How far a reader has come: pass it on as `since`." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = RevocationCursor { epoch: Epoch(Uuid::from_u128(7)), seq: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", ".", "7.42", "42", "00000000000000000000000000000007.-1", "00000000000000000000000000000007."]
        {
            assert_eq!(text.parse::<RevocationCursor>(), Err(NotACursor), "{text}");
        }
    }
}
