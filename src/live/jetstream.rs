//! Publishing to a JetStream stream: three requests of NATS's own protocol, with what async-nats does without its feature
//! for JetStream, which would bring crates for streams that are read.

use async_nats::{Client, HeaderMap, Request, RequestErrorKind, connection::State, header::NATS_MESSAGE_ID};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Subjects begin so; what follows is whom an event is about.
const SUBJECT: &str = "marbelle.events.";
/// Where the servers take requests about streams.
const API: &str = "$JS.API.STREAM";
/// How long the servers may take for a request.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long a stream that is made here keeps messages.
const MAX_AGE: Duration = Duration::from_secs(7 * 86_400);
/// Within this time a stream that is made here keeps a message once, however often it is published.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3600);
/// What JetStream says of a stream that is not there.
const NOT_FOUND: i64 = 404;

/// A stream that events are published to.
pub struct JetStream {
    client: Client,
    stream: String,
    /// Whether the stream is known to be there.
    is_there: AtomicBool,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JetStreamFault {
    /// Nobody answers: the servers have no JetStream, or there is no such stream.
    #[error("the NATS servers have no stream for it")]
    NoStream,
    /// The servers are away, or silent.
    #[error("the NATS servers do not answer")]
    Away,
    /// The servers refuse.
    #[error("JetStream refuses: {0}")]
    Refused(String),
    /// Another stream has taken it.
    #[error("another stream, {0}, takes these subjects")]
    OtherStream(String),
    /// What came is no answer of JetStream.
    #[error("the answer is none of JetStream")]
    Nonsense,
}

/// What JetStream answers.
#[derive(Default, Deserialize)]
struct Answer {
    error: Option<Refusal>,
    /// The stream that has taken a message.
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

    /// Whether the servers are there at all.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Publishes a message about `whom`, and returns once the stream has it. `id` is the same whenever this message is
    /// published: the stream keeps it once.
    pub async fn publish(&self, whom: &str, id: &str, body: Vec<u8>) -> Result<(), JetStreamFault> {
        if !self.is_there.load(Ordering::Relaxed) {
            self.make().await?;
            self.is_there.store(true, Ordering::Relaxed);
        }
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, id);
        let request = Request::new().headers(headers).payload(body.into());
        let taken = self.ask(format!("{SUBJECT}{whom}"), request).await;
        // Whatever is wrong, it is looked at before the next one whether the stream is still there.
        let taken = taken.inspect_err(|_| self.is_there.store(false, Ordering::Relaxed))?;
        match taken.stream {
            Some(stream) if stream == self.stream => Ok(()),
            Some(stream) => Err(JetStreamFault::OtherStream(stream)),
            None => Err(JetStreamFault::Nonsense),
        }
    }

    /// Makes the stream if it is not there; one that is there stays as it is.
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
        made.map(|_| tracing::info!(stream = self.stream, "made the stream"))
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
        // The client's own limit is that of the answer: with the servers away a request may wait to be sent.
        let answered = tokio::time::timeout(ANSWER_LIMIT, asking).await.map_err(|_| JetStreamFault::Away)?;
        let message = answered.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => JetStreamFault::NoStream,
            _ => JetStreamFault::Away,
        })?;
        serde_json::from_slice(&message.payload).map_err(|_| JetStreamFault::Nonsense)
    }
}
