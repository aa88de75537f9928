//! Cleanup after a restore: the database is older than the state that clients, letters and running nodes know.

use super::{Accounts, Actor, Error, Operator};
use crate::domain::{
    audit::AuditEntry,
    ids::{Epoch, UserId},
    security_event::SecurityEventType,
    session::EndReason,
};
use futures_util::{TryStreamExt, stream};
use serde_json::json;
use std::sync::Arc;

/// Rows read or changed by one statement.
const BATCH: i64 = 200;
/// Concurrent changes of accounts: PostgreSQL's round trips overlap, and running nodes keep their share of its
/// connections. SQLite has one writer, which takes them one by one.
const CONCURRENT: usize = 8;

/// The result of [`Accounts::new_epoch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEpoch {
    /// The new epoch.
    pub epoch: Epoch,
    /// Accounts with sessions or tokens to end.
    pub accounts: usize,
    /// Sessions that were ended.
    pub sessions: usize,
    /// Registrations whose links are no longer valid.
    pub registrations: u64,
    /// Letters that will not be sent.
    pub letters: u64,
}

impl Accounts {
    /// Renews the epoch of a restored database and ends everything in it that may have been ended, used or sent since
    /// the backup: every session (`restored`), one-time token, pending change of e-mail address, unused invitation and
    /// unsent letter. Ceremonies, flows and challenges that were started earlier become void.
    ///
    /// Nodes may run: each account is changed through its log, and a session that is opened in the meantime may or may
    /// not be ended. The epoch comes first, so that from then on no client resumes a lost state. If it is interrupted,
    /// run it again.
    pub async fn new_epoch(self: &Arc<Self>) -> Result<NewEpoch, Error> {
        let store = &self.store;
        let epoch = Epoch(uuid::Uuid::new_v4());
        let mut tx = store.write().await?;
        tx.renew_epoch(epoch, self.clock.now()).await?;
        tx.insert_restore_revocation(self.clock.now()).await?;
        tx.delete_registration_sign_ins().await?;
        let entry =
            AuditEntry::of(Operator::CommandLine, "new-epoch", None, json!({ "epoch": epoch }), self.clock.now());
        tx.insert_audit_entry(&entry).await?;
        tx.commit().await?;

        let now = self.clock.now();
        let mut done = NewEpoch { epoch, accounts: 0, sessions: 0, registrations: 0, letters: 0 };
        // At once: the mail worker of a running node must not send letters that were sent before.
        done.letters = in_batches(async || {
            let mut tx = store.write().await?;
            let changed = tx.give_up_letters(now, BATCH).await?;
            tx.commit().await?;
            Ok(changed)
        })
        .await?;
        done.registrations = in_batches(async || {
            let mut tx = store.write().await?;
            let changed = tx.expire_registration_tokens(now, BATCH).await?;
            tx.commit().await?;
            Ok(changed)
        })
        .await?;
        // Any of them may have been withdrawn or used since the backup. Registrations started with one become void too.
        in_batches(async || {
            let mut tx = store.write().await?;
            let deleted = tx.delete_unused_invitations(BATCH).await?;
            tx.commit().await?;
            Ok(deleted)
        })
        .await?;
        let mut last = None;
        loop {
            let users = store.find_users_to_end(last, BATCH).await?;
            let Some(end_of_page) = users.last().copied() else { break };
            last = Some(end_of_page);
            let changes = stream::iter(users.into_iter().map(|user| Ok::<_, Error>(end_user(self, user))));
            let ended: Vec<usize> = changes.try_buffer_unordered(CONCURRENT).try_collect().await?;
            done.accounts += ended.len();
            done.sessions += ended.iter().sum::<usize>();
        }
        // Sessions that ended here may have got tokens since it began.
        let mut tx = store.write().await?;
        tx.insert_restore_revocation(self.clock.now()).await?;
        tx.commit().await?;
        self.hub.announce_revocations();
        tracing::info!(target: "security", %epoch, accounts = done.accounts, sessions = done.sessions, "restored");
        Ok(done)
    }
}

/// Repeats a statement that changes at most [`BATCH`] rows until it changes fewer; returns the total.
async fn in_batches(mut once: impl AsyncFnMut() -> Result<u64, Error>) -> Result<u64, Error> {
    let mut total = 0;
    loop {
        let changed = once().await?;
        total += changed;
        if changed < BATCH.unsigned_abs() {
            return Ok(total);
        }
    }
}

/// Ends the sessions and tokens of one account; returns the number of sessions.
async fn end_user(accounts: &Arc<Accounts>, user: UserId) -> Result<usize, Error> {
    let mut change = match accounts.change(user, Actor::Server).await {
        // Deleted in the meantime.
        Err(Error::NotFound) => return Ok(0),
        change => change?,
    };
    let ended = change.end_everything(EndReason::Restored).await?;
    change.record(SecurityEventType::AccountRestored, json!({ "sessions_ended": ended })).await?;
    change.commit().await?;
    Ok(ended)
}
