//! The JetStream stream: a receiver like a webhook, but without giving up.

use super::line::{Line, Receiver, Refusal, body};
use crate::{
    domain::{ids::ReceiverId, time::Clock},
    leases::{Pace, serve},
    live::JetStream,
    meters::meters,
    store::{DeliveryOutcome, DeliveryRow, Error, Store},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The interval at which the queue is polled.
const BEAT: Duration = Duration::from_millis(250);
/// Messages that await their acknowledgement at a time.
const CONCURRENT: usize = 32;
/// The wait before a message is published again; it doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Publishes the events that are queued for the stream.
pub struct Stream {
    line: Arc<Line<StreamReceiver>>,
}

struct StreamReceiver(JetStream);

impl Stream {
    /// Publishes what is queued in `store`.
    pub fn new(store: Store, clock: Clock, stream: JetStream) -> Self {
        Self { line: Arc::new(Line { store, clock, receiver: StreamReceiver(stream) }) }
    }

    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        serve(self.line, Pace { beat: BEAT, concurrent: CONCURRENT }, stop).await;
    }
}

impl Receiver for StreamReceiver {
    type Open = ();

    fn id(&self) -> ReceiverId {
        ReceiverId::STREAM
    }

    fn name(&self) -> &'static str {
        "the queue of the stream"
    }

    fn at_a_time(&self) -> usize {
        CONCURRENT
    }

    /// While the servers are disconnected, everything stays in the queue.
    fn is_there(&self) -> bool {
        self.0.is_connected()
    }

    async fn open(&self) -> Result<Option<()>, Error> {
        Ok(Some(()))
    }

    async fn deliver(&self, (): &(), event: &DeliveryRow) -> Result<Option<i64>, Refusal> {
        let body = body(event).map_err(|error| Refusal::because(format!("the event cannot be written: {error}")))?;
        let whom = event.user_id.map(|user| user.to_string()).unwrap_or_default();
        match self.0.publish(&whom, &event.id.to_string(), body).await {
            Ok(()) => {
                meters().stream_published.increment(1);
                Ok(None)
            }
            Err(fault) => {
                meters().stream_failed.increment(1);
                Err(Refusal::because(fault.to_string()))
            }
        }
    }

    fn retry_after(&self, attempts: i64) -> Option<Duration> {
        let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
        Some(FIRST_RETRY.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_RETRY))
    }

    async fn settled(&self, (): &(), _: &DeliveryOutcome, _: Option<&Refusal>) -> Result<(), Error> {
        Ok(())
    }
}
