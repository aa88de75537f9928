//! Entries of a log as they are sent: one buffer for all connections.

use super::{notification, session_end::ended_by};
use crate::{domain::event::Event, limits::QUEUED_EVENT_BYTES, store::EventRow};
use bytes::Bytes;
use serde_json::value::RawValue;

/// The largest buffer that several entries share: as much as may wait for a peer.
const BUFFER_BYTES: usize = QUEUED_EVENT_BYTES;

/// Consecutive entries of a log, one frame each.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The revision of the first.
    first: i64,
    frames: Bytes,
    /// The offset at which each frame begins.
    begins: Vec<usize>,
}

impl Page {
    /// The frames of consecutive entries.
    pub(super) fn of(rows: &[EventRow]) -> Self {
        let (mut frames, mut begins) = (Vec::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            begins.push(frames.len());
            let data: &RawValue = serde_json::from_str(&row.data).unwrap_or(RawValue::NULL);
            let event = Event {
                revision: Some(row.revision),
                at: row.at,
                r#type: row.event_type,
                session_id: row.session_id,
                data,
            };
            notification::append(&event, &mut frames);
        }
        Self { first: rows.first().map_or(0, |row| row.revision), frames: frames.into(), begins }
    }

    /// The revision of the last entry.
    pub(super) fn last(&self) -> i64 {
        self.first + i64::try_from(self.begins.len()).unwrap_or(i64::MAX) - 1
    }

    /// The frames of the entries after a revision, and their number; `None` if there are no such entries.
    pub(super) fn after(&self, revision: i64) -> Option<(Bytes, usize)> {
        let passed = usize::try_from(revision + 1 - self.first).unwrap_or(0);
        let begin = *self.begins.get(passed)?;
        Some((self.frames.slice(begin..), self.begins.len() - passed))
    }
}

/// Splits entries before one that ends sessions, since those sessions get the entries before it as well, and where
/// enough bytes have accumulated.
pub(super) fn runs(mut rows: &[EventRow]) -> impl Iterator<Item = &[EventRow]> {
    std::iter::from_fn(move || {
        let first = rows.first()?;
        let mut bytes = first.data.len();
        let further = rows[1..].iter().take_while(|row| {
            bytes += row.data.len();
            bytes <= BUFFER_BYTES && ended_by(row).is_empty()
        });
        let (run, rest) = rows.split_at(1 + further.count());
        rows = rest;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{event::EventType, ids::SessionId, time::Clock};
    use serde_json::json;

    #[test]
    fn a_page_gives_what_comes_after_a_revision() {
        let row = |revision| EventRow {
            revision,
            at: Clock::system().now(),
            event_type: EventType::ProfileChanged,
            data: format!("\"{}\"", "x".repeat(200)),
            session_id: None,
            credentials_version: 0,
        };
        let rows = [row(7), row(8), row(9)];
        let page = Page::of(&rows);
        assert_eq!(page.last(), 9);
        let (all, count) = page.after(3).unwrap();
        assert_eq!((all.len(), count), (page.frames.len(), 3));
        let (rest, count) = page.after(8).unwrap();
        assert_eq!((rest.clone(), count), (Page::of(&rows[2..]).frames, 1));
        assert!(String::from_utf8_lossy(&rest).contains(r#""result":{"revision":9,"#));
        assert!(page.after(9).is_none());
    }

    #[test]
    fn an_entry_that_ends_a_session_begins_a_run() {
        let row = |revision, event_type, data: String| EventRow {
            revision,
            at: Clock::system().now(),
            event_type,
            data,
            session_id: None,
            credentials_version: 0,
        };
        let (plain, large) = (|| json!("x").to_string(), || json!("x".repeat(BUFFER_BYTES)).to_string());
        let ended = json!({ "opened": null, "ended": [{ "session_id": SessionId::new(), "reason": "logout" }] });
        let rows = [
            row(1, EventType::ProfileChanged, plain()),
            row(2, EventType::SessionsChanged, json!({ "opened": null, "ended": [] }).to_string()),
            row(3, EventType::SessionsChanged, ended.to_string()),
            row(4, EventType::ProfileChanged, plain()),
            row(5, EventType::ProfileChanged, large()),
            row(6, EventType::ProfileChanged, plain()),
        ];
        let cut: Vec<Vec<i64>> = runs(&rows).map(|run| run.iter().map(|row| row.revision).collect()).collect();
        assert_eq!(cut, [vec![1, 2], vec![3, 4], vec![5], vec![6]]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
