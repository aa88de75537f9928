//! Follows one user's log for the connections of this node.

use super::{
    bus::Wakeups,
    catch_up::{self, Start},
    connection::Connection,
    hub::Shared,
    members::Members,
    page::{Page, runs},
    session_end::{SessionEnd, ended_by},
    subscription::Offer,
};
use crate::{
    domain::ids::{SessionId, UserId},
    limits::EVENTS_AT_ONCE,
    meters::meters,
    store::{self, EventRow, Reached, follows},
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, OnceCell, watch};
use tokio_util::sync::CancellationToken;

/// How long to wait after the database did not answer.
pub(super) const RETRY: Duration = Duration::from_millis(250);
/// Connections served before other tasks get their turn: a call waits for few writes, and its change is committed while
/// the events before it are still being written, so that it shares the next pass with others.
const TURN: usize = 32;
/// A pass over the connections that takes longer than this is long. When entries come faster than long passes deliver
/// them, the next pass starts after a pause of this share of the last one, but no longer than a few commits take. More
/// entries then share its writes, which costs the node less for each and delivers all of them sooner, and other tasks
/// get the core.
const LONG_PASS: Duration = Duration::from_millis(4);
const PAUSE_SHARE: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_millis(5);
/// The code of the Close frame that asks a client to come back (IANA's registry of close codes).
const SERVICE_RESTART: u16 = 1012;

/// One user's log, as far as this node has delivered it.
pub(super) struct Follower {
    pub(super) user: UserId,
    /// Set once the revision that it starts from is known.
    pub(super) started: OnceCell<()>,
    state: Mutex<State>,
    /// The highest announced revision.
    target: AtomicI64,
    /// The highest version of the account's credentials that was announced or read.
    announced_version: AtomicI64,
    /// The version at which the connections were last compared with their sessions.
    checked_version: AtomicI64,
    /// The number of announcements so far.
    announcements: AtomicU64,
    woken: Notify,
    /// The cursor, for callers that wait for the next event.
    revisions: watch::Sender<i64>,
    stopped: CancellationToken,
}

struct State {
    /// The last revision delivered.
    cursor: i64,
    members: Members,
}

impl Follower {
    pub(super) fn new(user: UserId) -> Arc<Self> {
        Arc::new(Self {
            user,
            started: OnceCell::new(),
            state: Mutex::new(State { cursor: 0, members: Members::default() }),
            target: AtomicI64::new(0),
            announced_version: AtomicI64::new(0),
            checked_version: AtomicI64::new(0),
            announcements: AtomicU64::new(0),
            woken: Notify::new(),
            revisions: watch::Sender::new(0),
            stopped: CancellationToken::new(),
        })
    }

    /// Starts at the revision that the account had reached once `wakeups` was subscribed. Every connection joins after
    /// that, and its session is checked after it has joined.
    pub(super) fn start(self: &Arc<Self>, shared: &Arc<Shared>, reached: Reached, wakeups: Wakeups) {
        let Reached { revision, credentials_version, .. } = reached;
        self.announced_version.fetch_max(credentials_version, Ordering::AcqRel);
        self.checked_version.fetch_max(credentials_version, Ordering::AcqRel);
        self.state.lock().cursor = revision;
        self.target.fetch_max(revision, Ordering::AcqRel);
        self.revisions.send_replace(revision);
        let (follower, shared) = (self.clone(), shared.clone());
        // One task for both, and neither waits for the other: wake-ups are taken while the log is read.
        tokio::spawn(async move { tokio::join!(follower.listen(&shared, wakeups), follower.run(&shared)) });
    }

    /// Announces a revision of the account; returns how many entries had not been announced before.
    pub(super) fn wake(&self, Reached { revision, credentials_version, .. }: Reached) -> u64 {
        // Counted before the target is raised: a reader that takes back a stale target then checks whether it was
        // announced again.
        self.announcements.fetch_add(1, Ordering::AcqRel);
        let version = self.announced_version.fetch_max(credentials_version, Ordering::AcqRel);
        let known = self.target.fetch_max(revision, Ordering::AcqRel);
        if known < revision || version < credentials_version {
            self.woken.notify_one();
        }
        u64::try_from(revision - known).unwrap_or(0)
    }

    /// The last revision delivered.
    pub(super) fn cursor(&self) -> i64 {
        self.state.lock().cursor
    }

    /// Keeps the follower running; `None` if it has stopped already.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Membership> {
        self.state.lock().members.add_guest().then(|| Membership { follower: self.clone() })
    }

    /// Stops it if nobody has used it for `linger`; `true` if it stopped.
    pub(super) fn stop_if_deserted(&self, linger: Duration) -> bool {
        let stopped = self.state.lock().members.close_if_deserted(linger);
        if stopped {
            self.stopped.cancel();
        }
        stopped
    }

    /// Adds a connection unless the user has `limit` of them on this node. A connection counts once.
    pub(super) fn add(&self, session: SessionId, connection: &Arc<Connection>, limit: usize) -> bool {
        self.state.lock().members.add(session, connection, limit)
    }

    /// Removes a connection; returns the session that it joined for.
    pub(super) fn remove(&self, connection: u64) -> Option<SessionId> {
        self.state.lock().members.remove(connection)
    }

    /// Whether a session has an open socket on this node.
    pub(super) fn serves(&self, session: SessionId) -> bool {
        self.state.lock().members.serves(session)
    }

    /// The sessions that have an open socket on this node.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.state.lock().members.sessions()
    }

    /// Hands a connection that has caught up to `cursor` over to the follower by `go_live`; `false` if the follower is
    /// further ahead by now, or the connection's session has ended.
    pub(super) fn reached(&self, cursor: i64, go_live: impl FnOnce() -> bool) -> bool {
        let state = self.state.lock();
        state.cursor <= cursor && go_live()
    }

    /// Ends the connections of sessions that have ended.
    fn end(&self, ended: &[(SessionId, SessionEnd)]) {
        let ended = self.state.lock().members.take_ended(ended);
        ended.into_iter().for_each(|(joined, end)| joined.connection.end(joined.session, &end));
    }

    /// Starts again at `revision`, because the database's history is not the one that was followed. The connections of
    /// ended sessions get the reason; the others are closed, and their clients reconnect.
    pub(super) fn restart_from(&self, revision: i64, ended: &[(SessionId, SessionEnd)]) {
        self.end(ended);
        self.target.store(revision, Ordering::Release);
        self.state.lock().cursor = revision;
        self.revisions.send_replace(revision);
        for joined in self.state.lock().members.connections() {
            joined.connection.close(SERVICE_RESTART, "the event log was replaced");
        }
    }

    /// Delivers consecutive entries to every connection, as one buffer that all of them share. Only the first entry may
    /// end sessions.
    async fn hand_on(self: &Arc<Self>, shared: &Arc<Shared>, rows: &[EventRow]) {
        let ([first, ..], [.., last]) = (rows, rows) else { return };
        let page = Page::of(rows);
        // Under one lock: a connection that catches up meanwhile either gets this page or goes live after it.
        let (ended, connections) = {
            let mut state = self.state.lock();
            let ended = state.members.take_ended(&ended_by(first));
            state.cursor = last.revision;
            (ended, state.members.connections().cloned().collect::<Vec<_>>())
        };
        ended.into_iter().for_each(|(joined, end)| joined.connection.end(joined.session, &end));
        self.revisions.send_replace(last.revision);
        let mut sent = 0;
        for (served, joined) in connections.into_iter().enumerate() {
            match joined.connection.offer(&page) {
                Offer::NotLive => {}
                Offer::Sent(count) => sent += count,
                Offer::Behind(subscription, cursor) => {
                    meters().fell_behind.increment(1);
                    catch_up::spawn(shared, self, joined, subscription, Start::Behind(cursor));
                }
            }
            if served % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
        if sent > 0 {
            meters().events_sent.increment(u64::try_from(sent).unwrap_or(u64::MAX));
            meters().delivery.record(shared.clock.now().since(first.at));
        }
    }

    /// Receives the announcements of other nodes.
    async fn listen(&self, shared: &Shared, mut wakeups: Wakeups) {
        loop {
            tokio::select! {
                () = self.stopped.cancelled() => return,
                () = shared.stopping.cancelled() => return,
                (revision, credentials_version) = wakeups.next_commit() => {
                    self.wake(Reached { user: self.user, revision, credentials_version });
                }
            }
        }
    }

    /// Delivers new entries whenever it is woken.
    async fn run(self: &Arc<Self>, shared: &Arc<Shared>) {
        loop {
            tokio::select! {
                () = self.stopped.cancelled() => return,
                () = shared.stopping.cancelled() => return,
                () = self.woken.notified() => {}
            }
            while let Err(error) = self.advance(shared).await {
                tracing::warn!(user = %self.user, %error, "the log could not be read; trying again");
                tokio::time::sleep(RETRY).await;
                if self.stopped.is_cancelled() || shared.stopping.is_cancelled() {
                    return;
                }
            }
        }
    }

    /// Reads the log up to the target.
    async fn advance(self: &Arc<Self>, shared: &Arc<Shared>) -> Result<(), store::Error> {
        loop {
            // Read before the database is: a later announcement may be of a commit that this read does not see.
            let announcements = self.announcements.load(Ordering::Acquire);
            let (cursor, target) = (self.cursor(), self.target.load(Ordering::Acquire));
            self.close_renewed(shared, self.announced_version.load(Ordering::Acquire)).await?;
            if target <= cursor {
                return Ok(());
            }
            let rows = shared.store.list_events(self.user, cursor, EVENTS_AT_ONCE).await?;
            match &rows[..] {
                rows @ [.., last] if follows(cursor, rows) => {
                    self.close_renewed(shared, last.credentials_version).await?;
                    let begun = Instant::now();
                    for run in runs(rows) {
                        self.hand_on(shared, run).await;
                    }
                    let took = begun.elapsed();
                    let is_behind = rows.len() > 1 || self.target.load(Ordering::Acquire) > last.revision;
                    if is_behind && took > LONG_PASS {
                        tokio::time::sleep((took / PAUSE_SHARE).min(LONGEST_PAUSE)).await;
                    }
                }
                // The log does not continue at the cursor.
                _ => match shared.store.reached(&[self.user]).await?[..] {
                    // A stale target: the announced revision does not exist.
                    [Reached { revision, .. }] if revision == cursor => {
                        let _ = self.target.compare_exchange(target, cursor, Ordering::AcqRel, Ordering::Acquire);
                        if self.announcements.load(Ordering::Acquire) == announcements {
                            return Ok(());
                        }
                        // An announcement that came meanwhile did not raise the stale target: read once more.
                        self.target.fetch_max(cursor + 1, Ordering::AcqRel);
                    }
                    // The log has grown since it was read: read it again.
                    [Reached { revision, .. }] if revision > cursor && self.continues(shared, cursor).await? => {}
                    // The log was pruned beyond the cursor, or the database has a different history.
                    _ => return super::sweep::realign(shared, self).await,
                },
            }
        }
    }
}

impl Follower {
    /// Closes the connections that act by credentials from before a renewal, if the account's credentials have reached
    /// `version` and the connections were not yet compared with it. The commit that renewed the credentials, and later
    /// ones, do not reach those connections.
    pub(super) async fn close_renewed(&self, shared: &Shared, version: i64) -> Result<(), store::Error> {
        if version <= self.checked_version.load(Ordering::Acquire) {
            return Ok(());
        }
        let versions = shared.store.session_versions(self.user).await?;
        let stale = self.state.lock().members.take_stale(&versions);
        stale.iter().for_each(|connection| connection.end_by_renewal());
        self.checked_version.fetch_max(versions.credentials_version.max(version), Ordering::AcqRel);
        Ok(())
    }

    /// Has the connections compared with their sessions again.
    pub(super) fn check_again(&self) {
        self.checked_version.store(0, Ordering::Release);
        self.woken.notify_one();
    }

    /// Whether the log has an entry right after `cursor`.
    async fn continues(&self, shared: &Shared, cursor: i64) -> Result<bool, store::Error> {
        let rows = shared.store.list_events(self.user, cursor, 1).await?;
        Ok(!rows.is_empty() && follows(cursor, &rows))
    }
}

/// Keeps a follower running.
pub struct Membership {
    follower: Arc<Follower>,
}

impl Membership {
    pub(super) fn follower(&self) -> &Arc<Follower> {
        &self.follower
    }

    /// The revision that the log has reached, as it grows.
    pub fn revisions(&self) -> watch::Receiver<i64> {
        self.follower.revisions.subscribe()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.follower.state.lock().members.remove_guest();
    }
}
