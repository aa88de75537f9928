//! The listener: accepts sockets, routes requests, stops cleanly.

use super::{
    bind::BACKLOG,
    client_address::ClientAddresses,
    cookie::CookieSettings,
    guarded_io::GuardedIo,
    http::refusal,
    open_connections::{OpenConnection, OpenConnections},
    origins::Origins,
    pages::Pages,
    service::ServiceEndpoint,
    websocket::{is_wanted, upgrade},
};
use crate::{
    account::Accounts,
    live::{Close, Connection},
    notices::Notices,
    rpc::{Rates, dispatch::Dispatcher},
    settings::Environment,
};
use dashmap::DashMap;
use futures_util::future::Either;
use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::server::HttpResponse;
use std::{
    convert::Infallible,
    io,
    net::IpAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

/// The largest head of a request, in bytes: room for any cookie and token.
const HEAD_BYTES: usize = 64 * 1024;
/// The interval at which open WebSockets are checked.
const SWEEP: Duration = Duration::from_secs(1);
/// How WebSockets are closed when the server stops.
pub(super) const STOPPING: Close = Close { code: 1001, reason: "the server stops" };
/// How long calls in flight may take to answer when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// The number of kinds of failures that clients can cause.
const LOGGED_FAILURES: usize = 8;

/// Browsers that were served over https come back over https only, for a year (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Non-HTML responses load nothing, send nothing and cannot be framed, should a browser take one for a page.
const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// The endpoints of a listener.
pub struct Endpoints {
    /// `/rpc`.
    pub rpc: Option<Dispatcher>,
    /// `/service`.
    pub service: Option<ServiceEndpoint>,
    /// Everything else.
    pub pages: Pages,
    /// The number of connections that it may hold open.
    pub places: usize,
}

/// The settings of the listener.
#[derive(Clone)]
pub struct ServerSettings {
    /// In production a proxy terminates https, and browsers are instructed to use nothing else.
    pub environment: Environment,
    /// The origins whose pages may call.
    pub origins: Arc<Origins>,
    /// How long a client may take to send a request's head, and how long an idle connection is kept.
    pub http_idle: Duration,
    /// Open WebSockets from one client address.
    pub sockets_per_address: usize,
    /// Open connections of any kind from one client address.
    pub connections_per_address: usize,
    /// The rates that refused credentials count against.
    pub rates: Arc<Rates>,
    /// How the cookies are written.
    pub cookies: CookieSettings,
    /// Finds the client's address behind trusted proxies.
    pub client_addresses: Arc<ClientAddresses>,
}

/// A listener that is bound but does not accept yet.
pub struct Server {
    listener: TcpListener,
    node: Arc<Node>,
    cors: CorsLayer,
}

/// The state that all connections share.
pub struct Node {
    pub accounts: Arc<Accounts>,
    pub cookies: CookieSettings,
    pub environment: Environment,
    pub origins: Arc<Origins>,
    pub client_addresses: Arc<ClientAddresses>,
    pub http_idle: Duration,
    endpoints: Endpoints,
    /// Every open WebSocket.
    pub connections: DashMap<u64, Arc<Connection>>,
    /// The number of WebSockets of each client.
    pub sockets: OpenConnections,
    /// The number of connections of any kind of each client.
    peers: OpenConnections,
    pub rates: Arc<Rates>,
    /// Rate-limited log lines about failures that clients can cause.
    notices: Notices<&'static str>,
    pub next_connection: AtomicU64,
}

impl Server {
    /// Starts to listen at the address that `socket` is bound to.
    pub fn new(
        socket: TcpSocket,
        accounts: Arc<Accounts>,
        endpoints: Endpoints,
        settings: ServerSettings,
    ) -> io::Result<Self> {
        let listener = socket.listen(BACKLOG)?;
        let cors = settings.origins.cors();
        let node = Node {
            accounts,
            cookies: settings.cookies,
            environment: settings.environment,
            origins: settings.origins,
            client_addresses: settings.client_addresses,
            http_idle: settings.http_idle,
            endpoints,
            connections: DashMap::new(),
            sockets: OpenConnections::new(settings.sockets_per_address),
            peers: OpenConnections::new(settings.connections_per_address),
            rates: settings.rates,
            notices: Notices::new(LOGGED_FAILURES),
            next_connection: AtomicU64::new(1),
        };
        Ok(Self { listener, node: Arc::new(node), cors })
    }

    /// Serves until `stop`, then lets calls in flight answer and closes every socket.
    pub async fn run(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.node.endpoints.places));
        let tasks = TaskTracker::new();
        let cut = CancellationToken::new();
        let mut sweeps = tokio::time::interval(SWEEP);
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                _ = sweeps.tick() => {
                    self.node.sweep();
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Most likely the process is out of file descriptors: some become free when connections close.
                    if let Some(times) = self.node.notices.record("accept") {
                        tracing::warn!(%error, times, "connections could not be accepted");
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // There is no room: the connection is closed at once, without a task.
            let Ok(place) = places.clone().try_acquire_owned() else {
                if let Some(times) = self.node.notices.record("places") {
                    tracing::warn!(times, "connections were closed at once: there is room for no more");
                }
                continue;
            };
            let Some(place) = self.node.admit(peer.ip()).map(|peer| (place, peer)) else { continue };
            let served =
                serve(self.node.clone(), self.cors.clone(), socket, peer.ip(), tasks.clone(), place, stop.clone());
            let cut = cut.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = served => {}
                    () = cut.cancelled() => {}
                }
            });
        }
        drop(self.listener);
        self.node.accounts.hub.stopping().cancel();
        for connection in &self.node.connections {
            connection.close(STOPPING.code, STOPPING.reason);
        }
        tasks.close();
        let deadline = Instant::now() + STOP_GRACE;
        loop {
            tokio::select! {
                () = tasks.wait() => return,
                _ = sweeps.tick() => self.node.sweep(),
                () = tokio::time::sleep_until(deadline) => break,
            }
        }
        tracing::warn!("some connections did not close in time and were cut");
        for connection in &self.node.connections {
            connection.kill();
        }
        cut.cancel();
        tasks.wait().await;
    }
}

impl Node {
    /// Answers a request of `peer` by its path. `open` is kept for as long as a WebSocket that the request opens.
    async fn answer<T: Send + 'static>(
        self: &Arc<Self>,
        peer: IpAddr,
        request: Request<Incoming>,
        open: T,
    ) -> HttpResponse {
        let client = || self.client_addresses.of(peer, request.headers());
        let (path, Endpoints { rpc, service, pages, .. }) = (request.uri().path(), &self.endpoints);
        // Boxed, except for calls over HTTP, so that the state of rare requests does not enlarge every call's future.
        match (path, rpc, service) {
            ("/rpc", Some(dispatcher), _) => match *request.method() {
                Method::POST => {
                    let client = client();
                    self.call(dispatcher, client, request).await
                }
                Method::GET if is_wanted(request.headers()) => {
                    let client = client();
                    Box::pin(upgrade(self, dispatcher, client, request, open)).await
                }
                Method::GET => refusal(StatusCode::UPGRADE_REQUIRED, "POST a call, or open a WebSocket"),
                _ => refusal(StatusCode::METHOD_NOT_ALLOWED, "POST a call, or open a WebSocket"),
            },
            (_, _, Some(service)) if path.starts_with("/service/") => {
                let client = client();
                Box::pin(service.answer(self, client, request, open)).await
            }
            _ => Box::pin(pages.answer(request, peer)).await,
        }
    }

    /// A place for a connection of `peer`, if it may have one more. Connections of a trusted proxy are its clients' and
    /// are not counted.
    fn admit(&self, peer: IpAddr) -> Option<Option<OpenConnection>> {
        if self.client_addresses.is_trusted(peer) { Some(None) } else { self.peers.open(peer).map(Some) }
    }

    /// Checks the open WebSockets, once a second: no socket has timers of its own.
    fn sweep(&self) {
        for connection in &self.connections {
            connection.sweep();
        }
    }

    /// Sets the security headers of every response; those of `/rpc` are never cached.
    fn protect(&self, response: &mut HttpResponse, is_rpc: bool) {
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_PAGE);
        if is_rpc {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if self.environment == Environment::Production {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// Serves one connection: HTTP requests one after the other, or a WebSocket.
async fn serve<P: Send + Sync + 'static>(
    node: Arc<Node>,
    cors: CorsLayer,
    socket: TcpStream,
    peer: IpAddr,
    tasks: TaskTracker,
    place: P,
    stop: CancellationToken,
) {
    let _ = socket.set_nodelay(true);
    let (http_idle, origins, serves_rpc) = (node.http_idle, node.origins.clone(), node.endpoints.rpc.is_some());
    // Kept by the connection and by the WebSocket that it may become.
    let open = Arc::new((place, tasks.token()));
    let io = TokioIo::new(GuardedIo::new(socket));
    let answer = move |request: Request<Incoming>| {
        let (node, open) = (node.clone(), open.clone());
        async move {
            let is_rpc = matches!(request.uri().path(), "/rpc" | "/service/rpc");
            let mut response = node.answer(peer, request, open).await;
            node.protect(&mut response, is_rpc);
            Ok::<HttpResponse, Infallible>(response)
        }
    };
    let across_origins = cors.layer(service_fn(answer.clone()));
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        // Pages of other origins may call `/rpc`; other resources set their own header. Answers to calls are never
        // cached, so one that does not go to a page needs no `Vary`.
        let across = serves_rpc
            && request.uri().path() == "/rpc"
            && (request.method() != Method::POST || request.headers().contains_key(header::ORIGIN));
        if !across {
            return Either::Left(answer(request));
        }
        origins.log_refused(request.headers());
        Either::Right(across_origins.clone().oneshot(request))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(http_idle)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(io, service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
