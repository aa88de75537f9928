//! The one subscription of the wire: its methods' names, and its sink as live delivery sees it.

use super::{param_types::Token, params::params};
use crate::live::{EventSink, SinkError};
use futures_util::future::BoxFuture;
use jsonrpsee::{
    SubscriptionSink,
    core::server::{SubscriptionMessage, TrySendError},
};
use parking_lot::Mutex;
use serde_json::value::RawValue;

/// The name of the method that subscribes; the guard knows it too.
pub const SUBSCRIBE: &str = "account.subscribe";
/// The name of the method that unsubscribes.
pub const UNSUBSCRIBE: &str = "account.unsubscribe";

params! {
    /// Parameters of `account.unsubscribe`.
    pub struct UnsubscribeParams {
        /// The id that `account.subscribe` answered.
        required subscription: Token,
    }
}

/// jsonrpsee's `try_send` wants the sink for itself, hence the lock.
pub struct JsonRpcSink(Mutex<SubscriptionSink>);

impl JsonRpcSink {
    /// Sends to an accepted subscription.
    pub fn new(sink: SubscriptionSink) -> Self {
        Self(Mutex::new(sink))
    }
}

/// The whole notification: jsonrpsee would make the same of the event alone, but from a copy.
fn notification(sink: &SubscriptionSink, event: &RawValue) -> SubscriptionMessage {
    SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), &event)
        .expect("an id and what is JSON already have a JSON form")
}

impl EventSink for JsonRpcSink {
    fn try_send(&self, event: &RawValue) -> Result<(), SinkError> {
        let mut sink = self.0.lock();
        let notification = notification(&sink, event);
        sink.try_send(notification).map_err(|error| match error {
            TrySendError::Full(_) => SinkError::Full,
            TrySendError::Closed(_) => SinkError::Closed,
        })
    }

    fn send<'a>(&'a self, event: &'a RawValue) -> BoxFuture<'a, Result<(), SinkError>> {
        let sink = self.0.lock().clone();
        Box::pin(async move { sink.send(notification(&sink, event)).await.map_err(|_| SinkError::Closed) })
    }

    fn is_closed(&self) -> bool {
        self.0.lock().is_closed()
    }
}
