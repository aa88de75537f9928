//! A WebSocket from its handshake to its end.

use super::{
    client::{Credential, ForeignOrigin, user_agent},
    guard::Guard,
    guarded_io::SocketControl,
    listener::Node,
};
use crate::{
    account::Error,
    live::{Connection, Socket},
    meters::meters,
    rpc::trace::TraceId,
};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use jsonrpsee::{
    core::middleware::RpcServiceBuilder,
    server::{HttpBody, HttpResponse, ServerHandle, stop_channel},
};
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};
use tower::Service;

/// An open WebSocket: jsonrpsee's own stop channel, one per connection, ends just this one.
struct WebSocket {
    stop: ServerHandle,
    control: Arc<SocketControl>,
}

impl Socket for WebSocket {
    fn stop(&self) {
        // An error says that it has stopped.
        let _ = self.stop.stop();
    }

    fn kill(&self) {
        self.control.kill();
    }
}

/// Takes a connection out of everything that knows it.
struct LeaveOnDrop {
    node: Arc<Node>,
    connection: Arc<Connection>,
}

impl LeaveOnDrop {
    fn new(node: &Arc<Node>, connection: &Arc<Connection>) -> Self {
        meters().open_sockets.increment(1.0);
        Self { node: node.clone(), connection: connection.clone() }
    }
}

impl Drop for LeaveOnDrop {
    fn drop(&mut self) {
        meters().open_sockets.decrement(1.0);
        self.node.connections.remove(&self.connection.id);
        self.node.accounts.hub.close(&self.connection);
    }
}

/// Answers a handshake. `open` is kept for as long as the socket is.
pub async fn upgrade<T: Send + 'static>(
    node: &Arc<Node>,
    control: &Arc<SocketControl>,
    peer: IpAddr,
    mut request: Request<Incoming>,
    open: T,
) -> HttpResponse {
    let caller = match Credential::of(request.headers(), node) {
        Ok(Credential::None) => None,
        Ok(Credential::Bearer(caller) | Credential::Cookie(caller)) => Some(caller),
        Ok(Credential::BadBearer(_) | Credential::BadCookie) => {
            return refusal(StatusCode::UNAUTHORIZED, "the credential is not valid");
        }
        Err(ForeignOrigin) => return foreign_origin(),
    };
    let Some(place) = node.sockets.open(peer) else {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "too many sockets are open from this address");
    };
    let (stop_handle, stop) = stop_channel();
    let socket = WebSocket { stop, control: control.clone() };
    let id = node.next_connection.fetch_add(1, Ordering::Relaxed);
    let connection = Arc::new(Connection::new(id, peer, user_agent(request.headers()), Some(Box::new(socket))));
    // Whatever becomes of the handshake: a client that gives up drops this call at any await.
    let leave = LeaveOnDrop::new(node, &connection);
    if let Some(caller) = caller
        && let Err(error) = node.accounts.authenticate(&connection, caller).await
    {
        return match error {
            Error::LimitReached(_) => refusal(StatusCode::TOO_MANY_REQUESTS, "too many sockets are open for this user"),
            Error::Unavailable { .. } | Error::Internal(_) => {
                refusal(StatusCode::SERVICE_UNAVAILABLE, "the session cannot be checked at the moment")
            }
            _ => refusal(StatusCode::UNAUTHORIZED, "the session has ended"),
        };
    }
    node.connections.insert(id, connection.clone());
    // A stop that began meanwhile has gone through the connections already.
    if node.accounts.hub.stopping().is_cancelled() {
        connection.stop();
    }
    let trace = TraceId::of(request.headers());
    let extensions = request.extensions_mut();
    extensions.insert(connection.clone());
    trace.map(|trace| extensions.insert(trace));
    let (rules, control) = (node.rules.clone(), control.clone());
    let guard =
        RpcServiceBuilder::new().layer_fn(move |service| Guard::new(service, Some(control.clone()), rules.clone()));
    let mut service = node.json_rpc.clone().set_rpc_middleware(guard).build(node.methods.clone(), stop_handle);
    let closed = service.on_session_closed();
    tokio::spawn(async move {
        closed.await;
        drop((leave, place, open));
    });
    match service.call(request).await {
        // jsonrpsee answers 200 to a handshake that it does not understand.
        Ok(response) if response.status() != StatusCode::SWITCHING_PROTOCOLS => {
            refusal(StatusCode::BAD_REQUEST, "this is no WebSocket handshake (RFC 6455)")
        }
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "a handshake failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "the handshake failed")
        }
    }
}

/// A request that carries the cookie from a page that may not use it.
pub fn foreign_origin() -> HttpResponse {
    refusal(StatusCode::FORBIDDEN, "the cookie counts for pages of allowed origins only")
}

/// A refused request, in plain text.
pub fn refusal(status: StatusCode, why: &'static str) -> HttpResponse {
    let mut response = Response::new(HttpBody::from(why));
    *response.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
