//! Feeds one subscription from the log at its peer's pace until it has caught up with the follower.

use super::{
    connection::Joined,
    follower::{Follower, RETRY},
    hub::Shared,
    identity::Identity,
    notification,
    page::{Page, runs},
    session_end::{SessionEnd, ended_by, session_end},
    snapshot::{SnapshotError, read_snapshot},
    subscription::Over,
};
use crate::{
    domain::{
        event::{Event, EventType},
        session::EndReason,
    },
    limits::EVENTS_AT_ONCE,
    meters::meters,
    store::{self, EventRow, follows},
};
use std::sync::Arc;

/// The start of a subscription.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// A snapshot of the account.
    Snapshot,
    /// The entry after this revision.
    After(i64),
    /// The same, because the peer did not read fast enough.
    Behind(i64),
}

/// Why catching up stopped before it caught up with the follower.
enum Stopped {
    /// The socket is closing, or the client has unsubscribed.
    Over,
    /// The session has ended.
    Ended(SessionEnd),
    /// The database failed.
    Store(store::Error),
}

impl From<store::Error> for Stopped {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Over> for Stopped {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

/// Starts the task of a subscription that is in catch-up.
pub(super) fn spawn(shared: &Arc<Shared>, follower: &Arc<Follower>, joined: Joined, subscription: u64, start: Start) {
    let slow = matches!(start, Start::Behind(_));
    let (shared, follower) = (shared.clone(), follower.clone());
    let mut task = CatchUp { shared, follower, joined, subscription, at: start, slow };
    tokio::spawn(async move { task.run().await });
}

struct CatchUp {
    shared: Arc<Shared>,
    follower: Arc<Follower>,
    /// The connection, with the session it joined for: by the time the end of that session is read, the connection no
    /// longer acts for anybody.
    joined: Joined,
    /// The number of the subscription on its connection.
    subscription: u64,
    at: Start,
    /// Whether the peer has fallen behind.
    slow: bool,
}

impl CatchUp {
    async fn run(&mut self) {
        loop {
            match self.advance().await {
                Ok(()) if self.slow => return meters().caught_up.increment(1),
                Ok(()) | Err(Stopped::Over) => return,
                Err(Stopped::Ended(end)) => {
                    self.follower.remove(self.joined.connection.id);
                    return self.joined.connection.finish(&end);
                }
                Err(Stopped::Store(error)) => {
                    tracing::warn!(connection = self.joined.connection.id, %error, "a subscription waits for the database");
                    tokio::time::sleep(RETRY).await;
                    if self.joined.connection.is_over(self.subscription) {
                        return;
                    }
                }
            }
        }
    }

    /// Sends entries until the follower's cursor is reached.
    async fn advance(&mut self) -> Result<(), Stopped> {
        loop {
            let cursor = match self.at {
                Start::Snapshot => self.send_snapshot().await?,
                Start::After(revision) | Start::Behind(revision) => revision,
            };
            self.at = Start::After(cursor);
            // Read before the log is: entries that are committed in between are no gap.
            let reached = self.follower.cursor();
            let turn = self.shared.turn().await;
            let rows = self.shared.store.list_events(self.follower.user, cursor, EVENTS_AT_ONCE).await?;
            drop(turn);
            if !follows(cursor, &rows) || (rows.is_empty() && reached > cursor) {
                // The log no longer reaches back to where this peer is.
                self.at = Start::Snapshot;
                continue;
            }
            if let Some(last) = rows.last() {
                self.follower.close_renewed(&self.shared, last.credentials_version).await?;
            }
            for run in runs(&rows) {
                if let Some(end) = run.first().and_then(|row| self.end_by(row)) {
                    return Err(Stopped::Ended(end));
                }
                let page = Page::of(run);
                let Some((frames, count)) = page.after(cursor) else { continue };
                self.joined.connection.catch_up(self.subscription, &frames).await?;
                meters().events_sent.increment(u64::try_from(count).unwrap_or(u64::MAX));
                self.at = Start::After(page.last());
            }
            // A session that a realignment found ended may have no entry in the log that ends it.
            if let Identity::Ended(reason) = self.joined.connection.identity()
                && rows.is_empty()
            {
                return Err(Stopped::Ended(session_end(reason, self.shared.clock.now(), None)));
            }
            let Start::After(cursor) = self.at else { continue };
            if self.follower.reached(cursor, || self.joined.connection.go_live(self.subscription, cursor)) {
                return Ok(());
            }
        }
    }

    /// The end of this connection's session, if this entry ended it.
    fn end_by(&self, row: &EventRow) -> Option<SessionEnd> {
        ended_by(row).into_iter().find(|(session, _)| *session == self.joined.session).map(|(_, end)| end)
    }

    /// Sends a snapshot of the account; returns the revision that it shows.
    async fn send_snapshot(&self) -> Result<i64, Stopped> {
        let Some(caller) = self.joined.connection.joined() else { return Err(Stopped::Over) };
        let turn = self.shared.turn().await;
        let read = read_snapshot(&self.shared, caller).await;
        drop(turn);
        let (revision, snapshot) = match read {
            Ok(read) => read,
            Err(SnapshotError::Ended(reason)) => {
                return Err(Stopped::Ended(session_end(reason, self.shared.clock.now(), None)));
            }
            Err(SnapshotError::Renewed) => {
                self.follower.check_again();
                return Err(Stopped::Over);
            }
            Err(SnapshotError::Unknown) => {
                return Err(Stopped::Ended(session_end(EndReason::AccountDeleted, self.shared.clock.now(), None)));
            }
            Err(SnapshotError::Store(error)) => return Err(Stopped::Store(error)),
        };
        let event = notification::of(&Event {
            revision: Some(revision),
            at: self.shared.clock.now(),
            r#type: EventType::Snapshot,
            session_id: None,
            data: snapshot,
        });
        self.joined.connection.catch_up(self.subscription, &event).await?;
        Ok(revision)
    }
}
