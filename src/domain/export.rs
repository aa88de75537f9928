//! How far an export has been read (docs/protocol.md, "Methods").

use super::{
    ids::{MailId, SecurityEventId},
    revocation::NotACursor,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, fmt, str::FromStr};
use uuid::Uuid;

/// The last entry of each long list that was read. On the wire it is a text whose form is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportCursor {
    /// Of the security log.
    pub security_event: SecurityEventId,
    /// Of the letters.
    pub letter: MailId,
    /// Of the account's log.
    pub revision: i64,
}

impl ExportCursor {
    /// Before everything.
    pub const START: Self =
        Self { security_event: SecurityEventId(Uuid::nil()), letter: MailId(Uuid::nil()), revision: 0 };
}

impl fmt::Display for ExportCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.security_event.0.simple(), self.letter.0.simple(), self.revision)
    }
}

impl FromStr for ExportCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(NotACursor);
        let (security_event, letter, revision) = (next()?, next()?, next()?);
        let id = |text| Uuid::try_parse(text).map_err(|_| NotACursor);
        let cursor = Self {
            security_event: SecurityEventId(id(security_event)?),
            letter: MailId(id(letter)?),
            revision: revision.parse().ok().filter(|revision| *revision >= 0).ok_or(NotACursor)?,
        };
        if parts.next().is_none() { Ok(cursor) } else { Err(NotACursor) }
    }
}

impl Serialize for ExportCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ExportCursor {
    fn schema_name() -> Cow<'static, str> {
        "ExportCursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "How far the long lists were read: pass it on as `after`." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor =
            ExportCursor { security_event: SecurityEventId(Uuid::from_u128(7)), letter: MailId::new(), revision: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let nil = Uuid::nil().simple();
        for text in ["", "..", &format!("{nil}.{nil}"), &format!("{nil}.{nil}.-1"), &format!("{nil}.{nil}.1.2")] {
            assert_eq!(text.parse::<ExportCursor>(), Err(NotACursor), "{text}");
        }
    }
}
