//! `POST /provider-callback`: what a provider answers by a form that the browser posts (OAuth 2.0 Form Post Response Mode)
//! goes on to the frontend, which reads it from the address as it reads what others answer there.

use super::{TEXT, response};
use crate::server::{
    http::{read, refusal},
    media_type::is_form,
};
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::Incoming;
use jsonrpsee::server::HttpResponse;
use url::form_urlencoded;

/// Where it is, here as at the frontend.
pub(super) const PATH: &str = "/provider-callback";

/// What the frontend needs to know; what else a provider sends (Apple an ID token) is left out.
const FIELDS: [&str; 5] = ["code", "state", "iss", "error", "user"];

/// The longest address that the browser is sent to: proxies take no more in one header.
const MAX_BYTES: usize = 4 * 1024;

/// Sends browsers on.
pub(super) struct ProviderCallback {
    target: String,
}

impl ProviderCallback {
    pub(super) fn new(frontend_url: &str) -> Self {
        Self { target: format!("{frontend_url}{PATH}") }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> HttpResponse {
        if !is_form(request.headers()) {
            return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a form only");
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
            return refusal(StatusCode::BAD_REQUEST, "no answer of a provider is so long");
        };
        let mut away = response(StatusCode::SEE_OTHER, TEXT, "go on there\n");
        away.headers_mut().insert(header::LOCATION, target);
        // The code in it is good once, and for nobody else.
        away.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        away.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        away
    }
}
