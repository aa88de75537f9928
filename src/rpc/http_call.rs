//! The HTTP request around a call, and what the call says of its answer.

use crate::domain::session::Caller;
use parking_lot::Mutex;

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

/// What a call says of the HTTP answer that carries its own.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing.
    Plain,
    /// It sets the session cookie to this value.
    SetCookie(String),
    /// It clears the session cookie.
    ClearCookie,
    /// It is HTTP 403.
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

    /// What the answer says beside the call's.
    pub fn answer(&self) -> Answer {
        self.answer.lock().clone()
    }
}
