//! How far an export has been read (docs/protocol.md, "Methods").

use super::{
    cursor::cursor,
    ids::{MailId, SecurityEventId},
};
use uuid::Uuid;

cursor! {
    /// The last entry of each long list that was read.
    pub struct ExportCursor {
        /// Of the security log.
        pub security_event: SecurityEventId,
        /// Of the letters.
        pub letter: MailId,
        /// Of the account's log.
        pub revision: i64,
    }
    "How far the long lists were read: pass it on as `after`."
}

impl ExportCursor {
    /// Before everything.
    pub const START: Self =
        Self { security_event: SecurityEventId(Uuid::nil()), letter: MailId(Uuid::nil()), revision: 0 };
}
