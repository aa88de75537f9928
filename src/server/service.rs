//! The endpoint of other services and operators: `/service/rpc` by service key, and its specification
//! (docs/protocol.md, "Service keys").

use super::{
    client::{bearer, user_agent},
    http::{NO_ANSWER, read_message, refusal},
    listener::Node,
    origins::Origins,
    pages::Specification,
    websocket::{Opening, answer, begin, is_wanted, too_many},
};
use crate::{
    account::Error,
    domain::session::CredentialFault,
    live::{Connection, Identity},
    rpc::{
        dispatch::{Dispatcher, is_batch},
        source::Source,
        trace::TraceId,
    },
};
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use jsonrpsee::server::{HttpResponse, http::response::ok_response};
use serde_json::value::RawValue;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering},
};

/// `/service` of a listener.
pub struct ServiceEndpoint {
    dispatcher: Dispatcher,
    specification: Specification,
    /// The listener's own origins: a browser may call only from a page that the listener itself served.
    own: Origins,
}

impl ServiceEndpoint {
    /// The endpoint of a listener that is reached at `own`, and at its listen address.
    pub fn new(
        dispatcher: Dispatcher,
        specification: fn() -> &'static RawValue,
        own: String,
        listen: SocketAddr,
    ) -> Self {
        let headers = &[("content-type", "application/json"), ("cache-control", "no-cache")];
        let specification = Specification::new(specification, headers);
        Self { dispatcher, specification, own: Origins::new(vec![own.clone(), format!("http://{listen}")], own) }
    }

    /// Answers a request to a path below `/service`.
    pub(super) async fn answer<T: Send + 'static>(
        &self,
        node: &Arc<Node>,
        client: IpAddr,
        request: Request<Incoming>,
        open: T,
    ) -> HttpResponse {
        if !self.own.is_own_or_absent(request.headers()) {
            return refusal(StatusCode::FORBIDDEN, "pages of other origins may not call the service endpoint");
        }
        match (request.uri().path(), request.method()) {
            ("/service/rpc", &Method::POST) => self.call(node, client, request).await,
            ("/service/rpc", &Method::GET) if is_wanted(request.headers()) => {
                self.upgrade(node, client, request, open).await
            }
            ("/service/rpc", &Method::GET) => refusal(StatusCode::UPGRADE_REQUIRED, "POST a call, or open a WebSocket"),
            ("/service/rpc", _) => refusal(StatusCode::METHOD_NOT_ALLOWED, "POST a call, or open a WebSocket"),
            ("/service/openrpc.json", &Method::GET | &Method::HEAD) => self.specification.answer(request.headers()),
            ("/service/openrpc.json", _) => refusal(StatusCode::METHOD_NOT_ALLOWED, "GET only"),
            _ => refusal(StatusCode::NOT_FOUND, "not found"),
        }
    }

    async fn call(&self, node: &Node, client: IpAddr, request: Request<Incoming>) -> HttpResponse {
        let (headers, text) = match read_message(request).await {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        let id = node.next_connection.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::new(id, client, user_agent(&headers), None).identified(identity(&headers, node));
        let source =
            Source { connection: Arc::new(connection), http: None, trace: TraceId::of(&headers), in_batch: false };
        let answer = if is_batch(&text) {
            self.dispatcher.clone().batch(text, source).await
        } else {
            self.dispatcher.single(&text, &source).await
        };
        ok_response(answer.map_or(NO_ANSWER.to_owned(), |answer| answer.into_json()))
    }

    async fn upgrade<T: Send + 'static>(
        &self,
        node: &Arc<Node>,
        client: IpAddr,
        mut request: Request<Incoming>,
        open: T,
    ) -> HttpResponse {
        let response = match answer(&request) {
            Ok(response) => response,
            Err(refused) => return refused.into(),
        };
        let Some(opening) = begin(node, client, &mut request, response) else { return too_many() };
        let Opening { connection, .. } = &opening;
        let identity = identity(request.headers(), node);
        let found = match identity {
            Identity::Key(credential) => node.accounts.authenticate_key(connection, credential).await,
            other => node.accounts.present_key(other).await.map(drop),
        };
        match found {
            // Unless the key has ended since it was looked up.
            Ok(()) if connection.identify(identity) => opening.open(node, self.dispatcher.clone(), open),
            Err(Error::Unavailable { .. } | Error::Internal(_)) => {
                refusal(StatusCode::SERVICE_UNAVAILABLE, "the service key cannot be checked at the moment")
            }
            Err(Error::Unauthenticated(CredentialFault::Invalid)) if node.rates.refused(client).is_err() => {
                refusal(StatusCode::TOO_MANY_REQUESTS, "too many credentials were refused; try again later")
            }
            _ => refusal(StatusCode::UNAUTHORIZED, "a valid service key is required: Authorization: Bearer"),
        }
    }
}

/// The service key of a request.
fn identity(headers: &HeaderMap, node: &Node) -> Identity {
    match bearer(headers) {
        None => Identity::Anonymous,
        Some(secret) => {
            let credential = node.accounts.credential_of_key(secret);
            credential.map_or(Identity::Refused(CredentialFault::Invalid), Identity::Key)
        }
    }
}
