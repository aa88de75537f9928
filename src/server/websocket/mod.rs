//! A WebSocket from its handshake to its end.

mod boundary;
mod handshake;
mod task;
mod waiting_bytes;

pub use handshake::{answer, is_wanted};

use super::{
    client::{Credential, user_agent},
    guarded_io::GuardedIo,
    http::{foreign_origin, refusal},
    listener::{Node, STOPPING},
    open_connections::OpenConnection,
    origins::Origin,
};
use crate::{
    account::Error,
    domain::session::CredentialFault,
    live::{Connection, Socket},
    meters::meters,
    rpc::{dispatch::Dispatcher, source::Source, trace::TraceId},
};
use http::{Request, StatusCode, header};
use hyper::{
    body::Incoming,
    upgrade::{OnUpgrade, Parts},
};
use hyper_util::rt::TokioIo;
use jsonrpsee::server::HttpResponse;
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};
use task::WebSocketTask;
use tokio::net::TcpStream;

/// Unregisters a connection everywhere when it is dropped.
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

/// A WebSocket whose handshake is not answered yet. Dropping it undoes everything.
pub struct Opening {
    response: HttpResponse,
    /// The connection that it becomes.
    pub connection: Arc<Connection>,
    socket: Arc<Socket>,
    upgraded: OnUpgrade,
    trace: Option<TraceId>,
    leave: LeaveOnDrop,
    place: OpenConnection,
}

/// Counts the socket of a handshake that `response` will answer; `None` if the address has too many open.
pub fn begin(
    node: &Arc<Node>,
    peer: IpAddr,
    request: &mut Request<Incoming>,
    response: HttpResponse,
) -> Option<Opening> {
    let place = node.sockets.open(peer)?;
    let socket = Arc::new(Socket::default());
    let id = node.next_connection.fetch_add(1, Ordering::Relaxed);
    let connection = Arc::new(Connection::new(id, peer, user_agent(request.headers()), Some(socket.clone())));
    // Created first, since a client that gives up drops this call at any await.
    let leave = LeaveOnDrop::new(node, &connection);
    let trace = TraceId::of(request.headers());
    let upgraded = hyper::upgrade::on(request);
    Some(Opening { response, connection, socket, upgraded, trace, leave, place })
}

/// The refusal of a handshake of an address that has too many sockets open.
pub fn too_many() -> HttpResponse {
    refusal(StatusCode::TOO_MANY_REQUESTS, "too many sockets are open from this address")
}

impl Opening {
    /// Answers the handshake and serves the socket. `open` is kept for as long as the socket.
    pub fn open<T: Send + 'static>(self, node: &Node, dispatcher: Dispatcher, open: T) -> HttpResponse {
        let Self { response, connection, socket, upgraded, trace, leave, place } = self;
        node.connections.insert(connection.id, connection.clone());
        // A stop that began in the meantime has closed the other connections already.
        if node.accounts.hub.stopping().is_cancelled() {
            connection.close(STOPPING.code, STOPPING.reason);
        }
        let source = Source { connection, http: None, trace, in_batch: false };
        tokio::spawn(async move {
            let _open = (leave, place, open);
            // Boxed, so that the handshake's state is not kept for as long as the socket.
            let Some((tcp, early)) = Box::pin(taken_over(upgraded)).await else { return };
            let (read, write) = tcp.into_split();
            socket.open(write);
            WebSocketTask::new(socket, read, early, dispatcher, source).await;
        });
        response
    }
}

/// Answers a handshake at `/rpc`. `open` is kept for as long as the socket.
pub async fn upgrade<T: Send + 'static>(
    node: &Arc<Node>,
    dispatcher: &Dispatcher,
    peer: IpAddr,
    mut request: Request<Incoming>,
    open: T,
) -> HttpResponse {
    let response = match answer(&request) {
        Ok(response) => response,
        Err(refused) => return refused.into(),
    };
    // Whatever credential it carries: a foreign page must not use its visitor's network.
    if node.origins.of(request.headers()) == Origin::Foreign {
        return foreign_origin();
    }
    let Ok(credential) = Credential::of(request.headers(), node) else { return foreign_origin() };
    let caller = match credential {
        Credential::None | Credential::BadCookie => None,
        Credential::Bearer(caller) | Credential::Cookie(caller) => Some(caller),
        Credential::BadBearer(fault) => {
            if fault == CredentialFault::Invalid && node.rates.refused(peer).is_err() {
                return refusal(StatusCode::TOO_MANY_REQUESTS, "too many credentials were refused; try again later");
            }
            return refusal(StatusCode::UNAUTHORIZED, "the credential is not valid");
        }
    };
    let by_cookie = matches!(credential, Credential::Cookie(_));
    let mut clears_cookie = credential == Credential::BadCookie;
    let Some(mut opening) = begin(node, peer, &mut request, response) else { return too_many() };
    let connection = &opening.connection;
    if let Some(caller) = caller {
        if node.rates.count_handshake(caller).is_err() {
            return refusal(StatusCode::TOO_MANY_REQUESTS, "this user calls too often; try again later");
        }
        match node.accounts.authenticate(connection, caller).await {
            Ok(_) if by_cookie => connection.mark_bound_by_cookie(),
            Ok(_) => {}
            Err(Error::LimitReached(_)) => {
                return refusal(StatusCode::TOO_MANY_REQUESTS, "too many sockets are open for this user");
            }
            Err(Error::Unavailable { .. } | Error::Internal(_)) => {
                return refusal(StatusCode::SERVICE_UNAVAILABLE, "the session cannot be checked at the moment");
            }
            // Browsers send cookies with every request: that of an ended session must not keep a page from connecting.
            Err(refused) if by_cookie => clears_cookie = refused.means_dead_cookie(),
            Err(_) => return refusal(StatusCode::UNAUTHORIZED, "the session has ended"),
        }
    }
    if clears_cookie {
        opening.response.headers_mut().append(header::SET_COOKIE, node.cookies.session.clear());
    }
    opening.open(node, dispatcher.clone(), open)
}

/// The connection once the handshake is answered, and the bytes that have arrived already.
async fn taken_over(upgraded: OnUpgrade) -> Option<(TcpStream, Vec<u8>)> {
    let upgraded = upgraded.await.ok()?;
    let Parts { io, read_buf, .. } = upgraded.downcast::<TokioIo<GuardedIo<TcpStream>>>().ok()?;
    // Copied, because `read_buf` is hyper's buffer of 8 KiB.
    Some((io.into_inner().into_inner(), read_buf.to_vec()))
}
