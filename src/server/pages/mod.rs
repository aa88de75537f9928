//! The plain HTTP routes beside `/rpc` (docs/protocol.md, "Transport"), the account page among them.

mod account_page;
mod dev_mail;
mod file;
mod headers;
mod provider_callback;
mod specification;

use crate::{
    account::Accounts,
    meters::meters,
    notices::Notices,
    settings::{Environment, Settings},
};
use dev_mail::DevMail;
use file::{File, Files};
use headers::Header;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::{Bytes, Incoming};
use jsonrpsee::server::{HttpBody, HttpResponse};
use provider_callback::ProviderCallback;
use serde_json::value::RawValue;
pub(super) use specification::Specification;
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long the database may take to answer the readiness check.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

/// Public documents, the same for everybody: pages of any origin may read them. They are cached so briefly that
/// verifiers learn of a new key before it signs.
const PUBLIC: [Header; 3] = [
    ("content-type", "application/json"),
    ("access-control-allow-origin", "*"),
    ("cache-control", "public, max-age=300"),
];
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// The shop's mark, for tabs and bookmarks.
const ICON: &[u8] = include_bytes!("account_page/icon.svg");

/// Why the plain routes could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A page could not be rendered.
    #[error("a page could not be rendered")]
    Page(#[from] askama::Error),
    /// The frontend's URL is not a valid header value.
    #[error("the frontend's URL is not a valid header value")]
    Frontend(#[from] header::InvalidHeaderValue),
}

/// Answers the plain routes of a listener.
pub enum Pages {
    /// All of them.
    All(Box<AllPages>),
    /// `/metrics` alone.
    Metrics(Arc<Accounts>),
}

/// Every plain route.
pub struct AllPages {
    accounts: Arc<Accounts>,
    specification: Specification,
    keys: File,
    /// Sends browsers that come back from a provider on to the frontend.
    provider_callback: ProviderCallback,
    /// The page on which owners change their password.
    change_password: HeaderValue,
    /// Why the node is not ready, logged once a minute however often it is asked.
    not_ready: Notices<&'static str>,
    /// The account page and what the pages need.
    files: Files,
    dev_mail: Option<DevMail>,
    /// Whether `/metrics` is served here: in development, where no listener of its own is set.
    metrics: bool,
}

/// The handlers of the plain routes.
enum Route<'a> {
    Health,
    Readiness,
    Metrics,
    Specification,
    Keys,
    ChangePassword,
    File(&'a File),
    Mail(&'a DevMail),
}

impl Pages {
    /// Every route, with everything constant rendered already, except for the specification.
    pub fn all(
        accounts: Arc<Accounts>,
        specification: fn() -> &'static RawValue,
        settings: &Settings,
    ) -> Result<Self, PagesError> {
        Ok(Self::All(Box::new(AllPages::new(accounts, specification, settings)?)))
    }

    /// Answers a request of `peer` to a path that no endpoint serves.
    pub async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> HttpResponse {
        match (self, request.uri().path(), request.method()) {
            (Self::All(pages), provider_callback::PATH, &Method::POST) => pages.provider_callback.answer(request).await,
            (Self::All(pages), ..) => pages.answer(&request, peer).await,
            (Self::Metrics(accounts), "/metrics", &Method::GET | &Method::HEAD) => metrics(accounts),
            (Self::Metrics(_), "/metrics", _) => get_only(),
            (Self::Metrics(_), ..) => response(StatusCode::NOT_FOUND, TEXT, "not found\n"),
        }
    }
}

impl AllPages {
    fn new(
        accounts: Arc<Accounts>,
        specification: fn() -> &'static RawValue,
        settings: &Settings,
    ) -> Result<Self, PagesError> {
        let keys = File::new(accounts.access_tokens.jwks().to_string().into(), &PUBLIC);
        let change_password = HeaderValue::try_from(format!("{}/security", settings.frontend_url))?;
        let provider_callback = ProviderCallback::new(&settings.frontend_url);
        let mut files = Files::default();
        let dev_mail = DevMail::new(settings, &mut files);
        if settings.account_page {
            account_page::put(&mut files, settings, dev_mail.as_ref().map(|_| dev_mail::PATH))?;
        }
        let metrics = settings.environment == Environment::Development && settings.service_listen.is_none();
        Ok(Self {
            accounts,
            specification: Specification::new(specification, &PUBLIC),
            keys,
            provider_callback,
            change_password,
            not_ready: Notices::new(2),
            files,
            dev_mail,
            metrics,
        })
    }

    async fn answer(&self, request: &Request<Incoming>, peer: IpAddr) -> HttpResponse {
        let Some(route) = self.route(request.uri().path()) else {
            return response(StatusCode::NOT_FOUND, TEXT, "not found\n");
        };
        if matches!((&route, request.method()), (Route::Specification | Route::Keys, &Method::OPTIONS)) {
            return public_preflight();
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return get_only();
        }
        match route {
            Route::Health => response(StatusCode::OK, TEXT, "ok\n"),
            Route::Readiness => self.readiness().await,
            Route::Metrics => metrics(&self.accounts),
            Route::Specification => self.specification.answer(request.headers()),
            Route::Keys => self.keys.answer(request.headers()),
            Route::File(file) => file.answer(request.headers()),
            Route::ChangePassword => self.change_password(),
            Route::Mail(mail) => mail.answer(request.uri(), request.headers(), peer).await,
        }
    }

    fn route(&self, path: &str) -> Option<Route<'_>> {
        Some(match path {
            "/healthz" => Route::Health,
            "/readyz" => Route::Readiness,
            "/metrics" if self.metrics => Route::Metrics,
            "/openrpc.json" => Route::Specification,
            "/.well-known/jwks.json" => Route::Keys,
            "/.well-known/change-password" => Route::ChangePassword,
            _ if dev_mail::is_at(path) => Route::Mail(self.dev_mail.as_ref()?),
            _ => Route::File(self.files.get(path)?),
        })
    }

    /// Where password managers send their users (<https://www.w3.org/TR/change-password-url/>).
    fn change_password(&self) -> HttpResponse {
        let mut found = response(StatusCode::FOUND, TEXT, "the page that changes the password is at this address\n");
        found.headers_mut().insert(header::LOCATION, self.change_password.clone());
        found
    }

    async fn readiness(&self) -> HttpResponse {
        let (database, bus) = tokio::join!(
            tokio::time::timeout(READINESS_LIMIT, self.accounts.store.ping()),
            self.accounts.hub.check_bus(),
        );
        let mut silent = String::new();
        if !matches!(database, Ok(Ok(()))) {
            if let Some(requests) = self.not_ready.record("database") {
                tracing::warn!(?database, requests, "not ready");
            }
            silent.push_str("the database does not answer\n");
        }
        if let Err(error) = bus {
            if let Some(requests) = self.not_ready.record("bus") {
                tracing::warn!(%error, requests, "not ready");
            }
            silent.push_str(&format!("{error}\n"));
        }
        if silent.is_empty() {
            return response(StatusCode::OK, TEXT, "ready\n");
        }
        response(StatusCode::SERVICE_UNAVAILABLE, TEXT, silent)
    }
}

fn get_only() -> HttpResponse {
    let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n");
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    refused
}

/// The metrics in Prometheus's text format.
fn metrics(accounts: &Accounts) -> HttpResponse {
    accounts.measure_now();
    response(StatusCode::OK, PROMETHEUS, meters().render())
}

/// Pages that trace their requests send a preflight before they read a public document.
fn public_preflight() -> HttpResponse {
    let mut allowed = response(StatusCode::NO_CONTENT, TEXT, "");
    let headers = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD"),
        ("access-control-allow-headers", "*"),
        ("access-control-max-age", "3600"),
    ];
    headers::set(allowed.headers_mut(), &headers);
    allowed
}

/// Adds the icon to `files`, also where browsers look for it by default, and returns its path.
fn put_icon(files: &mut Files) -> String {
    let headers = [("content-type", SVG), ("cache-control", "public, max-age=86400")];
    files.put("/favicon.ico", &Arc::new(File::new(Bytes::from_static(ICON), &headers)));
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
