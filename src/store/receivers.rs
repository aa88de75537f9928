//! The receivers of outgoing events: the webhooks, and the stream.
//!
//! The transaction of each change determines the receivers, so that every change after the creation of a webhook
//! reaches it, on every node. They are cached by a version, a random one with every change of the webhooks, which the
//! statement that locks the user reads as well. The webhooks are read again only if the version differs from the cached
//! one.

use super::{Error, Tx, in_tx};
use crate::domain::{ids::ReceiverId, outgoing_event::OutgoingType, webhook::EventTypes};
use parking_lot::Mutex;
use std::sync::Arc;
use uuid::Uuid;

/// A receiver of events.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its id.
    pub id: ReceiverId,
    /// The types that it has chosen; `None` means all.
    events: Option<EventTypes>,
}

impl Receiver {
    /// Whether it gets events of this type.
    pub fn listens_to(&self, event: OutgoingType) -> bool {
        event.is_for_all() || self.events.as_ref().is_none_or(|events| events.has(event))
    }
}

/// The receivers, as cached by this process.
#[derive(Debug)]
pub struct Receivers {
    /// The receivers besides the webhooks: the stream, or none.
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

    /// The receivers at this version of the webhooks; without a version there has never been a webhook.
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
