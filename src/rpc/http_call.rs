//! The HTTP request around a call, and what the call says of its answer.

use crate::{account::Error, domain::session::Caller};
use parking_lot::Mutex;

/// What an HTTP request brought beside its call, and what the call says of the HTTP answer.
#[derive(Debug)]
pub struct HttpCall {
    /// Whether its `Origin` is on the allow-list.
    pub origin_allowed: bool,
    /// Whose session cookie it carries, rightly made.
    pub cookie: Option<Caller>,
    /// Whether it acts by its session cookie.
    pub acts_by_cookie: bool,
    /// The device cookie that it carries, from an allowed origin; right or wrong.
    pub device_cookie: Option<String>,
    answer: Mutex<Answer>,
}

/// What a call says of the HTTP answer that carries its own.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// It is HTTP 403.
    pub forbidden: bool,
    /// What becomes of the session cookie.
    pub session: Option<CookieChange>,
    /// What becomes of the device cookie.
    pub device: Option<CookieChange>,
}

/// What becomes of a cookie.
#[derive(Clone, Debug)]
pub enum CookieChange {
    /// It is set to this value.
    Set(String),
    /// It is cleared.
    Clear,
}

impl HttpCall {
    /// A request that has not been answered.
    pub fn new(
        origin_allowed: bool,
        cookie: Option<Caller>,
        acts_by_cookie: bool,
        device_cookie: Option<String>,
    ) -> Self {
        Self { origin_allowed, cookie, acts_by_cookie, device_cookie, answer: Mutex::default() }
    }

    /// The answer sets the session cookie.
    pub fn set_cookie(&self, value: String) {
        self.answer.lock().session = Some(CookieChange::Set(value));
    }

    /// The answer clears the session cookie, unless it sets a new one.
    pub fn clear_cookie(&self) {
        self.answer.lock().session.get_or_insert(CookieChange::Clear);
    }

    /// Clears the session cookie where the call acts by it and this refusal says that it is dead.
    pub fn clear_dead_cookie(&self, refused: &Error) {
        if self.acts_by_cookie && refused.says_cookie_is_dead() {
            self.clear_cookie();
        }
    }

    /// The answer sets the device cookie.
    pub fn set_device_cookie(&self, value: String) {
        self.answer.lock().device = Some(CookieChange::Set(value));
    }

    /// The answer clears the device cookie.
    pub fn clear_device_cookie(&self) {
        self.answer.lock().device = Some(CookieChange::Clear);
    }

    /// The answer is HTTP 403.
    pub fn forbid(&self) {
        self.answer.lock().forbidden = true;
    }

    /// What the answer says beside the call's.
    pub fn answer(&self) -> Answer {
        self.answer.lock().clone()
    }
}
