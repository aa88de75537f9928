//! Follows one user's log for the connections of this node.

use super::{
    bus::Wakeups,
    catch_up::{self, Start},
    connection::{Connection, Joined, Offer},
    hub::Shared,
    page::{Page, runs},
    session_end::{SessionEnd, ended_by},
};
use crate::{
    domain::ids::{SessionId, UserId},
    limits::EVENTS_AT_ONCE,
    meters::meters,
    store::{self, EventRow, Reached, SessionVersions, follows},
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, OnceCell, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long to wait after the database did not answer.
pub(super) const RETRY: Duration = Duration::from_millis(250);
/// Connections served before other tasks get their turn.
const TURN: usize = 256;
/// The code of the Close frame that asks a client to come back (IANA's registry of close codes).
const SERVICE_RESTART: u16 = 1012;

/// One user's log, as far as this node has handed it on.
pub(super) struct Follower {
    pub(super) user: UserId,
    /// Done once the revision that it starts from is known.
    pub(super) started: OnceCell<()>,
    state: Mutex<State>,
    /// The highest revision that anybody has spoken of.
    target: AtomicI64,
    /// The highest version of the account's credentials that was announced or read.
    announced_version: AtomicI64,
    /// The version at which the connections were last compared with their sessions.
    checked_version: AtomicI64,
    /// How often anybody has spoken of one.
    spoken: AtomicU64,
    woken: Notify,
    /// The cursor, for those who wait for the next event.
    revisions: watch::Sender<i64>,
    stopped: CancellationToken,
}

struct State {
    /// The last revision handed on.
    cursor: i64,
    /// In the order in which they were opened, which is about their order in memory: an event to
    /// thousands of them walks through it instead of jumping about.
    connections: BTreeMap<u64, Joined>,
    /// Calls that wait for an event, and joins under way.
    guests: usize,
    /// Since when nobody is here.
    deserted: Option<Instant>,
    /// No longer in the hub; nobody may join.
    closed: bool,
}

impl Follower {
    pub(super) fn new(user: UserId) -> Arc<Self> {
        Arc::new(Self {
            user,
            started: OnceCell::new(),
            state: Mutex::new(State {
                cursor: 0,
                connections: BTreeMap::new(),
                guests: 0,
                deserted: Some(Instant::now()),
                closed: false,
            }),
            target: AtomicI64::new(0),
            announced_version: AtomicI64::new(0),
            checked_version: AtomicI64::new(0),
            spoken: AtomicU64::new(0),
            woken: Notify::new(),
            revisions: watch::Sender::new(0),
            stopped: CancellationToken::new(),
        })
    }

    /// Begins to follow at what the account had reached after `wakeups` began to be heard. Every connection joins after
    /// that, and is compared with its session after it has joined.
    pub(super) fn start(self: &Arc<Self>, shared: &Arc<Shared>, reached: Reached, wakeups: Wakeups) {
        let Reached { revision, credentials_version, .. } = reached;
        self.announced_version.fetch_max(credentials_version, Ordering::AcqRel);
        self.checked_version.fetch_max(credentials_version, Ordering::AcqRel);
        self.state.lock().cursor = revision;
        self.target.fetch_max(revision, Ordering::AcqRel);
        self.revisions.send_replace(revision);
        let (follower, shared) = (self.clone(), shared.clone());
        // One task, but neither waits for the other: wake-ups are taken while the log is read.
        tokio::spawn(async move { tokio::join!(follower.listen(&shared, wakeups), follower.run(&shared)) });
    }

    /// Says how far the account has come; how many entries were not announced before.
    pub(super) fn wake(&self, Reached { revision, credentials_version, .. }: Reached) -> u64 {
        // First: whoever takes back a false target looks afterwards whether there was another announcement since.
        self.spoken.fetch_add(1, Ordering::AcqRel);
        let version = self.announced_version.fetch_max(credentials_version, Ordering::AcqRel);
        let known = self.target.fetch_max(revision, Ordering::AcqRel);
        if known < revision || version < credentials_version {
            self.woken.notify_one();
        }
        u64::try_from(revision - known).unwrap_or(0)
    }

    /// The last revision handed on.
    pub(super) fn cursor(&self) -> i64 {
        self.state.lock().cursor
    }

    /// Keeps the follower from being stopped; `None` if it is too late.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Membership> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        state.guests += 1;
        state.deserted = None;
        Some(Membership { follower: self.clone() })
    }

    /// Stops it if nobody has been here for `linger`; `true` if it stopped.
    pub(super) fn stop_if_deserted(&self, linger: Duration) -> bool {
        let mut state = self.state.lock();
        if state.deserted.is_some_and(|since| since.elapsed() >= linger) {
            state.closed = true;
            self.stopped.cancel();
        }
        state.closed
    }

    /// Adds a connection unless the user has `limit` of them here; a connection counts once.
    pub(super) fn add(&self, session: SessionId, connection: &Arc<Connection>, limit: usize) -> bool {
        let mut state = self.state.lock();
        if state.connections.len() >= limit && !state.connections.contains_key(&connection.id) {
            return false;
        }
        state.connections.insert(connection.id, Joined { session, connection: connection.clone() });
        true
    }

    /// Removes a connection; says whose it was.
    pub(super) fn remove(&self, connection: u64) -> Option<SessionId> {
        let mut state = self.state.lock();
        let joined = state.connections.remove(&connection);
        state.note_if_deserted();
        joined.map(|joined| joined.session)
    }

    /// Whether a session has a socket open here.
    pub(super) fn serves(&self, session: SessionId) -> bool {
        self.state.lock().connections.values().any(|joined| joined.session == session)
    }

    /// The sessions that have a socket open here.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.state.lock().connections.values().map(|joined| joined.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }

    /// Hands a connection that has caught up to `cursor` over to the follower by `go_live`; `false` if the follower is
    /// further by now, or the connection's session has ended.
    pub(super) fn reached(&self, cursor: i64, go_live: impl FnOnce() -> bool) -> bool {
        let state = self.state.lock();
        state.cursor <= cursor && go_live()
    }

    /// Ends the connections of sessions that have ended.
    fn end(&self, ended: &[(SessionId, SessionEnd)]) {
        let hit = self.state.lock().take(ended);
        hit.into_iter().for_each(|(joined, end)| joined.connection.end(joined.session, &end));
    }

    /// Gives up the place in the log: the database's history is another than the one followed. The
    /// connections of sessions that are not `alive` are told why; the others are closed and come back.
    pub(super) fn restart_from(&self, revision: i64, ended: &[(SessionId, SessionEnd)]) {
        self.end(ended);
        self.target.store(revision, Ordering::Release);
        self.state.lock().cursor = revision;
        self.revisions.send_replace(revision);
        for joined in self.state.lock().connections.values() {
            joined.connection.close(SERVICE_RESTART, "the log is another now");
        }
    }

    /// Hands consecutive entries to every connection, as one buffer that all of them share. Only the first may end
    /// sessions.
    async fn hand_on(self: &Arc<Self>, shared: &Arc<Shared>, rows: &[EventRow]) {
        let ([first, ..], [.., last]) = (rows, rows) else { return };
        let ended = ended_by(first);
        let page = Page::of(rows);
        // At once: a connection that has caught up meanwhile must not go live without its follower.
        let (hit, connections) = {
            let mut state = self.state.lock();
            let hit = state.take(&ended);
            state.cursor = last.revision;
            (hit, state.connections.values().cloned().collect::<Vec<_>>())
        };
        hit.into_iter().for_each(|(joined, end)| joined.connection.end(joined.session, &end));
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

    /// Takes what other nodes announce.
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

    /// Hands on what is new whenever it is woken.
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
            // Counted before the database is asked: who speaks later may know more than it will say.
            let spoken = self.spoken.load(Ordering::Acquire);
            let (cursor, target) = (self.cursor(), self.target.load(Ordering::Acquire));
            self.close_renewed(shared, self.announced_version.load(Ordering::Acquire)).await?;
            if target <= cursor {
                return Ok(());
            }
            let rows = shared.store.list_events(self.user, cursor, EVENTS_AT_ONCE).await?;
            match &rows[..] {
                rows @ [.., last] if follows(cursor, rows) => {
                    self.close_renewed(shared, last.credentials_version).await?;
                    for run in runs(rows) {
                        self.hand_on(shared, run).await;
                    }
                }
                // The log does not continue where we are.
                _ => match shared.store.reached(&[self.user]).await?[..] {
                    // Somebody has spoken of a revision that is not.
                    [Reached { revision, .. }] if revision == cursor => {
                        let _ = self.target.compare_exchange(target, cursor, Ordering::AcqRel, Ordering::Acquire);
                        if self.spoken.load(Ordering::Acquire) == spoken {
                            return Ok(());
                        }
                        // What others said meanwhile was not heard beside it: look once more.
                        self.target.fetch_max(cursor + 1, Ordering::AcqRel);
                    }
                    // Nor was the log the same when it was read: one that grows is read again.
                    [Reached { revision, .. }] if revision > cursor && self.continues(shared, cursor).await? => {}
                    // It was pruned beyond us, or is another.
                    _ => return super::sweep::realign(shared, self).await,
                },
            }
        }
    }
}

impl Follower {
    /// Closes the connections that act by credentials from before a renewal, if the account's credentials have come to
    /// `version` and that was not looked at yet. Nothing of the commit that renewed them, or later, reaches those.
    pub(super) async fn close_renewed(&self, shared: &Shared, version: i64) -> Result<(), store::Error> {
        if version <= self.checked_version.load(Ordering::Acquire) {
            return Ok(());
        }
        let versions = shared.store.session_versions(self.user).await?;
        let stale = self.state.lock().take_stale(&versions);
        stale.iter().for_each(|connection| connection.end_by_renewal());
        self.checked_version.fetch_max(versions.credentials_version.max(version), Ordering::AcqRel);
        Ok(())
    }

    /// Has the connections compared with their sessions once more.
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

impl State {
    /// Takes out the connections of sessions that have ended.
    fn take(&mut self, ended: &[(SessionId, SessionEnd)]) -> Vec<(Joined, SessionEnd)> {
        let mut hit = Vec::new();
        if ended.is_empty() {
            return hit;
        }
        self.connections.retain(|_, joined| {
            let end = ended.iter().find(|(session, _)| *session == joined.session);
            hit.extend(end.map(|(_, end)| (joined.clone(), *end)));
            end.is_none()
        });
        self.note_if_deserted();
        hit
    }

    /// Takes out the connections that act by an earlier version of their session's credentials.
    fn take_stale(&mut self, versions: &SessionVersions) -> Vec<Arc<Connection>> {
        let mut stale = Vec::new();
        self.connections.retain(|_, joined| {
            let present = versions.sessions.iter().find(|(session, _)| *session == joined.session);
            let is_stale = present.is_some_and(|(_, version)| joined.connection.is_older_than(*version));
            stale.extend(is_stale.then(|| joined.connection.clone()));
            !is_stale
        });
        self.note_if_deserted();
        stale
    }

    fn note_if_deserted(&mut self) {
        if self.connections.is_empty() && self.guests == 0 {
            self.deserted = Some(Instant::now());
        }
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
        let mut state = self.follower.state.lock();
        state.guests -= 1;
        state.note_if_deserted();
    }
}
