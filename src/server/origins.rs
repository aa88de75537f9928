//! Which pages may call: those of allowed origins.

use crate::notices::Notices;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts};
use std::{sync::Arc, time::Duration};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what is allowed to another origin.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);
/// Refused origins that are told apart in the log.
const NOTED_ORIGINS: usize = 100;
/// Characters of a refused origin that are logged.
const NOTED_CHARACTERS: usize = 200;

/// What browsers call this machine.
const THIS_MACHINE: [&str; 3] = ["http://localhost", "http://127.0.0.1", "http://[::1]"];

/// The origins whose pages may call.
pub struct Origins {
    allowed: Allowed,
    refused: Notices<String>,
}

enum Allowed {
    /// Those that the operator lists.
    Listed(Vec<String>),
    /// In development: the listener's own, and this machine's on any port.
    ThisMachine { own: String },
}

/// What an `Origin` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing: there is none, so no page of another origin sent the request.
    Absent,
    /// A page that may call.
    Allowed,
    /// Any other page.
    Foreign,
}

impl Origins {
    /// Those `listed`; or, where none is, every origin of this machine and the listener's `own`.
    pub fn new(listed: Vec<String>, own: String) -> Self {
        let allowed = if listed.is_empty() { Allowed::ThisMachine { own } } else { Allowed::Listed(listed) };
        Self { allowed, refused: Notices::new(NOTED_ORIGINS) }
    }

    /// Where a request says that it comes from.
    pub fn of(&self, headers: &HeaderMap) -> Origin {
        match headers.get(header::ORIGIN) {
            None => Origin::Absent,
            Some(origin) if self.allows(origin) => Origin::Allowed,
            Some(_) => Origin::Foreign,
        }
    }

    /// Whether a request comes from one of these, or does not say where it comes from.
    pub fn is_own_or_absent(&self, headers: &HeaderMap) -> bool {
        self.of(headers) != Origin::Foreign
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match &self.allowed {
            Allowed::Listed(listed) => listed.iter().any(|listed| listed.as_bytes() == origin),
            Allowed::ThisMachine { own } => {
                own.as_bytes() == origin
                    || THIS_MACHINE.iter().any(|host| {
                        origin
                            .as_bytes()
                            .strip_prefix(host.as_bytes())
                            .is_some_and(|rest| rest.is_empty() || is_port(rest))
                    })
            }
        }
    }

    /// Tells the operator, once an origin and minute, that pages of a foreign origin try to call.
    pub fn note(&self, headers: &HeaderMap) {
        if self.of(headers) != Origin::Foreign {
            return;
        }
        let origin = headers.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()));
        let origin: String = origin.unwrap_or_default().chars().take(NOTED_CHARACTERS).collect();
        if let Some(requests) = self.refused.note(origin.clone()) {
            tracing::warn!(
                origin,
                requests,
                "pages of this origin may not call; if they should, add it to MARBELLE_ALLOWED_ORIGINS"
            );
        }
    }

    /// What is said to pages of other origins (the Fetch standard's CORS protocol).
    pub fn cors(self: &Arc<Self>) -> CorsLayer {
        let origins = self.clone();
        // By a predicate, because a list would be copied for every request.
        let origin = AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| origins.allows(origin));
        // The last four are what tracing in browsers adds to calls: without leave these calls would fail.
        let headers = [
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("traceparent"),
            HeaderName::from_static("tracestate"),
            HeaderName::from_static("baggage"),
            HeaderName::from_static("sentry-trace"),
        ];
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::POST])
            .allow_headers(headers)
            .allow_credentials(true)
            .max_age(PREFLIGHT_AGE)
    }
}

/// Whether this is `:<port>`.
fn is_port(text: &[u8]) -> bool {
    let Some(digits @ [b'1'..=b'9', ..]) = text.strip_prefix(b":") else { return false };
    digits.iter().all(u8::is_ascii_digit) && std::str::from_utf8(digits).is_ok_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(origins: &Origins, origin: &str) -> Origin {
        let value = HeaderValue::from_str(origin).unwrap();
        origins.of(&HeaderMap::from_iter([(header::ORIGIN, value)]))
    }

    #[test]
    fn development_allows_this_machine_on_any_port() {
        let origins = Origins::new(vec![], "http://192.168.1.7:8080".into());
        for allowed in [
            "http://localhost",
            "http://localhost:4173",
            "http://localhost:65535",
            "http://127.0.0.1:5174",
            "http://[::1]:8080",
            "http://192.168.1.7:8080",
        ] {
            assert_eq!(says(&origins, allowed), Origin::Allowed, "{allowed}");
        }
        for foreign in [
            "null",
            "",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost:0",
            "http://localhost:080",
            "http://localhost:65536",
            "http://localhost:123456",
            "http://localhost:80/",
            "http://localhost.evil.example",
            "http://localhost:80.evil.example",
            "http://localhost@evil.example",
            "http://127.0.0.10",
            "http://127.0.0.1.evil.example",
            "https://localhost:5173",
            "http://192.168.1.7:8081",
            "HTTP://LOCALHOST",
        ] {
            assert_eq!(says(&origins, foreign), Origin::Foreign, "{foreign}");
        }
        assert_eq!(origins.of(&HeaderMap::new()), Origin::Absent);
    }

    #[test]
    fn a_list_is_the_whole_list() {
        let origins = Origins::new(vec!["https://shop.example".into()], "http://127.0.0.1:8080".into());
        assert_eq!(says(&origins, "https://shop.example"), Origin::Allowed);
        for foreign in ["http://localhost:5173", "http://127.0.0.1:8080", "https://shop.example:444", "null"] {
            assert_eq!(says(&origins, foreign), Origin::Foreign, "{foreign}");
        }
    }
}
