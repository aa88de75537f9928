//! The session cookie (docs/protocol.md, "Sessions"): set and cleared over HTTP only, and only together with an
//! `Origin` on the allow-list.

use crate::settings::{Environment, SameSite};
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// How the cookie is written.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    name: &'static str,
    attributes: String,
    max_age: Duration,
}

impl CookieSettings {
    /// In production `Secure` and with the `__Host-` prefix, which binds it to this host (RFC 6265bis).
    pub fn new(environment: Environment, same_site: SameSite, max_age: Duration) -> Self {
        let same_site = match same_site {
            SameSite::Lax => "Lax",
            SameSite::Strict => "Strict",
            SameSite::None => "None",
        };
        let (name, secure) = match environment {
            Environment::Development => ("marbelle_session", ""),
            Environment::Production => ("__Host-marbelle_session", "; Secure"),
        };
        Self { name, attributes: format!("Path=/; HttpOnly; SameSite={same_site}{secure}"), max_age }
    }

    /// The cookie's value in a request.
    pub fn find<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(self.name)?.strip_prefix('='))
    }

    /// The header that sets it.
    pub fn set(&self, value: &str) -> HeaderValue {
        let cookie = format!("{}={value}; {}; Max-Age={}", self.name, self.attributes, self.max_age.as_secs());
        let mut header = HeaderValue::from_str(&cookie)
            .expect("names, attributes and base64 have no characters that a header has not");
        header.set_sensitive(true);
        header
    }

    /// The header that clears it.
    pub fn clear(&self) -> HeaderValue {
        let cookie = format!("{}=; {}; Max-Age=0", self.name, self.attributes);
        HeaderValue::from_str(&cookie).expect("names and attributes have no characters that a header has not")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_by_its_whole_name() {
        let settings = CookieSettings::new(Environment::Production, SameSite::Lax, Duration::from_secs(60));
        let mut headers = HeaderMap::new();
        let value = "x=1; X__Host-marbelle_session=no; __Host-marbelle_session=yes; __Host-marbelle_sessionx=no";
        headers.insert(header::COOKIE, HeaderValue::from_static(value));
        assert_eq!(settings.find(&headers), Some("yes"));
        assert_eq!(settings.set("v"), "__Host-marbelle_session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
    }

    #[test]
    fn in_development_it_needs_no_tls() {
        let settings = CookieSettings::new(Environment::Development, SameSite::Strict, Duration::from_secs(60));
        assert_eq!(settings.clear(), "marbelle_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
