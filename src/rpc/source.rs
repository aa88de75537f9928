//! The source of a call.

use super::{http_call::HttpCall, trace::TraceId};
use crate::live::Connection;
use std::sync::Arc;

/// The source of a call; the same for all calls of a message.
#[derive(Clone, Debug)]
pub struct Source {
    /// The socket, or the stand-in of an HTTP call.
    pub connection: Arc<Connection>,
    /// The HTTP request of the call and the changes to its response; none on a WebSocket.
    pub http: Option<Arc<HttpCall>>,
    /// The trace that the client named.
    pub trace: Option<TraceId>,
    /// Whether it is an entry of a batch.
    pub in_batch: bool,
}
