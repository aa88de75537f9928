//! The session cookie (contract §2.3): set and cleared over HTTP only, and only together with an `Origin`
//! on the allow-list.

use crate::{
    account::Accounts,
    domain::{ids::UserId, session::Caller},
    settings::{Environment, SameSite},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use parking_lot::Mutex;
use std::time::Duration;
use uuid::Uuid;

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

    fn set(&self, value: &str) -> HeaderValue {
        let cookie = format!("{}={value}; {}; Max-Age={}", self.name, self.attributes, self.max_age.as_secs());
        let mut header = HeaderValue::from_str(&cookie)
            .expect("names, attributes and base64 have no characters that a header has not");
        header.set_sensitive(true);
        header
    }

    fn clear(&self) -> HeaderValue {
        let cookie = format!("{}=; {}; Max-Age=0", self.name, self.attributes);
        HeaderValue::from_str(&cookie).expect("names and attributes have no characters that a header has not")
    }
}

/// The cookie's value: the user, who is no secret and saves a look-up, and the secret of the session, which
/// is good together with this user only.
pub fn cookie_value(accounts: &Accounts, caller: Caller) -> String {
    let user = BASE64_URL_SAFE_NO_PAD.encode(caller.user.0.as_bytes());
    format!("{user}.{}", accounts.cookie_secret(caller).expose())
}

/// Whose cookie it is; says nothing of whether the session is alive.
pub fn caller_of_cookie(accounts: &Accounts, value: &str) -> Option<Caller> {
    let (user, secret) = value.split_once('.')?;
    let user = UserId(Uuid::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(user).ok()?).ok()?);
    Some(Caller { user, session: accounts.session_of_cookie(user, secret)? })
}

/// What an HTTP request brought beside its call, and what the call says of the HTTP answer.
#[derive(Debug)]
pub struct HttpCall {
    /// Whether its `Origin` is on the allow-list.
    pub origin_allowed: bool,
    /// Whose cookie it carries, rightly made.
    pub cookie: Option<Caller>,
    /// Whether it acts by its cookie.
    pub acts_by_cookie: bool,
    answer: Mutex<Answer>,
}

#[derive(Debug)]
enum Answer {
    Plain,
    SetCookie(String),
    ClearCookie,
    Forbidden,
}

impl HttpCall {
    /// A request that has not been answered.
    pub fn new(origin_allowed: bool, cookie: Option<Caller>, acts_by_cookie: bool) -> Self {
        Self { origin_allowed, cookie, acts_by_cookie, answer: Mutex::new(Answer::Plain) }
    }

    /// The answer sets the cookie.
    pub fn set_cookie(&self, value: String) {
        *self.answer.lock() = Answer::SetCookie(value);
    }

    /// The answer clears the cookie: it is good for nothing any more.
    pub fn clear_cookie(&self) {
        let mut answer = self.answer.lock();
        if matches!(*answer, Answer::Plain) {
            *answer = Answer::ClearCookie;
        }
    }

    /// The answer is HTTP 403.
    pub fn forbid(&self) {
        *self.answer.lock() = Answer::Forbidden;
    }

    /// What the answer says beside the call's; `Err` for HTTP 403.
    pub fn set_cookie_header(&self, settings: &CookieSettings) -> Result<Option<HeaderValue>, ()> {
        match &*self.answer.lock() {
            Answer::Plain => Ok(None),
            Answer::SetCookie(value) => Ok(Some(settings.set(value))),
            Answer::ClearCookie => Ok(Some(settings.clear())),
            Answer::Forbidden => Err(()),
        }
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
