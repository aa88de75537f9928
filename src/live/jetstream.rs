//! Publishing to a JetStream stream: three requests of NATS's protocol. async-nats offers them only with its feature
//! for JetStream, which brings crates for reading streams that this server does not need.

use async_nats::{Client, HeaderMap, Request, RequestErrorKind, connection::State, header::NATS_MESSAGE_ID};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// The start of every subject; the rest is the user that an event is about.
const SUBJECT: &str = "marbelle.events.";
/// The subjects of requests about streams.
const API: &str = "$JS.API.STREAM";
/// The time limit of a request.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long a stream that this server creates keeps messages.
const MAX_AGE: Duration = Duration::from_secs(7 * 86_400);
/// The window in which a stream that this server creates drops duplicates of a message.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3600);
/// JetStream's error code for a stream that does not exist.
const NOT_FOUND: i64 = 404;

/// A stream that events are published to.
pub struct JetStream {
    client: Client,
    stream: String,
    /// Whether the stream is known to exist.
    is_there: AtomicBool,
}

/// Why a message was not stored.
#[derive(Debug, thiserror::Error)]
pub enum JetStreamFault {
    /// No server answers: the servers have no JetStream, or the stream does not exist.
    #[error("the NATS servers have no stream for it")]
    NoStream,
    /// The servers cannot be reached, or do not answer.
    #[error("the NATS servers do not answer")]
    Away,
    /// JetStream refuses the request.
    #[error("JetStream refuses: {0}")]
    Refused(String),
    /// Another stream has stored the message.
    #[error("another stream, {0}, takes these subjects")]
    OtherStream(String),
    /// The answer is not one of JetStream's.
    #[error("the answer is not one of JetStream's")]
    Nonsense,
}

/// An answer of JetStream.
#[derive(Default, Deserialize)]
struct Answer {
    error: Option<Refusal>,
    /// The stream that stored the message.
    stream: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    #[serde(default)]
    description: String,
}

impl JetStream {
    pub(super) fn new(client: Client, stream: String) -> Self {
        Self { client, stream, is_there: AtomicBool::new(false) }
    }

    /// Whether the servers are connected.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Publishes a message about `whom`, and returns once the stream has stored it. `id` is the same in every attempt
    /// at this message: the stream drops duplicates.
    pub async fn publish(&self, whom: &str, id: &str, body: Vec<u8>) -> Result<(), JetStreamFault> {
        if !self.is_there.load(Ordering::Relaxed) {
            self.make().await?;
            self.is_there.store(true, Ordering::Relaxed);
        }
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, id);
        let request = Request::new().headers(headers).payload(body.into());
        let taken = self.ask(format!("{SUBJECT}{whom}"), request).await;
        // After any failure, the next message checks again whether the stream exists.
        let taken = taken.inspect_err(|_| self.is_there.store(false, Ordering::Relaxed))?;
        match taken.stream {
            Some(stream) if stream == self.stream => Ok(()),
            Some(stream) => Err(JetStreamFault::OtherStream(stream)),
            None => Err(JetStreamFault::Nonsense),
        }
    }

    /// Creates the stream if it does not exist; an existing stream is left as it is.
    async fn make(&self) -> Result<(), JetStreamFault> {
        let about = |what: &str| format!("{API}.{what}.{}", self.stream);
        match self.answer(about("INFO"), Request::new()).await?.error {
            None => return Ok(()),
            Some(refusal) if refusal.code == NOT_FOUND => {}
            Some(refusal) => return Err(JetStreamFault::Refused(refusal.description)),
        }
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let config = json!({
            "name": self.stream,
            "description": "Events of Marbelle's accounts",
            "subjects": [format!("{SUBJECT}*")],
            "retention": "limits",
            "storage": "file",
            "discard": "old",
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": -1,
            "max_age": nanos(MAX_AGE),
            "duplicate_window": nanos(DUPLICATE_WINDOW),
            "num_replicas": 1,
        });
        let made = self.ask(about("CREATE"), Request::new().payload(Bytes::from(config.to_string()))).await;
        made.map(|_| tracing::info!(stream = self.stream, "the stream was created"))
    }

    async fn ask(&self, subject: String, request: Request) -> Result<Answer, JetStreamFault> {
        let answer = self.answer(subject, request).await?;
        match answer.error {
            Some(refusal) => Err(JetStreamFault::Refused(refusal.description)),
            None => Ok(answer),
        }
    }

    async fn answer(&self, subject: String, request: Request) -> Result<Answer, JetStreamFault> {
        let asking = self.client.send_request(subject, request.timeout(Some(ANSWER_LIMIT)));
        // The client's own time limit covers the answer alone: while the servers are away, a request may also wait to
        // be sent.
        let answered = tokio::time::timeout(ANSWER_LIMIT, asking).await.map_err(|_| JetStreamFault::Away)?;
        let message = answered.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => JetStreamFault::NoStream,
            _ => JetStreamFault::Away,
        })?;
        serde_json::from_slice(&message.payload).map_err(|_| JetStreamFault::Nonsense)
    }
}
