//! jsonrpsee's middleware: what must happen around every message, single or batch.

use super::guarded_io::SocketControl;
use crate::{
    account::Error,
    limits::ANSWER_BYTES,
    live::Connection,
    meters::meters,
    rpc::{
        error::outcome,
        params::{self, Rules},
        registry::{InBatch, caller_of},
        subscription::{SUBSCRIBE, UNSUBSCRIBE, UnsubscribeParams},
        trace::TraceId,
    },
};
use futures_util::future::Either;
use jsonrpsee::{
    core::{
        middleware::{Batch, BatchEntry, Notification, RpcServiceT},
        server::{BatchResponseBuilder, MethodResponse},
    },
    types::{ErrorObjectOwned, Request},
};
use serde_json::value::to_raw_value;
use std::{
    borrow::Cow,
    future::{Future, ready},
    sync::Arc,
    time::Instant,
};
use tracing::{Instrument, Span};

/// The middleware.
#[derive(Clone)]
pub struct Guard<S> {
    service: S,
    /// Of a WebSocket; HTTP calls come one at a time anyway.
    control: Option<Arc<SocketControl>>,
    rules: Arc<Rules>,
}

/// What a method is called from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Alone,
    InBatch,
}

impl<S> Guard<S> {
    /// Guards a service.
    pub fn new(service: S, control: Option<Arc<SocketControl>>, rules: Arc<Rules>) -> Self {
        Self { service, control, rules }
    }
}

impl<S> Guard<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    /// What is asked is gone before anything is awaited, so that what waits holds little.
    fn one(&self, mut request: Request<'_>, place: Place) -> impl Future<Output = MethodResponse> + Send {
        let connection = request.extensions().get::<Arc<Connection>>().cloned();
        let span = span(&request, connection.as_deref());
        let begun = Instant::now();
        let method = request.method.clone();
        if place == Place::InBatch {
            request.extensions_mut().insert(InBatch);
        }
        let work = span.in_scope(|| {
            let admitted = match connection {
                Some(connection) => self.admit(&mut request, &connection, place),
                None => Err(Error::Internal("a call without a connection".into())),
            };
            match admitted {
                Ok(()) => Either::Left(self.service.call(request)),
                Err(error) => Either::Right(ready(MethodResponse::error(request.id, ErrorObjectOwned::from(error)))),
            }
        });
        async move {
            let response = work.instrument(span.clone()).await;
            let (error, took) = (response.as_error_code().map(outcome), begun.elapsed());
            meters().answered(&method, error, took);
            tracing::debug!(
                parent: &span,
                outcome = error.unwrap_or("ok"),
                duration_us = took.as_micros(),
                "answered"
            );
            response
        }
    }

    /// Waits until the peer has read enough of what it was answered.
    async fn room(&self) {
        if let Some(control) = &self.control {
            control.room().await;
        }
    }

    /// Counts an answer that is about to be queued.
    fn answered(&self, response: &MethodResponse) {
        if let Some(control) = &self.control {
            control.answered(response.as_json().get().len());
        }
    }

    /// Refuses what a subscription cannot be, and hands jsonrpsee the parameters that it wants.
    fn admit(&self, request: &mut Request<'_>, connection: &Connection, place: Place) -> Result<(), Error> {
        let unsubscribes = match &*request.method {
            SUBSCRIBE => false,
            UNSUBSCRIBE => true,
            _ => return Ok(()),
        };
        if !connection.is_socket() {
            return Err(Error::Forbidden("subscriptions need a WebSocket; over HTTP call account.changes"));
        }
        caller_of(connection)?;
        if unsubscribes {
            let raw = request.params.as_ref().map(|params| params.get());
            let params: UnsubscribeParams = params::read(raw, &self.rules).map_err(Error::InvalidParams)?;
            // jsonrpsee's own method reads positional parameters only.
            let positional =
                to_raw_value(&[params.subscription.0]).map_err(|e| Error::Internal(e.to_string().into()))?;
            request.params = Some(Cow::Owned(positional));
            return Ok(());
        }
        if place == Place::InBatch {
            return Err(Error::Forbidden("a subscription cannot be part of a batch"));
        }
        Ok(())
    }
}

/// What every line that a call logs says of it. All at once: what is recorded later is formatted anew.
fn span(request: &Request<'_>, connection: Option<&Connection>) -> Span {
    let caller = connection.and_then(|connection| caller_of(connection).ok());
    tracing::info_span!(
        "call",
        trace = %request.extensions().get::<TraceId>().copied().unwrap_or_else(TraceId::random),
        method = %request.method,
        connection = connection.map(|connection| connection.id),
        user = caller.map(|caller| tracing::field::display(caller.user)),
        session = caller.map(|caller| tracing::field::display(caller.session)),
    )
}

impl<S> RpcServiceT for Guard<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (guard, slot) = (self.clone(), self.control.as_ref().map(SocketControl::begin_call));
        async move {
            guard.room().await;
            let response = guard.one(request, Place::Alone).await;
            guard.answered(&response);
            drop(slot);
            response
        }
    }

    /// The inner service would not bring the entries of a batch here: it is taken apart, in order.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (guard, slot) = (self.clone(), self.control.as_ref().map(SocketControl::begin_call));
        async move {
            // One batch of a socket at a time: their answers are the only large ones.
            let _turn = match &guard.control {
                Some(control) => Some(control.batch_turn().await),
                None => None,
            };
            guard.room().await;
            let mut responses = BatchResponseBuilder::new_with_limit(ANSWER_BYTES as usize);
            let mut notified = false;
            for entry in batch.into_iter() {
                let response = match entry {
                    Ok(BatchEntry::Call(request)) => guard.one(request, Place::InBatch).await,
                    Ok(BatchEntry::Notification(_)) => {
                        notified = true;
                        continue;
                    }
                    Err(refused) => {
                        let (error, id) = refused.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_large) = responses.append(response) {
                    return too_large;
                }
            }
            let response = if responses.is_empty() && notified {
                MethodResponse::notification()
            } else {
                MethodResponse::from_batch(responses.finish())
            };
            guard.answered(&response);
            drop(slot);
            response
        }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }
}
