//! The account as a whole: snapshot, pull and push of its log (docs/protocol.md, "Events").

use super::{Accounts, Error};
use crate::{
    domain::{
        event::Snapshot,
        ids::{Epoch, UserId},
        session::Caller,
    },
    limits::{EVENTS_AT_ONCE, PAGE_BYTES},
    live::{Connection, Identity, JoinError, SnapshotError},
    store::{EventRow, Tx, follows},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A request for the entries of the log after a revision.
#[derive(Clone, Copy, Debug)]
pub struct ChangesRequest {
    /// The last revision that the client has.
    pub since: i64,
    /// The history that this revision is of.
    pub epoch: Option<Epoch>,
    /// At most so many entries.
    pub limit: i64,
    /// How long to wait for one.
    pub wait: Duration,
}

/// Entries of the log.
#[derive(Debug)]
pub struct ChangesPage {
    /// The database's present history.
    pub epoch: Epoch,
    /// The entries, in order; none with `snapshot_required`.
    pub events: Vec<EventRow>,
    /// What the client asks for next.
    pub revision: i64,
    /// Whether there are further entries.
    pub more: bool,
    /// Whether the log cannot tell what happened since: read the whole account.
    pub snapshot_required: bool,
}

impl Accounts {
    /// The whole account at one revision.
    pub async fn get_account(self: &Arc<Self>, caller: Caller) -> Result<(i64, Snapshot), Error> {
        match self.hub.snapshot(caller).await {
            Err(SnapshotError::Unknown) => Err(self.unknown_session(caller.session).await),
            read => Ok(read?),
        }
    }

    /// The entries after a revision. With a wait it answers as soon as there is one, when the time is up,
    /// or empty when the server stops.
    pub async fn changes(self: &Arc<Self>, caller: Caller, request: ChangesRequest) -> Result<ChangesPage, Error> {
        if request.wait.is_zero() {
            return self.changes_now(caller, request).await;
        }
        let deadline = Instant::now() + request.wait;
        let membership = match self.hub.follow(caller.user).await {
            Err(JoinError::UnknownUser) => return Err(self.unknown_session(caller.session).await),
            followed => followed?,
        };
        let mut revisions = membership.revisions();
        loop {
            // Marked as seen before the log is read: what comes meanwhile ends the wait.
            revisions.borrow_and_update();
            let page = self.changes_now(caller, request).await?;
            if !page.events.is_empty() || page.snapshot_required {
                return Ok(page);
            }
            tokio::select! {
                _ = revisions.changed() => {}
                () = tokio::time::sleep_until(deadline) => return Ok(page),
                () = self.hub.stopping().cancelled() => return Ok(page),
            }
        }
    }

    async fn changes_now(self: &Arc<Self>, caller: Caller, request: ChangesRequest) -> Result<ChangesPage, Error> {
        let (mut tx, row) = self.read(caller).await?;
        let epoch = tx.epoch().await?;
        let mut events = list_page(&mut tx, caller.user, request.since, request.limit).await?;
        tx.end_read().await?;
        let reached = row.user.revision;
        let snapshot_required = !continues(request.since, request.epoch, epoch, reached, &events);
        if snapshot_required {
            return Ok(ChangesPage { epoch, events: Vec::new(), revision: reached, more: false, snapshot_required });
        }
        let fits = fitting(&events, usize::try_from(request.limit).unwrap_or(usize::MAX));
        let more = events.len() > fits;
        events.truncate(fits);
        let revision = events.last().map_or(request.since, |last| last.revision);
        Ok(ChangesPage { epoch, events, revision, more, snapshot_required })
    }

    /// Begins to push the caller's log to a socket that acts for it: after `since`, or with a snapshot
    /// where there is none or the log cannot tell.
    /// [`Error::Forbidden`] if the socket has a subscription.
    pub async fn subscribe(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        caller: Caller,
        since: Option<i64>,
        epoch: Option<Epoch>,
    ) -> Result<Subscription, Error> {
        let after = match since {
            None => {
                self.live_caller(caller).await?;
                None
            }
            Some(since) => {
                let request = ChangesRequest { since, epoch, limit: 1, wait: Duration::ZERO };
                let page = self.changes_now(caller, request).await?;
                (!page.snapshot_required).then_some(since)
            }
        };
        if !connection.reserve_subscription(caller) {
            // Or it has none and gets none: its session ended, or was renewed, since it was checked.
            return Err(match connection.identity() {
                Identity::Ended(reason) => Error::SessionEnded(reason),
                Identity::Refused(fault) => Error::Unauthenticated(fault),
                _ => Error::Forbidden("this connection has a subscription"),
            });
        }
        Ok(Subscription { accounts: self.clone(), connection: connection.clone(), caller, after, begun: false })
    }
}

/// A subscription that was granted, and begins when that has been answered.
pub struct Subscription {
    accounts: Arc<Accounts>,
    connection: Arc<Connection>,
    caller: Caller,
    after: Option<i64>,
    begun: bool,
}

impl Subscription {
    /// Begins to send.
    pub fn begin(mut self) {
        self.begun = true;
        self.accounts.hub.subscribe(&self.connection, self.caller, self.after);
    }
}

impl Drop for Subscription {
    /// A subscription that was not begun leaves its place to another.
    fn drop(&mut self) {
        if !self.begun {
            self.connection.release_subscription();
        }
    }
}

/// The entries after a revision that a page may have, and some more, which tell whether there are more. What is read is
/// bounded in bytes, whatever the limit: by what fits on a page and [`EVENTS_AT_ONCE`] entries.
pub(super) async fn list_page(tx: &mut Tx, user: UserId, since: i64, limit: i64) -> Result<Vec<EventRow>, Error> {
    let (mut events, mut bytes) = (Vec::<EventRow>::new(), 0);
    loop {
        let after = events.last().map_or(since, |last| last.revision);
        let wanted = limit.saturating_add(1) - i64::try_from(events.len()).unwrap_or(i64::MAX);
        let rows = tx.list_events(user, after, wanted.min(EVENTS_AT_ONCE)).await?;
        bytes += rows.iter().map(|row| row.data.len()).sum::<usize>();
        let is_last = rows.len() < usize::try_from(EVENTS_AT_ONCE).unwrap_or(usize::MAX);
        events.extend(rows);
        if is_last || bytes > PAGE_BYTES || events.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(events);
        }
    }
}

/// How many entries a page has: at most `limit`, and what fits; at least one, so that it goes on.
pub(super) fn fitting(events: &[EventRow], limit: usize) -> usize {
    let mut room = PAGE_BYTES;
    let fits = events.iter().take(limit).take_while(|event| {
        let enough = event.data.len() <= room;
        room = room.saturating_sub(event.data.len());
        enough
    });
    fits.count().max(events.len().min(1))
}

/// Whether the log tells everything that happened after `since`.
fn continues(since: i64, known: Option<Epoch>, epoch: Epoch, reached: i64, events: &[EventRow]) -> bool {
    known.is_none_or(|known| known == epoch)
        && since <= reached
        && follows(since, events)
        && (!events.is_empty() || since == reached)
}
