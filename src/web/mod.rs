//! The plain HTTP routes beside `/rpc` (contract §1).

use crate::{account::Accounts, meters::meters, rpc::spec};
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use jsonrpsee::server::{HttpBody, HttpResponse};
use std::{sync::Arc, time::Duration};

/// How long the database may take to show that it is there.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

/// Answers the plain routes.
pub struct Web {
    accounts: Arc<Accounts>,
    openrpc: String,
    keys: String,
}

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

impl Web {
    /// Renders what does not change.
    pub fn new(accounts: Arc<Accounts>) -> Self {
        let keys = accounts.access_tokens.jwks().to_string();
        Self { accounts, openrpc: spec::document().to_string(), keys }
    }

    /// Answers a request to anything but `/rpc`.
    pub async fn answer(&self, request: &Request<Incoming>) -> HttpResponse {
        let path = request.uri().path();
        if !matches!(path, "/healthz" | "/readyz" | "/metrics" | "/openrpc.json" | "/.well-known/jwks.json") {
            return response(StatusCode::NOT_FOUND, TEXT, "not found\n");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n");
        }
        match path {
            "/readyz" => self.readiness().await,
            "/metrics" => self.metrics(),
            "/openrpc.json" => response(StatusCode::OK, JSON, self.openrpc.clone()),
            "/.well-known/jwks.json" => response(StatusCode::OK, JSON, self.keys.clone()),
            _ => response(StatusCode::OK, TEXT, "ok\n"),
        }
    }

    fn metrics(&self) -> HttpResponse {
        self.accounts.measure_now();
        response(StatusCode::OK, PROMETHEUS, meters().render())
    }

    async fn readiness(&self) -> HttpResponse {
        let (database, bus) = tokio::join!(
            tokio::time::timeout(READINESS_LIMIT, self.accounts.store.ping()),
            self.accounts.hub.check_bus(),
        );
        let mut silent = String::new();
        if !matches!(database, Ok(Ok(()))) {
            tracing::warn!(?database, "not ready");
            silent.push_str("the database does not answer\n");
        }
        if let Err(error) = bus {
            tracing::warn!(%error, "not ready");
            silent.push_str(&format!("{error}\n"));
        }
        if silent.is_empty() {
            return response(StatusCode::OK, TEXT, "ready\n");
        }
        response(StatusCode::SERVICE_UNAVAILABLE, TEXT, silent)
    }
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<HttpBody>) -> HttpResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}
