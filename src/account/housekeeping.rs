//! Periodic work on accounts.

use super::{Accounts, Actor, Error};
use crate::domain::{
    ids::{ReceiverId, SessionId},
    session::EndReason,
};
use std::{sync::Arc, time::Duration};

/// Rows processed in one transaction: few enough that nobody waits noticeably for the lock.
pub(crate) const BATCH: i64 = 200;
/// How long ended sessions and their reasons are kept (docs/protocol.md, "Sessions").
const ENDED_SESSIONS: Duration = Duration::from_secs(30 * 86_400);
/// How long registrations are kept (docs/protocol.md, "Methods").
pub(crate) const REGISTRATION_LIFETIME: Duration = Duration::from_secs(7 * 86_400);
/// How long expired invitations are kept for operators to see; longer than registrations that were started with them.
const INVITATIONS: Duration = Duration::from_secs(14 * 86_400);
/// How long spent and expired tokens are kept: long enough to see in the table what became of them.
const TOKENS: Duration = Duration::from_secs(7 * 86_400);
/// How long counts of wrong passwords are kept; they are effective for 15 minutes.
const PASSWORD_FAILURES: Duration = Duration::from_secs(3600);
/// How long an unused device stays known: as long as its cookie (docs/protocol.md, "Known devices").
const KNOWN_DEVICES: Duration = Duration::from_secs(365 * 86_400);
/// How long the audit log is kept.
const AUDIT_LOG: Duration = Duration::from_secs(365 * 86_400);
/// How long the audit log names a user after the deletion (docs/protocol.md, "Service keys").
const DELETED_USERS: Duration = Duration::from_secs(30 * 86_400);
/// How long letters that were sent or given up are kept for operators.
const LETTERS: Duration = Duration::from_secs(7 * 86_400);
/// How much longer than access tokens their revocations are kept: clocks differ, and a number may be committed late.
const REVOCATIONS_MARGIN: Duration = Duration::from_secs(15 * 60);
/// How long events that were delivered or given up are kept for operators, who may deliver them again.
const DELIVERIES: Duration = Duration::from_secs(7 * 86_400);
/// An event that is due later than this counts as due: twice the longest delay that a receiver can request, since the
/// clocks of nodes differ.
const FARTHEST_EVENT: Duration = Duration::from_secs(2 * 86_400);
/// How long events for a webhook that is switched off or deleted are kept: longer than any change that was under way
/// when that happened.
const ORPHANED_EVENTS: Duration = Duration::from_secs(3600);
/// How long events for a stream that this node does not have are kept; other nodes may still have it.
const STREAM_EVENTS: Duration = Duration::from_secs(7 * 86_400);

impl Accounts {
    /// Records the use of a session in the background, once at a time.
    pub(crate) fn touch_soon(self: &Arc<Self>, session: SessionId) {
        if !self.touching.insert(session) {
            return;
        }
        let accounts = self.clone();
        tokio::spawn(async move {
            if let Err(error) = accounts.touch(&[session]).await {
                tracing::debug!(?error, "the use of a session was not recorded");
            }
            accounts.touching.remove(&session);
        });
    }

    /// Records the use of sessions with open sockets, which counts as use.
    pub async fn touch_connected_sessions(&self) -> Result<(), Error> {
        for sessions in self.hub.all_connected_sessions().chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
            self.touch(sessions).await?;
        }
        Ok(())
    }

    async fn touch(&self, sessions: &[SessionId]) -> Result<(), Error> {
        let (now, lifetimes) = (self.clock.now(), &self.session_lifetimes);
        let unless_since = now.before(lifetimes.touch_interval());
        let (idle_since, opened_after) = (now.before(lifetimes.idle), now.before(lifetimes.absolute));
        for session in sessions {
            // One row per transaction, so that it holds no lock while it waits for another.
            let mut tx = self.store.write().await?;
            tx.touch_session(*session, now, unless_since, idle_since, opened_after).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Ends expired sessions, through the log.
    pub async fn end_expired_sessions(self: &Arc<Self>) -> Result<(), Error> {
        let lifetimes = &self.session_lifetimes;
        loop {
            let now = self.clock.now();
            let expired = self
                .store
                .find_expired_sessions(now.before(lifetimes.idle), now.before(lifetimes.absolute), BATCH)
                .await?;
            let mut failed = None;
            for (user, session) in &expired {
                // One account that cannot be changed must not keep the sessions of others alive.
                if let Err(error) = self.end_session(*user, *session, Actor::Server, EndReason::Expired).await {
                    failed = Some(error);
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if expired.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }

    /// Makes events due that are scheduled later than any retry: they were postponed before the clock was set back.
    async fn recall_events(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let webhooks = self.store.listening_webhooks().await?.into_iter().map(ReceiverId::from);
        for receiver in webhooks.chain([ReceiverId::STREAM]) {
            let mut tx = self.store.write().await?;
            tx.recall_events(receiver, now, now.after(FARTHEST_EVENT), BATCH).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Deletes rows that have been kept long enough, in small batches.
    pub async fn prune(&self) -> Result<(), Error> {
        let now = self.clock.now();
        /// Repeats a batch until it finds fewer rows than its limit.
        macro_rules! prune {
            ($method:ident, $age:expr) => {
                loop {
                    let mut tx = self.store.write().await?;
                    let pruned = tx.$method(now.before($age), BATCH).await?;
                    tx.commit().await?;
                    if pruned < BATCH.unsigned_abs() {
                        break;
                    }
                }
            };
        }
        prune!(prune_sessions, ENDED_SESSIONS);
        prune!(prune_registrations, REGISTRATION_LIFETIME);
        prune!(prune_invitations, INVITATIONS);
        prune!(prune_registration_sign_ins, Duration::ZERO);
        prune!(prune_used_tickets, Duration::ZERO);
        prune!(prune_revocations, self.lifetimes.access_token + REVOCATIONS_MARGIN);
        prune!(prune_events, self.lifetimes.events);
        prune!(prune_letters, LETTERS);
        self.recall_events().await?;
        prune!(prune_deliveries, DELIVERIES);
        prune!(prune_orphaned_events, ORPHANED_EVENTS);
        if !self.receivers.have_stream() {
            prune!(prune_stream_events, STREAM_EVENTS);
        }
        prune!(prune_tokens, TOKENS);
        prune!(prune_password_failures, PASSWORD_FAILURES);
        prune!(prune_security_events, self.lifetimes.security_events);
        prune!(prune_known_devices, KNOWN_DEVICES);
        prune!(prune_deleted_sessions, ENDED_SESSIONS);
        prune!(forget_audited_users, DELETED_USERS);
        prune!(prune_audit_log, AUDIT_LOG);
        loop {
            let mut tx = self.store.write().await?;
            let pruned = tx.prune_rate_limits(now.unix_millis(), BATCH).await?;
            tx.commit().await?;
            if pruned < BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}
