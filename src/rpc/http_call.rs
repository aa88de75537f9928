//! The HTTP request of a call, and what the call changes in its HTTP response.

use crate::{account::Error, domain::session::Caller};
use parking_lot::Mutex;

/// The parts of an HTTP request beside its call, and what the call changes in the HTTP response.
#[derive(Debug)]
pub struct HttpCall {
    /// Whether its `Origin` is allowed.
    pub origin_allowed: bool,
    /// The session of its session cookie, if that has a valid signature.
    pub cookie: Option<Caller>,
    /// Whether it acts by its session cookie.
    pub acts_by_cookie: bool,
    /// Its device cookie, from an allowed origin; not verified yet.
    pub device_cookie: Option<String>,
    answer: Mutex<Answer>,
}

/// What a call changes in the HTTP response.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status is HTTP 403.
    pub forbidden: bool,
    /// The change of the session cookie.
    pub session: Option<CookieChange>,
    /// The change of the device cookie.
    pub device: Option<CookieChange>,
}

/// The change of a cookie.
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

    /// Sets the session cookie.
    pub fn set_cookie(&self, value: String) {
        self.answer.lock().session = Some(CookieChange::Set(value));
    }

    /// Clears the session cookie, unless the call sets a new one.
    pub fn clear_cookie(&self) {
        self.answer.lock().session.get_or_insert(CookieChange::Clear);
    }

    /// Clears the session cookie if the call acts by it and this refusal means that its session has ended.
    pub fn clear_dead_cookie(&self, refused: &Error) {
        if self.acts_by_cookie && refused.means_dead_cookie() {
            self.clear_cookie();
        }
    }

    /// Sets the device cookie.
    pub fn set_device_cookie(&self, value: String) {
        self.answer.lock().device = Some(CookieChange::Set(value));
    }

    /// Clears the device cookie.
    pub fn clear_device_cookie(&self) {
        self.answer.lock().device = Some(CookieChange::Clear);
    }

    /// Makes the status HTTP 403.
    pub fn forbid(&self) {
        self.answer.lock().forbidden = true;
    }

    /// The changes to the HTTP response.
    pub fn answer(&self) -> Answer {
        self.answer.lock().clone()
    }
}
