//! The end of a session, as recorded by an entry of the log.

use super::{notification, socket::Close};
use crate::{
    domain::{
        event::{Event, EventType, SessionRevoked, SessionsChanged},
        ids::SessionId,
        session::EndReason,
        time::Timestamp,
    },
    store::EventRow,
};
use bytes::Bytes;

/// The code of the Close frame when the session has ended; its text is the reason.
pub(super) const SESSION_ENDED: u16 = 4401;

/// The entry of the log that ended a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionEnd {
    pub(super) reason: EndReason,
    pub(super) at: Timestamp,
    pub(super) actor: Option<SessionId>,
}

impl SessionEnd {
    /// The last event of a connection.
    pub(super) fn event(&self) -> Bytes {
        notification::of(&Event {
            revision: None,
            at: self.at,
            r#type: EventType::SessionRevoked,
            session_id: self.actor,
            data: SessionRevoked { reason: self.reason },
        })
    }

    pub(super) fn close(&self) -> Close {
        Close { code: SESSION_ENDED, reason: self.reason.as_str() }
    }
}

/// The sessions that an entry ended.
pub(super) fn ended_by(row: &EventRow) -> Vec<(SessionId, SessionEnd)> {
    if row.event_type != EventType::SessionsChanged {
        return Vec::new();
    }
    match serde_json::from_str::<SessionsChanged>(&row.data) {
        Ok(changed) => changed
            .ended
            .into_iter()
            .map(|ended| (ended.session_id, session_end(ended.reason, row.at, row.session_id)))
            .collect(),
        Err(error) => {
            // Only edits of the table by others can cause this; every call still checks the session in the database.
            tracing::error!(revision = row.revision, %error, "an entry of a log cannot be read");
            Vec::new()
        }
    }
}

pub(super) fn session_end(reason: EndReason, at: Timestamp, actor: Option<SessionId>) -> SessionEnd {
    SessionEnd { reason, at, actor }
}
