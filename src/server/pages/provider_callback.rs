//! `POST /provider-callback`: a provider's answer in a form that the browser posts (OAuth 2.0 Form Post Response Mode)
//! is passed on to the frontend, in the query as from other providers.

use super::{TEXT, response};
use crate::server::{
    http::{read, refusal},
    media_type::is_form,
};
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::Incoming;
use jsonrpsee::server::HttpResponse;
use url::form_urlencoded;

/// Its path, on this server as at the frontend.
pub(super) const PATH: &str = "/provider-callback";

/// The fields that the frontend needs; others (Apple sends an ID token) are dropped.
const FIELDS: [&str; 5] = ["code", "state", "iss", "error", "user"];

/// The longest URL that the browser is sent to: proxies accept no more in one header.
const MAX_BYTES: usize = 4 * 1024;

/// Redirects browsers to the frontend.
pub(super) struct ProviderCallback {
    target: String,
}

impl ProviderCallback {
    pub(super) fn new(frontend_url: &str) -> Self {
        Self { target: format!("{frontend_url}{PATH}") }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> HttpResponse {
        if !is_form(request.headers()) {
            return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be an HTML form");
        }
        match read(request.into_body()).await {
            Ok(form) => self.send_on(&form),
            Err(refused) => refused,
        }
    }

    fn send_on(&self, form: &[u8]) -> HttpResponse {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(form_urlencoded::parse(form).filter(|(name, _)| FIELDS.contains(&name.as_ref())));
        let target = format!("{}?{}", self.target, query.finish());
        let target =
            Some(target).filter(|target| target.len() <= MAX_BYTES).and_then(|t| HeaderValue::try_from(t).ok());
        let Some(target) = target else {
            return refusal(StatusCode::BAD_REQUEST, "the provider's answer is too long");
        };
        let mut away = response(StatusCode::SEE_OTHER, TEXT, "continue at this address\n");
        away.headers_mut().insert(header::LOCATION, target);
        // The code in it is single-use and must not be cached.
        away.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        away.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        away
    }
}
