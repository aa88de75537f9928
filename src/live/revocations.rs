//! Revocations of access tokens, pushed to services that verify tokens on their own.
//!
//! Entries have numbers, and a cursor is one of them. On PostgreSQL a number may be committed after a higher one, so a
//! cursor stays before the first missing number for as long as it may still appear. Entries after it are read, and may
//! be sent, more than once. No entry is missed.
//!
//! One task per node reads for all subscribers. A subscriber first reads what it has missed on its own, and again
//! whenever it was too slow for the node's task.

use super::{connection::Connection, hub::Shared, notification, socket::Refused};
use crate::{
    domain::{
        revocation::{Revocation, RevocationCursor},
        time::Timestamp,
    },
    store::{self, RevocationRow},
};
use bytes::Bytes;
use dashmap::{DashMap, Entry};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::{
    Notify,
    broadcast::{self, error::RecvError},
};
use tokio_util::sync::CancellationToken;

/// The name of the notification.
pub const REVOCATIONS_EVENT: &str = "revocations.event";
/// The id of the one subscription that a connection can have.
pub const REVOCATIONS: &str = "revocations";
/// The subject under which nodes announce new entries.
pub(super) const SUBJECT: &str = "marbelle.revocations";

/// Entries read by one statement and held by one page: with the longest reasons some 450 KiB.
const PAGE: usize = 2_000;
/// Entries of one notification.
const AT_ONCE: usize = 256;
/// A missing number below an entry older than this belongs to a transaction that was rolled back. The database ends
/// open transactions after [`store::Store`]'s time limits, which are seconds; the rest allows for clocks that differ.
const OPEN_AT_MOST: Duration = Duration::from_secs(10 * 60);
/// The same holds for a missing number after which this many others were read: each is inserted right before its
/// commit.
const OVERTAKEN_AT_MOST: usize = PAGE / 2;
/// Readings that a slow subscriber may be behind before it reads on its own.
const READINGS: usize = 64;

/// A page of the revocations.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RevocationsPage {
    /// The entries, the oldest first.
    pub revocations: Vec<Revocation>,
    /// Where to continue.
    pub cursor: RevocationCursor,
}

/// The subscribers to the revocations on this node.
pub(super) struct Revocations {
    /// By connection.
    subscribers: DashMap<u64, CancellationToken>,
    /// The pages that the node's task has read.
    readings: broadcast::Sender<Reading>,
    /// The state of the node's task; `None` while no subscriber has caught up.
    reader: Mutex<Option<Reader>>,
    look_soon: Notify,
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            subscribers: DashMap::new(),
            readings: broadcast::Sender::new(READINGS),
            reader: Mutex::new(None),
            look_soon: Notify::new(),
        }
    }
}

/// Frames for all subscribers, and the cursor after them.
#[derive(Clone)]
struct Reading {
    frames: Bytes,
    cursor: RevocationCursor,
}

/// The state of the node's task.
#[derive(Clone, Debug)]
struct Reader {
    cursor: RevocationCursor,
    /// Numbers after the cursor that were read already.
    seen: HashSet<i64>,
}

/// The entries after a cursor.
struct Page {
    rows: Vec<RevocationRow>,
    cursor: RevocationCursor,
    /// Whether more can be read at once.
    is_full: bool,
}

impl Revocations {
    pub(super) fn look_soon(&self) {
        self.look_soon.notify_one();
    }

    /// Ends the subscription of a connection; `false` if it has none.
    pub(super) fn unsubscribe(&self, connection: &Connection) -> bool {
        self.subscribers.remove(&connection.id).inspect(|(_, token)| token.cancel()).is_some()
    }

    /// Has the node's task read from this cursor, unless it reads already: what was committed after this subscriber
    /// began to listen to the task is then among its readings.
    fn read_from(&self, cursor: RevocationCursor) {
        self.reader.lock().get_or_insert_with(|| Reader { cursor, seen: HashSet::new() });
        self.look_soon();
    }
}

/// The entries after a cursor. Without one, or with one of another epoch, they begin with the first that is kept.
pub(super) async fn list(shared: &Shared, since: Option<RevocationCursor>) -> Result<RevocationsPage, store::Error> {
    let Page { rows, cursor, .. } = read(shared, since).await?;
    Ok(RevocationsPage { revocations: rows.into_iter().map(|row| row.revocation).collect(), cursor })
}

async fn read(shared: &Shared, since: Option<RevocationCursor>) -> Result<Page, store::Error> {
    let epoch = shared.store.epoch().await?;
    let after = since.filter(|since| since.epoch == epoch).map_or(0, |since| since.seq);
    let rows = shared.store.list_revocations(after, i64::try_from(PAGE).unwrap_or(i64::MAX)).await?;
    let cursor = RevocationCursor { epoch, seq: settled(after, &rows, shared.clock.now()) };
    Ok(Page { is_full: rows.len() == PAGE, rows, cursor })
}

/// The last number below which no missing number can appear any more.
fn settled(after: i64, rows: &[RevocationRow], now: Timestamp) -> i64 {
    let mut last = after;
    for (place, row) in rows.iter().enumerate() {
        let may_appear = row.seq > last + 1
            && now.since(row.revocation.at) < OPEN_AT_MOST
            && rows.len() - place <= OVERTAKEN_AT_MOST;
        if may_appear {
            return last;
        }
        last = row.seq;
    }
    last
}

/// Reads new entries for the subscribers of this node, until it stops.
pub(super) async fn run(shared: Arc<Shared>, period: Duration) {
    let mut announcements = shared.bus.listen_to(SUBJECT).await;
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = tokio::time::sleep(period) => {}
            () = shared.revocations.look_soon.notified() => {}
            _ = announcements.next() => {}
        }
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "the revocations could not be read; trying again");
            tokio::time::sleep(period.min(Duration::from_secs(1))).await;
            shared.revocations.look_soon();
        }
    }
}

async fn look(shared: &Shared) -> Result<(), store::Error> {
    let Revocations { readings, reader, .. } = &shared.revocations;
    loop {
        let Some(present) = ({
            let mut reader = reader.lock();
            if readings.receiver_count() == 0 {
                *reader = None;
            }
            reader.clone()
        }) else {
            return Ok(());
        };
        let Page { rows, cursor, is_full } = read(shared, Some(present.cursor)).await?;
        let is_known = |row: &RevocationRow| present.cursor.epoch == cursor.epoch && present.seen.contains(&row.seq);
        let seen = rows.iter().map(|row| row.seq).filter(|seq| *seq > cursor.seq).collect();
        let fresh: Vec<RevocationRow> = rows.into_iter().filter(|row| !is_known(row)).collect();
        *reader.lock() = Some(Reader { cursor, seen });
        if !fresh.is_empty() {
            // Fails only if nobody listens any more.
            let _ = readings.send(Reading { frames: frames(fresh, cursor), cursor });
        }
        if !is_full {
            return Ok(());
        }
    }
}

/// The notifications of a page. There is at least one, so that a new subscriber learns its cursor. Each has the cursor
/// of its own entries, so that a subscriber whose socket closes between two of them misses nothing.
fn frames(rows: Vec<RevocationRow>, cursor: RevocationCursor) -> Bytes {
    let mut frames = Vec::new();
    let mut rest = rows;
    loop {
        let later = rest.split_off(rest.len().min(AT_ONCE));
        let cursor = match rest.last() {
            Some(last) if !later.is_empty() => RevocationCursor { seq: cursor.seq.min(last.seq), ..cursor },
            _ => cursor,
        };
        let page = RevocationsPage { revocations: rest.into_iter().map(|row| row.revocation).collect(), cursor };
        notification::append_to(REVOCATIONS_EVENT, REVOCATIONS, &page, &mut frames);
        if later.is_empty() {
            return frames.into();
        }
        rest = later;
    }
}

/// Registers the one subscription of a connection; `None` if it has one already. The returned future serves it.
pub(super) fn subscribe(
    shared: &Arc<Shared>,
    connection: &Arc<Connection>,
    since: Option<RevocationCursor>,
) -> Option<impl FnOnce() + Send + use<>> {
    let ended = match shared.revocations.subscribers.entry(connection.id) {
        Entry::Occupied(_) => return None,
        Entry::Vacant(vacant) => vacant.insert(CancellationToken::new()).clone(),
    };
    // A closing socket is marked before it leaves, so either this check or `Hub::close` sees the other.
    if connection.is_closed() {
        shared.revocations.unsubscribe(connection);
    }
    let (shared, connection) = (shared.clone(), connection.clone());
    Some(move || {
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = shared.stopping.cancelled() => {}
                () = feed(&shared, &connection, since) => {}
            }
        });
    })
}

/// Sends a subscriber everything after `since`, until its socket closes.
async fn feed(shared: &Shared, connection: &Connection, mut since: Option<RevocationCursor>) {
    loop {
        let mut readings = shared.revocations.readings.subscribe();
        let Some(cursor) = catch_up(shared, connection, since).await else { return };
        shared.revocations.read_from(cursor);
        since = Some(cursor);
        loop {
            match readings.recv().await {
                Ok(Reading { frames, cursor }) => {
                    if send(connection, &frames).await.is_err() {
                        return;
                    }
                    since = Some(cursor);
                }
                Err(RecvError::Lagged(readings)) => {
                    tracing::debug!(connection = connection.id, readings, "a subscriber to the revocations is slow");
                    break;
                }
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Sends the entries after `since`; `None` if the socket closes in the meantime.
async fn catch_up(
    shared: &Shared,
    connection: &Connection,
    mut since: Option<RevocationCursor>,
) -> Option<RevocationCursor> {
    loop {
        let Page { rows, cursor, is_full } = match read(shared, since).await {
            Ok(page) => page,
            Err(error) => {
                tracing::debug!(%error, "the revocations could not be read for a subscriber; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        send(connection, &frames(rows, cursor)).await.ok()?;
        if !is_full {
            return Some(cursor);
        }
        since = Some(cursor);
    }
}

/// The socket is closing.
struct Closing;

async fn send(connection: &Connection, frames: &Bytes) -> Result<(), Closing> {
    let Some(socket) = &connection.socket else { return Err(Closing) };
    loop {
        socket.room_for_events().await;
        match socket.send_events(frames) {
            Ok(()) => return Ok(()),
            Err(Refused::Closed) => return Err(Closing),
            // Answers have taken the room in the meantime.
            Err(Refused::Full) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ids::SessionId, session::EndReason};

    fn row(seq: i64, age: u64) -> RevocationRow {
        let at = Timestamp::from_unix(1_000_000).unwrap().before(Duration::from_secs(age));
        let reason = EndReason::Logout;
        let revocation = Revocation { session_id: Some(SessionId::new()), user_id: None, at, reason, below: None };
        RevocationRow { seq, revocation }
    }

    fn settled_after(after: i64, rows: &[RevocationRow]) -> i64 {
        settled(after, rows, Timestamp::from_unix(1_000_000).unwrap())
    }

    #[test]
    fn a_cursor_stays_before_a_number_that_may_still_appear() {
        assert_eq!(settled_after(4, &[]), 4);
        assert_eq!(settled_after(4, &[row(5, 0), row(6, 0)]), 6);
        assert_eq!(settled_after(4, &[row(5, 0), row(7, 0), row(8, 0)]), 5);
        assert_eq!(settled_after(4, &[row(6, 0)]), 4);
        assert_eq!(settled_after(4, &[row(6, 601), row(8, 599)]), 6, "by time");
        // A page does not wait for missing numbers that were overtaken long ago, so every page advances the cursor.
        let page: Vec<_> = (0..2_000).map(|n| row(10 + n, 0)).collect();
        assert_eq!(settled_after(4, &page), 2_009);
        let late: Vec<_> = [row(6, 0)].into_iter().chain((0..1_999).map(|n| row(8 + 2 * n, 0))).collect();
        assert_eq!(settled_after(4, &late), 6 + 2 * 999, "half of the page");
    }

    #[test]
    fn a_page_becomes_notifications_of_bounded_length() {
        let epoch = crate::domain::ids::Epoch::new();
        let cursors = |entries: i64, settled: i64| -> Vec<i64> {
            let frames =
                frames((1..=entries).map(|seq| row(seq, 0)).collect(), RevocationCursor { epoch, seq: settled });
            let frames = String::from_utf8_lossy(&frames).into_owned();
            let cursors = frames.match_indices(r#""cursor":""#).map(|(at, key)| {
                let cursor = frames[at + key.len()..].split('"').next().unwrap();
                cursor.parse::<RevocationCursor>().unwrap().seq
            });
            cursors.collect()
        };
        assert_eq!([0, 1, 256].map(|entries| cursors(entries, entries)), [[0], [1], [256]]);
        // A notification has the cursor of its own last entry, not of later ones.
        assert_eq!(cursors(257, 257), [256, 257]);
        assert_eq!(cursors(600, 600), [256, 512, 600]);
        assert_eq!(cursors(600, 300), [256, 300, 300], "nor one beyond a number that may still appear");
    }
}
