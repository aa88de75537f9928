//! How often calls may be made (contract §6): by client network for what guesses or sends mail, by session
//! for everything that acts for one. Batches, HTTP and WebSocket count alike, because methods are counted.

use crate::{
    account::Error,
    domain::{ids::SessionId, network::network},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use std::{hash::Hash, net::IpAddr, num::NonZeroU32};

/// What a call counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Nothing but its session's calls.
    Calls,
    /// What tries passwords.
    SignIn,
    /// What sends or takes one-time tokens.
    Token,
}

/// Calls, by network and by session.
pub struct Rates {
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
    token: DefaultKeyedRateLimiter<IpAddr>,
    calls: DefaultKeyedRateLimiter<SessionId>,
    clock: DefaultClock,
}

impl Rates {
    /// So many a minute and network, and so many calls a second and session; twice as many at once.
    pub fn new(sign_in_per_minute: NonZeroU32, token_per_minute: NonZeroU32, calls_per_second: NonZeroU32) -> Self {
        let burst = calls_per_second.saturating_add(calls_per_second.get());
        Self {
            sign_in: RateLimiter::keyed(Quota::per_minute(sign_in_per_minute)),
            token: RateLimiter::keyed(Quota::per_minute(token_per_minute)),
            calls: RateLimiter::keyed(Quota::per_second(calls_per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a call from a client.
    pub fn count(&self, rate: Rate, peer: IpAddr) -> Result<(), Error> {
        match rate {
            Rate::Calls => Ok(()),
            Rate::SignIn => self.check(&self.sign_in, &network(peer)),
            Rate::Token => self.check(&self.token, &network(peer)),
        }
    }

    /// Counts a call of a session.
    pub fn count_call(&self, session: SessionId) -> Result<(), Error> {
        self.check(&self.calls, &session)
    }

    /// Forgets who has not called for so long that it makes no difference.
    pub fn forget_idle(&self) {
        self.sign_in.retain_recent();
        self.token.retain_recent();
        self.calls.retain_recent();
        self.sign_in.shrink_to_fit();
        self.token.shrink_to_fit();
        self.calls.shrink_to_fit();
    }

    fn check<K: Hash + Eq + Clone>(&self, limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Error> {
        limiter.check_key(key).map_err(|refused| Error::RateLimited {
            retry_after: refused.wait_time_from(self.clock.now()).max(std::time::Duration::from_millis(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_sessions_have_allowances_of_their_own() {
        let two = NonZeroU32::new(2).unwrap();
        let rates = Rates::new(two, two, two);
        let (ann, bob) = ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        rates.count(Rate::SignIn, ann).unwrap();
        // The same /64.
        rates.count(Rate::SignIn, "2001:db8::2".parse().unwrap()).unwrap();
        let Err(Error::RateLimited { retry_after }) = rates.count(Rate::SignIn, ann) else { panic!("not limited") };
        assert!(!retry_after.is_zero());
        rates.count(Rate::Token, ann).unwrap();
        rates.count(Rate::SignIn, bob).unwrap();
        let session = SessionId::new();
        assert_eq!((0..10).filter(|_| rates.count_call(session).is_ok()).count(), 4, "twice as many at once");
        rates.count_call(SessionId::new()).unwrap();
    }
}
