//! The queue of outgoing events, as changes fill it.
//!
//! Of the events of one user that wait for one receiver only the first, the head, has `next_attempt_at`. So the index
//! of due events holds one row for each such pair, however many wait behind it, and a user's events stay in order while
//! those of others pass. Whoever removes a head promotes the next event ([`super::deliveries`]) under the same lock of
//! the user that a change holds; otherwise an event that is queued at the same time could wait behind nothing.

use super::{
    Error, ImportedUser, Receiver, Receivers, Tx,
    append::{Append, OutgoingEvent, Queued},
    in_tx,
};
use crate::domain::{
    ids::{ReceiverId, UserId},
    outgoing_event::OutgoingType,
    time::Timestamp,
};
use serde::Serialize;

/// The most events of a user that may wait for a receiver; beyond that, one `user.resync` replaces them.
const MAX_WAITING: i64 = 2000;

const FIND_VERSION: &str = "SELECT version FROM webhooks_version";
const COUNT_WAITING: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 \
     AND place >= (SELECT place FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 \
     AND next_attempt_at IS NOT NULL) AND state = 'waiting'";
// An event under way stays until the attempt is over: events queued now must not overtake it.
const DOOM: &str = "UPDATE outgoing_events SET doomed = TRUE WHERE user_id = $1 AND receiver_id = $2 \
     AND claimed AND next_attempt_at > $3";
const DOOM_OF: &str = "UPDATE outgoing_events SET doomed = TRUE, object = 'null' WHERE user_id = $1 \
     AND claimed AND next_attempt_at > $2";
const DROP_WAITING: &str = "DELETE FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 AND state = 'waiting' \
     AND NOT doomed";
const DROP_OF: &str = "DELETE FROM outgoing_events WHERE user_id = $1 AND NOT doomed";

/// JSON as stored in the log and the queue.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Broken(sqlx::Error::Encode(e.into())))
}

/// An event for those of `receivers` that listen to it, if any does.
pub(super) fn outgoing_event(
    receivers: &[Receiver],
    r#type: OutgoingType,
    revision: i64,
    object: &str,
) -> Option<OutgoingEvent> {
    let listening = receivers.iter().filter(|receiver| receiver.listens_to(r#type));
    let receivers: Vec<ReceiverId> = listening.map(|receiver| receiver.id).collect();
    (!receivers.is_empty()).then(|| OutgoingEvent { r#type, revision, object: object.to_owned(), receivers })
}

impl Tx {
    /// Enforces [`MAX_WAITING`] for the receivers of the `queued` events, the last of which has this revision. The
    /// transaction must hold the user's lock.
    pub(super) async fn bound_waiting_events(
        &mut self,
        queued: &[Queued],
        user: UserId,
        at: Timestamp,
        revision: i64,
    ) -> Result<(), Error> {
        // Places rise for as long as the queue holds any event of the user: with a lower place the bound is certainly
        // kept.
        for Queued { receiver_id: receiver, .. } in
            queued.iter().filter(|queued| !queued.is_head && queued.place > MAX_WAITING).copied()
        {
            if self.count_waiting_events(user, receiver).await? > MAX_WAITING {
                self.resync(receiver, user, at, revision).await?;
            }
        }
        Ok(())
    }

    /// Queues the creation of accounts by this transaction, and the disabling of those that are disabled, for the
    /// receivers that listen.
    pub async fn queue_imported_users(
        &mut self,
        receivers: &Receivers,
        users: &[&ImportedUser],
        now: Timestamp,
    ) -> Result<(), Error> {
        let version = in_tx!(&mut *self, c => sqlx::query_scalar(FIND_VERSION).fetch_optional(c).await)?;
        let receivers = receivers.listening(self, version).await?;
        if receivers.is_empty() {
            return Ok(());
        }
        for user in users {
            let disabled = user.disabled_at.map(|_| OutgoingType::UserDisabled);
            let types = [Some(OutgoingType::UserCreated), disabled].into_iter().flatten();
            let object = json(&user.profile())?;
            let outgoing: Vec<OutgoingEvent> =
                types.filter_map(|r#type| outgoing_event(&receivers, r#type, 0, &object)).collect();
            self.append(&Append::only_outgoing(user.id, now, None, &outgoing)).await?;
        }
        Ok(())
    }

    async fn count_waiting_events(&mut self, user: UserId, receiver: ReceiverId) -> Result<i64, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(COUNT_WAITING).bind(user).bind(receiver).fetch_one(c).await)?)
    }

    /// Replaces all waiting events by one `user.resync`.
    async fn resync(&mut self, receiver: ReceiverId, user: UserId, at: Timestamp, revision: i64) -> Result<(), Error> {
        in_tx!(&mut *self, c => sqlx::query(DOOM).bind(user).bind(receiver).bind(at).execute(c).await.map(drop))?;
        in_tx!(&mut *self, c => sqlx::query(DROP_WAITING).bind(user).bind(receiver).execute(c).await.map(drop))?;
        let receivers = vec![receiver];
        let resync = OutgoingEvent { r#type: OutgoingType::UserResync, revision, object: "null".to_owned(), receivers };
        self.append(&Append::only_outgoing(user, at, None, &[resync])).await.map(drop)
    }

    /// Deletes the waiting events and the records of deliveries of a user who is about to be deleted.
    pub(super) async fn drop_events_of(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        in_tx!(&mut *self, c => sqlx::query(DOOM_OF).bind(user).bind(now).execute(c).await.map(drop))?;
        in_tx!(self, c => sqlx::query(DROP_OF).bind(user).execute(c).await.map(drop))?;
        Ok(())
    }
}
