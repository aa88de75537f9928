//! The cookies of the session and of the device. They are set and cleared over HTTP only, and are accepted only with an
//! allowed `Origin` (docs/protocol.md, "Sessions").

use crate::settings::{Environment, SameSite};
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// How long a browser keeps the device's cookie.
const DEVICE_MAX_AGE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How the cookies are written and read.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    /// Holds the secret of a session.
    pub session: Cookie,
    /// Shows that this browser has signed in before; it outlives the session.
    pub device: Cookie,
}

/// One cookie.
#[derive(Clone, Debug)]
pub struct Cookie {
    name: String,
    attributes: String,
    max_age: Duration,
}

impl CookieSettings {
    /// In production `Secure` and with the `__Host-` prefix, which binds a cookie to this host (RFC 6265bis). In
    /// development the name carries the listener's port, since browsers keep one jar for all ports of a host.
    pub fn new(environment: Environment, same_site: SameSite, port: u16, session_max_age: Duration) -> Self {
        let same_site = match same_site {
            SameSite::Lax => "Lax",
            SameSite::Strict => "Strict",
            SameSite::None => "None",
        };
        let (prefix, suffix, secure) = match environment {
            Environment::Development => ("", format!("_{port}"), ""),
            Environment::Production => ("__Host-", String::new(), "; Secure"),
        };
        let attributes = format!("Path=/; HttpOnly; SameSite={same_site}{secure}");
        let cookie =
            |name, max_age| Cookie { name: format!("{prefix}{name}{suffix}"), attributes: attributes.clone(), max_age };
        Self { session: cookie("marbelle_session", session_max_age), device: cookie("marbelle_device", DEVICE_MAX_AGE) }
    }
}

impl Cookie {
    /// The cookie's value in a request. The header is split as bytes, because other cookies may hold any bytes. Only
    /// ASCII blanks are trimmed: a browser treats a name that begins with another blank as one without the `__Host-`
    /// prefix, so a sibling host could set it.
    pub fn find<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
            .find_map(|pair| pair.trim_ascii().strip_prefix(self.name.as_bytes())?.strip_prefix(b"="))
            // A value that is not text counts as an invalid one.
            .map(|value| std::str::from_utf8(value).unwrap_or_default())
    }

    /// The header that sets it.
    pub fn set(&self, value: &str) -> HeaderValue {
        let cookie = format!("{}={value}; {}; Max-Age={}", self.name, self.attributes, self.max_age.as_secs());
        let mut header = HeaderValue::from_str(&cookie)
            .expect("names, attributes and base64 have only characters that a header may have");
        header.set_sensitive(true);
        header
    }

    /// The header that clears it.
    pub fn clear(&self) -> HeaderValue {
        let cookie = format!("{}=; {}; Max-Age=0", self.name, self.attributes);
        HeaderValue::from_str(&cookie).expect("names and attributes have only characters that a header may have")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: Environment) -> CookieSettings {
        CookieSettings::new(environment, SameSite::Lax, 8080, Duration::from_secs(60))
    }

    fn headers(value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_bytes(value).unwrap())])
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let session = settings(Environment::Production).session;
        let beside = b"x=1; X__Host-marbelle_session=no; __Host-marbelle_session=yes; __Host-marbelle_sessionx=no";
        assert_eq!(session.find(&headers(beside)), Some("yes"));
        assert_eq!(session.set("v"), "__Host-marbelle_session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
    }

    #[test]
    fn cookies_beside_it_may_hold_any_bytes() {
        let session = settings(Environment::Production).session;
        for beside in
            ["city=Zürich; __Host-marbelle_session=yes".as_bytes(), b"x=\xff\xfe;\t__Host-marbelle_session=yes "]
        {
            assert_eq!(session.find(&headers(beside)), Some("yes"));
        }
        assert_eq!(session.find(&headers(b"__Host-marbelle_session=\xff")), Some(""));
    }

    /// <https://portswigger.net/research/cookie-chaos-how-to-bypass-host-and-secure-cookie-prefixes>
    #[test]
    fn a_blank_of_unicode_does_not_pass_for_the_prefix() {
        let session = settings(Environment::Production).session;
        for blank in ["\u{2000}", "\u{a0}", "\u{85}", "\u{3000}"] {
            let smuggled = format!("{blank}__Host-marbelle_session=smuggled");
            assert_eq!(session.find(&headers(smuggled.as_bytes())), None, "{blank:?}");
        }
    }

    #[test]
    fn in_development_a_cookie_needs_no_tls_and_belongs_to_a_port() {
        let cookies = settings(Environment::Development);
        assert_eq!(cookies.session.clear(), "marbelle_session_8080=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        let both = headers(b"marbelle_session_8081=other; marbelle_session=old; marbelle_session_8080=yes");
        assert_eq!(cookies.session.find(&both), Some("yes"));
    }

    #[test]
    fn the_device_is_remembered_for_a_year() {
        let device = settings(Environment::Production).device;
        let set = "__Host-marbelle_device=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=31536000";
        assert_eq!(device.set("v"), set);
        assert_eq!(device.clear(), "__Host-marbelle_device=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
    }
}
