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
    /// The epoch that this revision belongs to.
    pub epoch: Option<Epoch>,
    /// The most entries.
    pub limit: i64,
    /// How long to wait for one.
    pub wait: Duration,
}

/// Entries of the log.
#[derive(Debug)]
pub struct ChangesPage {
    /// The epoch of the database.
    pub epoch: Epoch,
    /// The entries, in order; none with `snapshot_required`.
    pub events: Vec<EventRow>,
    /// The revision for the client's next request.
    pub revision: i64,
    /// Whether there are more entries.
    pub more: bool,
    /// Whether the log cannot tell what has happened since, so that the client must read the whole account.
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

    /// The entries after a revision. With a wait it answers as soon as there is an entry, when the time has passed, or
    /// without entries when the server stops.
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
            // Marked as seen before the log is read, so that a later change ends the wait.
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

    /// Starts to push the caller's log to a socket that acts for the caller: the entries after `since`, or a snapshot
    /// if `since` is `None` or the log does not reach back to it. [`Error::Forbidden`] if the socket has a
    /// subscription.
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
            // The socket may also have no subscription: then its session was ended or renewed since the check.
            return Err(match connection.identity() {
                Identity::Ended(reason) => Error::SessionEnded(reason),
                Identity::Refused(fault) => Error::Unauthenticated(fault),
                _ => Error::Forbidden("this connection already has a subscription"),
            });
        }
        Ok(Subscription { accounts: self.clone(), connection: connection.clone(), caller, after, started: false })
    }
}

/// A granted subscription, which starts once the answer is sent.
pub struct Subscription {
    accounts: Arc<Accounts>,
    connection: Arc<Connection>,
    caller: Caller,
    after: Option<i64>,
    started: bool,
}

impl Subscription {
    /// Starts to send.
    pub fn begin(mut self) {
        self.started = true;
        self.accounts.hub.subscribe(&self.connection, self.caller, self.after);
    }
}

impl Drop for Subscription {
    /// Releases the place of a subscription that was not started.
    fn drop(&mut self) {
        if !self.started {
            self.connection.release_subscription();
        }
    }
}

/// The entries after a revision for a page, and one more if there are more. The read is bounded in bytes, whatever the
/// limit: by the size of a page and [`EVENTS_AT_ONCE`] entries.
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

/// The number of entries on a page: at most `limit`, and as many as fit, but at least one, so that a reader makes
/// progress.
pub(super) fn fitting(events: &[EventRow], limit: usize) -> usize {
    let mut room = PAGE_BYTES;
    let fits = events.iter().take(limit).take_while(|event| {
        let enough = event.data.len() <= room;
        room = room.saturating_sub(event.data.len());
        enough
    });
    fits.count().max(events.len().min(1))
}

/// Whether the log is complete after `since`.
fn continues(since: i64, known: Option<Epoch>, epoch: Epoch, reached: i64, events: &[EventRow]) -> bool {
    known.is_none_or(|known| known == epoch)
        && since <= reached
        && follows(since, events)
        && (!events.is_empty() || since == reached)
}
