//! The origins whose pages may call.

use crate::notices::Notices;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts};
use std::{sync::Arc, time::Duration};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may cache the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);
/// The number of refused origins that are logged separately.
const LOGGED_ORIGINS: usize = 100;
/// The number of characters of a refused origin that are logged.
const LOGGED_CHARACTERS: usize = 200;

/// The names of this machine in browsers.
const THIS_MACHINE: [&str; 3] = ["http://localhost", "http://127.0.0.1", "http://[::1]"];

/// The origins whose pages may call.
pub struct Origins {
    allowed: Allowed,
    refused: Notices<String>,
}

enum Allowed {
    /// Those that the operator listed.
    Listed(Vec<String>),
    /// In development: the listener's own origin, and this machine's on any port.
    ThisMachine { own: String },
}

/// What the `Origin` header of a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is none, so no page of another origin sent the request.
    Absent,
    /// A page that may call.
    Allowed,
    /// Any other page.
    Foreign,
}

impl Origins {
    /// Allows the `listed` origins; if there are none, every origin of this machine and the listener's `own`.
    pub fn new(listed: Vec<String>, own: String) -> Self {
        let allowed = if listed.is_empty() { Allowed::ThisMachine { own } } else { Allowed::Listed(listed) };
        Self { allowed, refused: Notices::new(LOGGED_ORIGINS) }
    }

    /// Classifies the `Origin` of a request.
    pub fn of(&self, headers: &HeaderMap) -> Origin {
        match headers.get(header::ORIGIN) {
            None => Origin::Absent,
            Some(origin) if self.allows(origin) => Origin::Allowed,
            Some(_) => Origin::Foreign,
        }
    }

    /// Whether a request comes from an allowed origin, or has no `Origin`.
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

    /// Warns the operator, once a minute per origin, that pages of a foreign origin try to call.
    pub fn log_refused(&self, headers: &HeaderMap) {
        if self.of(headers) != Origin::Foreign {
            return;
        }
        let origin = headers.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()));
        let origin: String = origin.unwrap_or_default().chars().take(LOGGED_CHARACTERS).collect();
        if let Some(requests) = self.refused.record(origin.clone()) {
            tracing::warn!(
                origin,
                requests,
                "pages of this origin may not call; if they should, add it to MARBELLE_ALLOWED_ORIGINS"
            );
        }
    }

    /// The answers to pages of other origins (the Fetch standard's CORS protocol).
    pub fn cors(self: &Arc<Self>) -> CorsLayer {
        let origins = self.clone();
        // By a predicate, because a list would be copied for every request.
        let origin = AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| origins.allows(origin));
        // The last four are the headers that tracing in browsers adds to calls, which would fail if they were not
        // allowed.
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

    fn classified(origins: &Origins, origin: &str) -> Origin {
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
            assert_eq!(classified(&origins, allowed), Origin::Allowed, "{allowed}");
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
            assert_eq!(classified(&origins, foreign), Origin::Foreign, "{foreign}");
        }
        assert_eq!(origins.of(&HeaderMap::new()), Origin::Absent);
    }

    #[test]
    fn a_list_is_the_whole_list() {
        let origins = Origins::new(vec!["https://shop.example".into()], "http://127.0.0.1:8080".into());
        assert_eq!(classified(&origins, "https://shop.example"), Origin::Allowed);
        for foreign in ["http://localhost:5173", "http://127.0.0.1:8080", "https://shop.example:444", "null"] {
            assert_eq!(classified(&origins, foreign), Origin::Foreign, "{foreign}");
        }
    }
}
