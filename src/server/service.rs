//! `MARBELLE_SERVICE_LISTEN`: a listener for what is not for the world. Today that is `/metrics`, whose counts of letters
//! and calls tell a stranger who compares them whether an address has an account.

use super::{bind::BACKLOG, pages::metrics};
use crate::{account::Accounts, notices::Notices};
use http::{Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::server::HttpResponse;
use std::{convert::Infallible, io, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Open connections: enough for every Prometheus there is.
const CONNECTIONS: usize = 64;
/// How long a request's head may take, and an idle connection is kept; longer than the usual pause between two scrapes.
const IDLE: Duration = Duration::from_secs(75);

/// A listener that is bound but does not accept yet.
pub struct ServiceServer {
    listener: TcpListener,
    accounts: Arc<Accounts>,
}

impl ServiceServer {
    /// Begins to listen at the address that `socket` has taken.
    pub fn new(socket: TcpSocket, accounts: Arc<Accounts>) -> io::Result<Self> {
        Ok(Self { listener: socket.listen(BACKLOG)?, accounts })
    }

    /// Serves until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let connections = TaskTracker::new();
        let failures = Notices::new(1);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    if let Some(times) = failures.note(()) {
                        tracing::warn!(%error, times, "connections to the service listener could not be accepted");
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // No place: closed at once.
            let Ok(place) = places.clone().try_acquire_owned() else { continue };
            let (accounts, stop) = (self.accounts.clone(), stop.clone());
            connections.spawn(async move {
                let service = service_fn(|request: Request<Incoming>| {
                    let response = answer(&accounts, &request);
                    async { Ok::<_, Infallible>(response) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(IDLE)
                    .serve_connection(TokioIo::new(socket), service);
                tokio::select! {
                    _ = connection => {}
                    // Prometheus asks again.
                    () = stop.cancelled() => {}
                }
                drop(place);
            });
        }
        connections.close();
        connections.wait().await;
    }
}

fn answer(accounts: &Accounts, request: &Request<Incoming>) -> HttpResponse {
    let (status, allow) = match (request.uri().path(), request.method()) {
        ("/metrics", &Method::GET | &Method::HEAD) => return metrics(accounts),
        ("/metrics", _) => (StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD")),
        _ => (StatusCode::NOT_FOUND, None),
    };
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain; charset=utf-8");
    if let Some(allow) = allow {
        response = response.header(header::ALLOW, allow);
    }
    let text = if allow.is_some() { "GET only\n" } else { "not found\n" };
    response.body(text.into()).unwrap_or_default()
}
