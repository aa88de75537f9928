//! The plain HTTP routes beside `/rpc` (docs/protocol.md, "Transport"), the account page among them.

mod account_page;
mod dev_mail;
mod file;
mod headers;

use crate::{
    account::Accounts,
    meters::meters,
    settings::{Environment, Settings},
};
use dev_mail::DevMail;
use file::{File, Files};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::{Bytes, Incoming};
use jsonrpsee::server::{HttpBody, HttpResponse};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long the database may take to show that it is there.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// The shop's mark, for tabs and bookmarks.
const ICON: &[u8] = include_bytes!("account_page/icon.svg");

/// Why the plain routes could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be made")]
pub struct PagesError(#[from] askama::Error);

/// Answers the plain routes.
pub struct Pages {
    accounts: Arc<Accounts>,
    openrpc: String,
    keys: String,
    /// The account page and what the pages need.
    files: Files,
    dev_mail: Option<DevMail>,
    /// Whether `/metrics` is served here: in development, where no listener of its own is set.
    metrics: bool,
}

/// What answers.
enum Route<'a> {
    Health,
    Readiness,
    Metrics,
    Json(&'a str),
    File(&'a File),
    Mail(&'a DevMail),
}

impl Pages {
    /// Renders what does not change.
    pub fn new(accounts: Arc<Accounts>, openrpc: String, settings: &Settings) -> Result<Self, PagesError> {
        let keys = accounts.access_tokens.jwks().to_string();
        let mut files = Files::default();
        let dev_mail = DevMail::new(settings, &mut files);
        if settings.account_page {
            account_page::put(&mut files, settings, dev_mail.as_ref().map(|_| dev_mail::PATH))?;
        }
        let metrics = settings.environment == Environment::Development && settings.service_listen.is_none();
        Ok(Self { accounts, openrpc, keys, files, dev_mail, metrics })
    }

    /// Answers a request of `peer` to anything but `/rpc`.
    pub async fn answer(&self, request: &Request<Incoming>, peer: IpAddr) -> HttpResponse {
        let Some(route) = self.route(request.uri().path()) else {
            return response(StatusCode::NOT_FOUND, TEXT, "not found\n");
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n");
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        match route {
            Route::Health => response(StatusCode::OK, TEXT, "ok\n"),
            Route::Readiness => self.readiness().await,
            Route::Metrics => metrics(&self.accounts),
            Route::Json(document) => response(StatusCode::OK, JSON, document.to_owned()),
            Route::File(file) => file.answer(request.headers()),
            Route::Mail(mail) => mail.answer(request.uri(), request.headers(), peer).await,
        }
    }

    fn route(&self, path: &str) -> Option<Route<'_>> {
        Some(match path {
            "/healthz" => Route::Health,
            "/readyz" => Route::Readiness,
            "/metrics" if self.metrics => Route::Metrics,
            "/openrpc.json" => Route::Json(&self.openrpc),
            "/.well-known/jwks.json" => Route::Json(&self.keys),
            _ if dev_mail::is_at(path) => Route::Mail(self.dev_mail.as_ref()?),
            _ => Route::File(self.files.get(path)?),
        })
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

/// What is measured, as Prometheus reads it.
pub(super) fn metrics(accounts: &Accounts) -> HttpResponse {
    accounts.measure_now();
    response(StatusCode::OK, PROMETHEUS, meters().render())
}

/// Puts the icon among `files`, also where browsers look for it unasked, and gives its path.
fn put_icon(files: &mut Files) -> String {
    let says = [("content-type", SVG), ("cache-control", "public, max-age=86400")];
    files.put("/favicon.ico", &Arc::new(File::new(Bytes::from_static(ICON), &says)));
    files.put_asset("icon", "svg", SVG, ICON)
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<HttpBody>) -> HttpResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
