//! From the text of a message to the text of its answer, over either transport.

use super::{
    answer::Answer,
    error::outcome,
    registry::caller_of,
    request::{Incoming, Request},
    source::Source,
    trace::TraceId,
};
use crate::{
    account::Error,
    limits::{ANSWER_BYTES, BATCH_ENTRIES},
    meters::meters,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use jsonrpsee::{
    Extensions,
    core::server::MethodResponse,
    server::{ConnectionId, MethodCallback, Methods},
    types::{
        ErrorCode, ErrorObjectOwned, Id, Params,
        error::{reject_too_big_batch_request, reject_too_big_batch_response},
    },
};
use serde_json::value::RawValue;
use std::{panic::AssertUnwindSafe, time::Instant};
use tokio::task::yield_now;
use tracing::{Instrument, Span};

/// The work on a message; `None` if it has only notifications, which are not answered.
pub type Work = BoxFuture<'static, Option<Answer>>;

/// Entries of a batch that are processed before the task yields: a batch of calls that never wait would otherwise be
/// one long piece of work, and one on every connection would delay everybody's calls.
const ENTRIES_AT_A_TURN: usize = 8;

/// Whether a message is a batch.
pub fn is_batch(text: &str) -> bool {
    text.trim_ascii_start().starts_with('[')
}

/// Calls the methods.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    methods: Methods,
}

impl Dispatcher {
    /// A dispatcher for these methods.
    pub fn new(methods: impl Into<Methods>) -> Self {
        Self { methods: methods.into() }
    }

    /// Processes a message that is not a batch.
    pub fn single(&self, text: &str, source: &Source) -> Work {
        match Incoming::read(text) {
            Incoming::Call(request) => Box::pin(self.call(request, source).map(Some)),
            Incoming::Notification => Box::pin(ready(None)),
            Incoming::Invalid(id, code) => {
                Box::pin(ready(Some(Answer::to_call(id, MethodResponse::error(Id::Null, code)))))
            }
        }
    }

    /// Processes a batch, one entry after the other, so that the effects of an entry hold for the later ones.
    pub async fn batch(self, text: impl AsRef<str>, source: Source) -> Option<Answer> {
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(text.as_ref()) else {
            return Some(Answer::error(ErrorCode::ParseError.into()));
        };
        if entries.is_empty() {
            return Some(Answer::error(ErrorCode::InvalidRequest.into()));
        }
        if entries.len() > BATCH_ENTRIES {
            return Some(Answer::error(reject_too_big_batch_request(BATCH_ENTRIES)));
        }
        let source = Source { in_batch: true, ..source };
        let mut answers = String::from("[");
        for (number, entry) in entries.into_iter().enumerate() {
            if number > 0 && number % ENTRIES_AT_A_TURN == 0 {
                yield_now().await;
            }
            let Some(answer) = self.single(entry.get(), &source).await else { continue };
            if answers.len() + answer.bytes() >= ANSWER_BYTES {
                return Some(Answer::error(reject_too_big_batch_response(ANSWER_BYTES)));
            }
            if answers.len() > 1 {
                answers.push(',');
            }
            answers.push_str(&answer.into_json());
        }
        answers.push(']');
        (answers.len() > "[]".len()).then(|| Answer::to_batch(answers))
    }

    fn call(&self, request: Request<'_>, source: &Source) -> impl Future<Output = Answer> + Send + 'static {
        let started = Instant::now();
        let span = span(&request, source);
        let found = self.methods.method_with_name(&request.method);
        let name = found.map(|(name, _)| name);
        let work = match found {
            Some((_, MethodCallback::Async(method))) => {
                let params = Params::new(request.params.map(RawValue::get)).into_owned();
                let mut extensions = Extensions::new();
                extensions.insert(source.clone());
                span.in_scope(|| method(Id::Null, params, ConnectionId(0), ANSWER_BYTES, extensions))
            }
            // The registry makes only these two kinds.
            _ => Box::pin(ready(MethodResponse::error(Id::Null, ErrorCode::MethodNotFound))),
        };
        let id = request.id;
        async move {
            // A panic must not end the task of a connection, which processes other calls as well.
            let worked = AssertUnwindSafe(work).catch_unwind().instrument(span.clone()).await;
            let response = worked.unwrap_or_else(|_| {
                let error = span.in_scope(|| ErrorObjectOwned::from(Error::Internal("a method panicked".into())));
                MethodResponse::error(Id::Null, error)
            });
            let (error, took) = (response.as_error_code().map(outcome), started.elapsed());
            meters().answered(name, error, took);
            tracing::debug!(
                parent: &span,
                outcome = error.unwrap_or("ok"),
                duration_us = took.as_micros(),
                "answered"
            );
            Answer::to_call(id, response)
        }
    }
}

/// The fields of every line that a call logs. They are set all at once, because each later record formats the span
/// again.
fn span(request: &Request<'_>, source: &Source) -> Span {
    let caller = caller_of(&source.connection).ok();
    tracing::info_span!(
        "call",
        trace = %source.trace.unwrap_or_else(TraceId::random),
        method = %request.method,
        connection = source.connection.id,
        user = caller.map(|caller| tracing::field::display(caller.user)),
        session = caller.map(|caller| tracing::field::display(caller.session)),
        key = source.connection.key().map(tracing::field::display),
    )
}
