//! What live delivery asks of the transport.

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;

/// What the transport can do with an open socket.
pub trait Socket: Send + Sync {
    /// Stops reading calls, lets those in flight answer, sends what is queued, closes.
    fn stop(&self);
    /// Cuts the socket at once.
    fn kill(&self);
}

/// Where the events of one subscription go.
pub trait EventSink: Send + Sync {
    /// Queues an event if there is room.
    fn try_send(&self, event: &RawValue) -> Result<(), SinkError>;
    /// Queues an event as soon as there is room.
    fn send<'a>(&'a self, event: &'a RawValue) -> BoxFuture<'a, Result<(), SinkError>>;
    /// Whether the socket is gone or the client has unsubscribed.
    fn is_closed(&self) -> bool;
}

/// Why an event was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkError {
    /// The peer does not read fast enough.
    Full,
    /// The socket is gone or the client has unsubscribed.
    Closed,
}
