//! Where a call comes from.

use super::{http_call::HttpCall, trace::TraceId};
use crate::live::Connection;
use std::sync::Arc;

/// Where a call comes from; the same for all calls of a message.
#[derive(Clone, Debug)]
pub struct Source {
    /// The socket, or the stand-in of an HTTP call.
    pub connection: Arc<Connection>,
    /// What the HTTP request brought and what is said of its answer; none on a WebSocket.
    pub http: Option<Arc<HttpCall>>,
    /// The trace that the client named.
    pub trace: Option<TraceId>,
    /// Whether it is an entry of a batch.
    pub in_batch: bool,
}
