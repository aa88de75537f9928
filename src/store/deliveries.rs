//! The queue of outgoing events, for the workers that deliver them and for operators.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::{DeliveryId, ReceiverId, SessionId, UserId},
    outgoing_event::OutgoingType,
    profile::ExternalId,
    time::Timestamp,
    webhook::{Delivery, DeliveryState},
};
use sqlx::QueryBuilder;

/// An event to deliver.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeliveryRow {
    /// Its id, the same in every attempt.
    pub id: DeliveryId,
    /// The user concerned.
    pub user_id: Option<UserId>,
    /// Its position among the user's events.
    pub place: i64,
    /// Its type.
    pub r#type: OutgoingType,
    /// Its time.
    pub at: Timestamp,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// The revision of the account after it.
    pub revision: Option<i64>,
    /// The session that made the change.
    pub session_id: Option<SessionId>,
    /// The change, as JSON.
    pub object: String,
    /// The number of attempts, including this one; for a claimed head, the number of the claim ([`crate::leases`]).
    pub attempts: i64,
    /// Whether it is not to be sent any more, because a `user.resync` has replaced it or its user was deleted.
    pub doomed: bool,
}

/// An event that a receiver has accepted.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    /// Its id.
    pub id: DeliveryId,
    /// The HTTP status of the answer, where there is one.
    pub status: Option<i64>,
}

/// A failed attempt.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The event.
    pub id: DeliveryId,
    /// The number of attempts.
    pub attempts: i64,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<i64>,
    /// The reason.
    pub error: String,
    /// When it is tried again; `None` if it is given up.
    pub retry_at: Option<Timestamp>,
}

/// The outcome of a claim: the delivered events, in order, and then possibly a failure.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The claimed head.
    pub head: DeliveryId,
    /// The number of the claim.
    pub claim: i64,
    /// The user of the events.
    pub user: Option<UserId>,
    /// The events that the receiver has accepted.
    pub delivered: Vec<Delivered>,
    /// The event that it has not.
    pub failed: Option<Failed>,
}

macro_rules! columns {
    () => {
        "id, user_id, place, type, at, external_id, revision, session_id, object, attempts, doomed"
    };
}

/// The columns of [`Delivery`], except for `created_at`.
macro_rules! listed {
    () => {
        "id, type, user_id, state, attempts, last_status, last_error, next_attempt_at"
    };
}

const DUE: &str = "SELECT EXISTS (SELECT 1 FROM outgoing_events WHERE receiver_id = $1 AND next_attempt_at <= $2)";
const COUNT_CLAIMED: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM outgoing_events WHERE receiver_id = $1 AND claimed \
     AND next_attempt_at > $2";
const CLAIM: &str = concat!(
    "UPDATE outgoing_events SET attempts = attempts + 1, next_attempt_at = $3, claimed = TRUE WHERE id IN \
     (SELECT id FROM outgoing_events WHERE receiver_id = $1 AND next_attempt_at <= $2 ORDER BY next_attempt_at LIMIT $4) \
     AND next_attempt_at <= $2 RETURNING ",
    columns!()
);
const RENEW: &str = "UPDATE outgoing_events SET next_attempt_at = $3 WHERE id = $1 AND attempts = $2 AND claimed";
const NEXT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM outgoing_events WHERE user_id = $1 AND receiver_id = $2 AND place > $3 AND state = 'waiting' \
     ORDER BY place LIMIT 1"
);
const RELEASE: &str = "UPDATE outgoing_events SET next_attempt_at = NULL, claimed = FALSE \
     WHERE id = $1 AND attempts = $2 AND claimed";
const RETRY: &str = "UPDATE outgoing_events SET attempts = $2, next_attempt_at = $3, last_status = $4, last_error = $5 \
     WHERE id = $1 AND state = 'waiting' AND NOT doomed";
const GIVE_UP: &str = "UPDATE outgoing_events SET state = 'given_up', attempts = $2, last_status = $3, last_error = $4 \
     WHERE id = $1 AND state = 'waiting'";
const DROP_DOOMED: &str = "DELETE FROM outgoing_events WHERE id = $1 AND doomed";
const PROMOTE: &str = "UPDATE outgoing_events SET next_attempt_at = $3 WHERE id = (SELECT id FROM outgoing_events \
     WHERE user_id = $1 AND receiver_id = $2 AND state = 'waiting' ORDER BY place LIMIT 1) \
     AND next_attempt_at IS NULL";
// A time further ahead than any retry was written before the clock was set back: it counts as now.
const RECALL: &str = "UPDATE outgoing_events SET next_attempt_at = $2 WHERE id IN (SELECT id FROM outgoing_events \
     WHERE receiver_id = $1 AND next_attempt_at > $3 LIMIT $4)";
const WAITING: &str = "SELECT CAST(COUNT(*) AS BIGINT), MIN(at) FROM outgoing_events \
     WHERE receiver_id = $1 AND state = 'waiting'";
const DROP_WAITING: &str = "DELETE FROM outgoing_events WHERE id IN (SELECT id FROM outgoing_events \
     WHERE receiver_id = $1 AND state = 'waiting' LIMIT $2)";
const DELETE_OF: &str = "DELETE FROM outgoing_events WHERE id IN (SELECT id FROM outgoing_events \
     WHERE receiver_id = $1 LIMIT $2)";
const INSERT_TEST: &str = "INSERT INTO outgoing_events (id, receiver_id, place, type, at, object, state, attempts, \
     next_attempt_at, claimed, doomed) VALUES ($1, $2, 0, $3, $4, 'null', 'waiting', 0, $4, FALSE, FALSE)";
const LOCATE: &str = "SELECT receiver_id, user_id FROM outgoing_events WHERE id = $1";
// A row that waits at the head of its queue is tried at once; one that is under way, or waits for an earlier one, is
// not changed.
const HASTEN: &str = "UPDATE outgoing_events SET next_attempt_at = $2 WHERE id = $1 AND next_attempt_at > $2 \
     AND NOT claimed";
const REQUEUE: &str = "UPDATE outgoing_events SET state = 'waiting', attempts = 0, \
     place = (SELECT MAX(o.place) + 1 FROM outgoing_events o WHERE o.receiver_id = outgoing_events.receiver_id \
     AND (o.user_id = outgoing_events.user_id OR o.id = outgoing_events.id)), \
     next_attempt_at = CASE WHEN EXISTS (SELECT 1 FROM outgoing_events o WHERE o.user_id = outgoing_events.user_id \
     AND o.receiver_id = outgoing_events.receiver_id AND o.next_attempt_at IS NOT NULL) THEN NULL ELSE $2 END \
     WHERE id = $1 AND state <> 'waiting'";
const PRUNE: &str = "DELETE FROM outgoing_events WHERE id IN (SELECT id FROM outgoing_events \
     WHERE id < $1 AND state <> 'waiting' ORDER BY id LIMIT $2)";
const PRUNE_ORPHANS: &str = "DELETE FROM outgoing_events WHERE id IN (SELECT e.id FROM outgoing_events e \
     WHERE e.id < $1 AND e.state = 'waiting' AND e.receiver_id <> $3 AND NOT EXISTS (SELECT 1 FROM webhooks w \
     WHERE w.id = e.receiver_id AND w.disabled_at IS NULL) ORDER BY e.id LIMIT $2)";
const PRUNE_STREAM: &str = "DELETE FROM outgoing_events WHERE id IN (SELECT id FROM outgoing_events \
     WHERE receiver_id = $3 AND state = 'waiting' AND id < $1 ORDER BY id LIMIT $2)";

impl Store {
    /// Whether an event is due for a receiver.
    pub async fn event_is_due(&self, receiver: ReceiverId, now: Timestamp) -> Result<bool, Error> {
        Ok(on_pool!(self, pool => sqlx::query_scalar(DUE).bind(receiver).bind(now).fetch_one(pool).await)?)
    }

    /// The next event of a user that waits for a receiver, after a position.
    pub async fn next_event(
        &self,
        user: UserId,
        receiver: ReceiverId,
        place: i64,
    ) -> Result<Option<DeliveryRow>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(NEXT).bind(user).bind(receiver).bind(place)
            .fetch_optional(pool).await)?)
    }

    /// The number of events that wait for a receiver, and since when the oldest of them has waited.
    pub async fn waiting_events(&self, receiver: ReceiverId) -> Result<(i64, Option<Timestamp>), Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(WAITING).bind(receiver).fetch_one(pool).await)?)
    }

    /// Drops the events that wait for a receiver, in transactions short enough that nobody waits noticeably for the
    /// lock.
    pub async fn drop_waiting_events(&self, receiver: ReceiverId, batch: i64) -> Result<(), Error> {
        self.delete_in_batches(DROP_WAITING, receiver, batch).await
    }

    /// Deletes all rows of a receiver, in the same way.
    pub async fn delete_events_for(&self, receiver: ReceiverId, batch: i64) -> Result<(), Error> {
        self.delete_in_batches(DELETE_OF, receiver, batch).await
    }

    async fn delete_in_batches(&self, statement: &'static str, receiver: ReceiverId, batch: i64) -> Result<(), Error> {
        loop {
            let mut tx = self.write().await?;
            let deleted = in_tx!(&mut tx, c => sqlx::query(statement).bind(receiver).bind(batch)
                .execute(c).await.map(|done| done.rows_affected()))?;
            tx.commit().await?;
            if deleted < batch.unsigned_abs() {
                return Ok(());
            }
        }
    }

    /// At most `limit` events that were queued for a receiver, newest first.
    pub async fn list_deliveries(
        &self,
        receiver: ReceiverId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: i64,
    ) -> Result<Vec<Delivery>, Error> {
        let states = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::GivenUp];
        let states = states.into_iter().filter(|one| state.is_none_or(|state| state == *one));
        // One walk along the index for each state.
        let rows = on_pool!(self, pool => {
            let mut query = QueryBuilder::new("");
            for (at, state) in states.enumerate() {
                query.push(if at == 0 { "" } else { " UNION ALL " });
                query.push(concat!("SELECT ", listed!(), ", created_at FROM (SELECT ", listed!(),
                    ", at AS created_at FROM outgoing_events WHERE receiver_id = "));
                query.push_bind(receiver).push(" AND state = ").push_bind(state);
                if let Some(before) = before {
                    query.push(" AND id < ").push_bind(before);
                }
                query.push(" ORDER BY id DESC LIMIT ").push_bind(limit).push(") page").push(at);
            }
            query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
            query.build_query_as().fetch_all(pool).await
        })?;
        Ok(rows)
    }
}

impl Tx {
    /// Claims due heads until `until`, at most so many that no more than `most` are under way for the receiver on all
    /// nodes together. Nobody else gets them, or the events behind them, before that.
    pub async fn claim_events(
        &mut self,
        receiver: ReceiverId,
        now: Timestamp,
        until: Timestamp,
        (limit, most): (i64, i64),
    ) -> Result<Vec<DeliveryRow>, Error> {
        let claimed: i64 = in_tx!(&mut *self, c => sqlx::query_scalar(COUNT_CLAIMED).bind(receiver).bind(now)
            .fetch_one(c).await)?;
        let limit = limit.min(most - claimed);
        if limit <= 0 {
            return Ok(Vec::new());
        }
        Ok(in_tx!(self, c => sqlx::query_as(CLAIM).bind(receiver).bind(now).bind(until).bind(limit)
            .fetch_all(c).await)?)
    }

    /// Renews a claim; returns whether it still holds.
    pub async fn renew_event(&mut self, id: DeliveryId, claim: i64, until: Timestamp) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(RENEW).bind(id).bind(claim).bind(until)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Records the outcome of a claim, and makes the next event due; `false` if another worker has the claim by now.
    /// Delivered events stay visible, except those of the stream.
    pub async fn settle_events(
        &mut self,
        receiver: ReceiverId,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<bool, Error> {
        if let Some(user) = outcome.user {
            self.lock_user_quietly(user).await?;
        }
        let released = in_tx!(&mut *self, c => sqlx::query(RELEASE).bind(outcome.head).bind(outcome.claim)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if released == 0 {
            return Ok(false);
        }
        self.record_delivered(receiver, outcome).await?;
        in_tx!(&mut *self, c => sqlx::query(DROP_DOOMED).bind(outcome.head).execute(c).await.map(drop))?;
        if let Some(failed) = &outcome.failed {
            self.record_failed(failed).await?;
        }
        if let Some(user) = outcome.user {
            in_tx!(self, c => sqlx::query(PROMOTE).bind(user).bind(receiver).bind(now).execute(c).await.map(drop))?;
        }
        Ok(true)
    }

    async fn record_delivered(&mut self, receiver: ReceiverId, outcome: &Outcome) -> Result<(), Error> {
        if outcome.delivered.is_empty() {
            return Ok(());
        }
        in_tx!(self, c => {
            let mut query = if receiver == ReceiverId::STREAM {
                QueryBuilder::new("DELETE FROM outgoing_events WHERE id IN (")
            } else {
                let mut query = QueryBuilder::new("UPDATE outgoing_events SET state = 'delivered', last_error = NULL, \
                     attempts = CASE WHEN id = ");
                query.push_bind(outcome.head).push(" THEN attempts ELSE attempts + 1 END, last_status = ");
                query.push_bind(outcome.delivered.iter().filter_map(|one| one.status).next_back());
                query.push(" WHERE id IN (");
                query
            };
            let mut list = query.separated(", ");
            for delivered in &outcome.delivered {
                list.push_bind(delivered.id);
            }
            list.push_unseparated(")");
            query.build().execute(c).await.map(drop)
        })?;
        Ok(())
    }

    async fn record_failed(&mut self, failed: &Failed) -> Result<(), Error> {
        let Failed { id, attempts, status, error, retry_at } = failed;
        match retry_at {
            Some(at) => in_tx!(self, c => sqlx::query(RETRY).bind(id).bind(attempts).bind(at).bind(status).bind(error)
                .execute(c).await.map(drop))?,
            None => in_tx!(self, c => sqlx::query(GIVE_UP).bind(id).bind(attempts).bind(status).bind(error)
                .execute(c).await.map(drop))?,
        }
        Ok(())
    }

    /// Makes at most `limit` events due whose time is further ahead than any retry.
    pub async fn recall_events(
        &mut self,
        receiver: ReceiverId,
        now: Timestamp,
        latest: Timestamp,
        limit: i64,
    ) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(RECALL).bind(receiver).bind(now).bind(latest).bind(limit)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Queues a test event.
    pub async fn insert_test_event(&mut self, receiver: ReceiverId, now: Timestamp) -> Result<DeliveryId, Error> {
        let id = DeliveryId::new();
        in_tx!(self, c => sqlx::query(INSERT_TEST).bind(id).bind(receiver).bind(OutgoingType::WebhookTest).bind(now)
            .execute(c).await.map(drop))?;
        Ok(id)
    }

    /// The receiver of an event, and its user.
    pub async fn locate_event(&mut self, id: DeliveryId) -> Result<Option<(ReceiverId, Option<UserId>)>, Error> {
        Ok(in_tx!(self, c => sqlx::query_as(LOCATE).bind(id).fetch_optional(c).await)?)
    }

    /// Queues an event to be delivered again, behind the waiting ones; one that waits for its next attempt is tried at
    /// once. Its user must be locked.
    pub async fn requeue_event(&mut self, id: DeliveryId, now: Timestamp) -> Result<(), Error> {
        let requeued = in_tx!(&mut *self, c => sqlx::query(REQUEUE).bind(id).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if requeued == 0 {
            in_tx!(self, c => sqlx::query(HASTEN).bind(id).bind(now).execute(c).await.map(drop))?;
        }
        Ok(())
    }

    /// Deletes at most `limit` events from before `before` that no longer wait; returns their number.
    pub async fn prune_deliveries(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(in_tx!(self, c => sqlx::query(PRUNE).bind(DeliveryId::at(before)).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Deletes at most `limit` events from before `before` that wait for a webhook which is switched off or deleted:
    /// they were queued while that happened. Returns their number.
    pub async fn prune_orphaned_events(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(
            in_tx!(self, c => sqlx::query(PRUNE_ORPHANS).bind(DeliveryId::at(before)).bind(limit).bind(ReceiverId::STREAM)
            .execute(c).await.map(|done| done.rows_affected()))?,
        )
    }

    /// Deletes at most `limit` events from before `before` that wait for the stream; returns their number.
    pub async fn prune_stream_events(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(
            in_tx!(self, c => sqlx::query(PRUNE_STREAM).bind(DeliveryId::at(before)).bind(limit).bind(ReceiverId::STREAM)
            .execute(c).await.map(|done| done.rows_affected()))?,
        )
    }
}
