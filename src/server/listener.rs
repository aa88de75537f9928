//! The listener: accepts sockets, routes requests, stops cleanly.

use super::{
    bind::BACKLOG,
    client::client_address,
    cookie::CookieSettings,
    guarded_io::GuardedIo,
    http::refusal,
    open_sockets::OpenSockets,
    pages::Pages,
    websocket::{is_wanted, upgrade},
};
use crate::{
    account::Accounts,
    limits::SOCKETS,
    live::{Close, Connection},
    rpc::dispatch::Dispatcher,
    settings::Environment,
};
use dashmap::DashMap;
use futures_util::future::Either;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
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
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The largest head of a request, in bytes: room for any cookie and token.
const HEAD_BYTES: usize = 64 * 1024;
/// How often open WebSockets are looked after.
const SWEEP: Duration = Duration::from_secs(1);
/// How WebSockets are closed when the server stops.
pub(super) const STOPPING: Close = Close { code: 1001, reason: "the server stops" };
/// How long calls in flight may take to answer when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// How long a browser may remember what is allowed to another origin.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);

/// Browsers that came over https once come back over nothing else, for a year (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What is no page loads nothing, sends nothing and stands in no frame, should a browser take it for one.
const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// What the listener needs to know.
pub struct ServerSettings {
    /// In production a proxy serves https, and browsers are told to keep to it.
    pub environment: Environment,
    /// Origins whose pages may call.
    pub allowed_origins: Vec<String>,
    /// How long a client may take to send a request's head, and an idle connection is kept.
    pub http_idle: Duration,
    /// Open sockets from one client address.
    pub sockets_per_address: usize,
    /// How the session cookie is written.
    pub cookie: CookieSettings,
    /// Whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// A listener that is bound but does not accept yet.
pub struct Server {
    listener: TcpListener,
    node: Arc<Node>,
    cors: CorsLayer,
}

/// What every connection shares.
pub struct Node {
    pub accounts: Arc<Accounts>,
    pub cookie: CookieSettings,
    pub environment: Environment,
    pub allowed_origins: Arc<[String]>,
    pub trusted_proxies: Vec<IpNet>,
    pub http_idle: Duration,
    pub pages: Pages,
    pub dispatcher: Dispatcher,
    /// Every open WebSocket.
    pub connections: DashMap<u64, Arc<Connection>>,
    pub sockets: OpenSockets,
    pub next_connection: AtomicU64,
}

impl Server {
    /// Begins to listen at the address that `socket` has taken.
    pub fn new(
        socket: TcpSocket,
        accounts: Arc<Accounts>,
        dispatcher: Dispatcher,
        pages: Pages,
        settings: ServerSettings,
    ) -> io::Result<Self> {
        let listener = socket.listen(BACKLOG)?;
        let allowed_origins: Arc<[String]> = settings.allowed_origins.into();
        let cors = cors(allowed_origins.clone());
        let node = Node {
            accounts,
            cookie: settings.cookie,
            environment: settings.environment,
            allowed_origins,
            trusted_proxies: settings.trusted_proxies,
            http_idle: settings.http_idle,
            pages,
            dispatcher,
            connections: DashMap::new(),
            sockets: OpenSockets::new(settings.sockets_per_address),
            next_connection: AtomicU64::new(1),
        };
        Ok(Self { listener, node: Arc::new(node), cors })
    }

    /// Serves until `stop`, then lets calls in flight answer and closes every socket.
    pub async fn run(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(SOCKETS));
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
                    // Out of files, most likely: there will be some when others close.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // No place: closed at once, without a task.
            let Ok(place) = places.clone().try_acquire_owned() else { continue };
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
    /// Whether a request says that it comes from a page of an allowed origin.
    pub fn is_origin_allowed(&self, headers: &HeaderMap) -> bool {
        headers.get(header::ORIGIN).is_some_and(|origin| is_listed(&self.allowed_origins, origin))
    }

    /// Looks after the open WebSockets, once a second: no socket has timers of its own.
    fn sweep(&self) {
        for connection in &self.connections {
            connection.sweep();
        }
    }

    /// What every answer says for the security of browsers; those of `/rpc` are never kept in a cache.
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

fn is_listed(allowed: &[String], origin: &HeaderValue) -> bool {
    allowed.iter().any(|allowed| allowed.as_bytes() == origin)
}

fn cors(allowed: Arc<[String]>) -> CorsLayer {
    // By a predicate, because a list would be copied for every request.
    let origin = AllowOrigin::predicate(move |origin, _| is_listed(&allowed, origin));
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .allow_credentials(true)
        .max_age(PREFLIGHT_AGE)
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
    let http_idle = node.http_idle;
    // Kept by the connection and by the WebSocket that it may become.
    let open = Arc::new((place, tasks.token()));
    let io = TokioIo::new(GuardedIo::new(socket));
    let answer = move |request: Request<Incoming>| {
        let (node, open) = (node.clone(), open.clone());
        async move {
            let client = client_address(peer, request.headers(), &node.trusted_proxies);
            let is_rpc = request.uri().path() == "/rpc";
            let mut response = match (request.uri().path(), request.method()) {
                ("/rpc", &Method::POST) => node.call(client, request).await,
                // In a box, like the plain routes: what is rare must not be carried about by every call.
                ("/rpc", &Method::GET) if is_wanted(request.headers()) => {
                    Box::pin(upgrade(&node, client, request, open)).await
                }
                ("/rpc", &Method::GET) => refusal(StatusCode::UPGRADE_REQUIRED, "POST a call, or open a WebSocket"),
                ("/rpc", _) => refusal(StatusCode::METHOD_NOT_ALLOWED, "POST a call, or open a WebSocket"),
                _ => Box::pin(node.pages.answer(&request, peer)).await,
            };
            node.protect(&mut response, is_rpc);
            Ok::<HttpResponse, Infallible>(response)
        }
    };
    let across_origins = cors.layer(service_fn(answer.clone()));
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        // No cache keeps the answer to a call, so one that goes to no page need not say what pages it depends on.
        let is_call = request.method() == Method::POST && request.uri().path() == "/rpc";
        if is_call && !request.headers().contains_key(header::ORIGIN) {
            return Either::Left(answer(request));
        }
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
