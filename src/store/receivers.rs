//! Who is told of changes outside: the webhooks that listen, and the stream.
//!
//! Whether anybody listens is asked in the transaction of each change, so that what was made before a change hears of
//! it, on every node. It is asked by a version: another random one with every change of the webhooks, which the
//! statement that locks the user reads along. Only where it is not the one that this process remembers are they read.

use super::{Error, Tx, in_tx};
use crate::domain::{ids::ReceiverId, outgoing_event::OutgoingType, webhook::EventTypes};
use parking_lot::Mutex;
use std::sync::Arc;
use uuid::Uuid;

/// Whom events are queued for.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Who it is.
    pub id: ReceiverId,
    /// What it listens to; `None` is all.
    events: Option<EventTypes>,
}

impl Receiver {
    /// Whether it is told of such an event.
    pub fn listens_to(&self, event: OutgoingType) -> bool {
        event.is_for_all() || self.events.as_ref().is_none_or(|events| events.has(event))
    }
}

/// Those whom events are queued for, as this process knows them.
#[derive(Debug)]
pub struct Receivers {
    /// Those that are there whatever the webhooks are: the stream, or nobody.
    without_webhooks: Arc<[Receiver]>,
    known: Mutex<Option<(Uuid, Arc<[Receiver]>)>>,
}

const LIST: &str = "SELECT id, events FROM webhooks WHERE disabled_at IS NULL ORDER BY id";

impl Receivers {
    /// The webhooks, and the stream if this process has one.
    pub fn new(stream: bool) -> Self {
        let stream = stream.then_some(Receiver { id: ReceiverId::STREAM, events: None });
        Self { without_webhooks: stream.into_iter().collect(), known: Mutex::default() }
    }

    /// Whether this process has the stream.
    pub fn have_stream(&self) -> bool {
        !self.without_webhooks.is_empty()
    }

    /// Those that listen at this version of the webhooks; without a version there never was one.
    pub(super) async fn listening(&self, tx: &mut Tx, version: Option<Uuid>) -> Result<Arc<[Receiver]>, Error> {
        let Some(version) = version else { return Ok(self.without_webhooks.clone()) };
        if let Some((known, receivers)) = &*self.known.lock()
            && *known == version
        {
            return Ok(receivers.clone());
        }
        let rows: Vec<(ReceiverId, Option<String>)> = in_tx!(tx, c => sqlx::query_as(LIST).fetch_all(c).await)?;
        let webhooks = rows
            .into_iter()
            .map(|(id, events)| Receiver { id, events: events.as_deref().map(EventTypes::from_stored) });
        let receivers: Arc<[Receiver]> = self.without_webhooks.iter().cloned().chain(webhooks).collect();
        *self.known.lock() = Some((version, receivers.clone()));
        Ok(receivers)
    }
}
