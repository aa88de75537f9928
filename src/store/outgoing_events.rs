//! The queue of events that leave the server: what a change puts into it.
//!
//! Of what waits for one receiver about one user only the first row, the head, has `next_attempt_at`. So the index of what is
//! due holds one row for each such pair, however much waits behind it, and a user's events stay in order while others
//! pass. Whoever takes a head away promotes the next one ([`super::deliveries`]), under the same lock of the user that a
//! change holds: else a row that is queued meanwhile could wait behind nothing.

use super::{Error, ImportedUser, Receiver, Receivers, Tx, in_tx};
use crate::domain::{
    ids::{DeliveryId, ReceiverId, SessionId, UserId},
    outgoing_event::OutgoingType,
    time::Timestamp,
};
use serde::Serialize;
use sqlx::QueryBuilder;

/// Events of a user that may wait for a receiver; one `user.resync` takes the place of more.
const MAX_WAITING: i64 = 2000;

/// An event, without what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewEvent {
    pub(super) r#type: OutgoingType,
    pub(super) at: Timestamp,
    /// The revision of the account after it.
    pub(super) revision: i64,
    /// The session that did it.
    pub(super) session: Option<SessionId>,
}

/// Where a row was put.
#[derive(sqlx::FromRow)]
struct Queued {
    receiver_id: ReceiverId,
    place: i64,
    is_head: bool,
}

const FIND_VERSION: &str = "SELECT version FROM webhooks_version";
const INSERT: &str = "INSERT INTO outgoing_events (id, receiver_id, user_id, place, type, at, external_id, revision, \
     session_id, object, state, attempts, next_attempt_at, claimed, doomed) ";
const COUNT_WAITING: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 \
     AND place >= (SELECT place FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 \
     AND next_attempt_at IS NOT NULL) AND state = 'waiting'";
// What is on its way at this moment stays until the attempt is over: what is queued now must not overtake it.
const DOOM: &str = "UPDATE outgoing_events SET doomed = TRUE WHERE user_id = $1 AND receiver_id = $2 \
     AND claimed AND next_attempt_at > $3";
const DOOM_OF: &str = "UPDATE outgoing_events SET doomed = TRUE, object = 'null' WHERE user_id = $1 \
     AND claimed AND next_attempt_at > $2";
const DROP_WAITING: &str = "DELETE FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 AND state = 'waiting' \
     AND NOT doomed";
const DROP_OF: &str = "DELETE FROM outgoing_events WHERE user_id = $1 AND NOT doomed";

/// As the log and the queue keep it.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Broken(sqlx::Error::Encode(e.into())))
}

impl Tx {
    /// Queues an event of a user, whose lock this transaction holds, for those of `receivers` that listen to it.
    pub(super) async fn queue_event(
        &mut self,
        receivers: &[Receiver],
        user: UserId,
        event: NewEvent,
        object: &str,
    ) -> Result<(), Error> {
        let receivers: Vec<ReceiverId> =
            receivers.iter().filter(|receiver| receiver.listens_to(event.r#type)).map(|receiver| receiver.id).collect();
        if receivers.is_empty() {
            return Ok(());
        }
        let queued = self.insert_events(&receivers, user, event, object).await?;
        for Queued { receiver_id, place, is_head } in queued {
            // Places rise for as long as anything of the user is kept: with less it is surely not too much.
            if !is_head && place > MAX_WAITING && self.count_waiting_events(user, receiver_id).await? > MAX_WAITING {
                self.resync(receiver_id, user, event).await?;
            }
        }
        Ok(())
    }

    /// Queues, for those who listen, that accounts were made by this transaction, and which of them are disabled.
    pub async fn tell_of_imported_users(
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
            let profile = json(&user.profile())?;
            let disabled = user.disabled_at.map(|_| OutgoingType::UserDisabled);
            for r#type in [Some(OutgoingType::UserCreated), disabled].into_iter().flatten() {
                let event = NewEvent { r#type, at: now, revision: 0, session: None };
                self.queue_event(&receivers, user.id, event, &profile).await?;
            }
        }
        Ok(())
    }

    async fn insert_events(
        &mut self,
        receivers: &[ReceiverId],
        user: UserId,
        event: NewEvent,
        object: &str,
    ) -> Result<Vec<Queued>, Error> {
        let queued = in_tx!(self, c => {
            let mut query = QueryBuilder::new(INSERT);
            query.push_values(receivers, |mut row, receiver| {
                row.push_bind(DeliveryId::new()).push_bind(*receiver).push_bind(user);
                row.push("(SELECT COALESCE(MAX(place), 0) + 1 FROM outgoing_events WHERE user_id = ");
                row.push_bind_unseparated(user).push_unseparated(" AND receiver_id = ");
                row.push_bind_unseparated(*receiver).push_unseparated(")");
                row.push_bind(event.r#type).push_bind(event.at);
                row.push("(SELECT external_id FROM users WHERE id = ");
                row.push_bind_unseparated(user).push_unseparated(")");
                row.push_bind(event.revision).push_bind(event.session).push_bind(object.to_owned());
                row.push("'waiting', 0");
                row.push("CASE WHEN EXISTS (SELECT 1 FROM outgoing_events WHERE user_id = ");
                row.push_bind_unseparated(user).push_unseparated(" AND receiver_id = ");
                row.push_bind_unseparated(*receiver).push_unseparated(" AND next_attempt_at IS NOT NULL) THEN NULL ELSE ");
                row.push_bind_unseparated(event.at).push_unseparated(" END");
                row.push("FALSE, FALSE");
            });
            query.push(" RETURNING receiver_id, place, next_attempt_at IS NOT NULL AS is_head");
            query.build_query_as().fetch_all(c).await
        })?;
        Ok(queued)
    }

    async fn count_waiting_events(&mut self, user: UserId, receiver: ReceiverId) -> Result<i64, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(COUNT_WAITING).bind(user).bind(receiver).fetch_one(c).await)?)
    }

    /// Lets one `user.resync` take the place of everything that waits.
    async fn resync(&mut self, receiver: ReceiverId, user: UserId, latest: NewEvent) -> Result<(), Error> {
        in_tx!(&mut *self, c => sqlx::query(DOOM).bind(user).bind(receiver).bind(latest.at).execute(c).await.map(drop))?;
        in_tx!(&mut *self, c => sqlx::query(DROP_WAITING).bind(user).bind(receiver).execute(c).await.map(drop))?;
        let resync = NewEvent { r#type: OutgoingType::UserResync, session: None, ..latest };
        self.insert_events(&[receiver], user, resync, "null").await.map(drop)
    }

    /// Drops whatever waits, and what was kept of it, about a user who is to be deleted.
    pub(super) async fn drop_events_of(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        in_tx!(&mut *self, c => sqlx::query(DOOM_OF).bind(user).bind(now).execute(c).await.map(drop))?;
        in_tx!(self, c => sqlx::query(DROP_OF).bind(user).execute(c).await.map(drop))?;
        Ok(())
    }
}
