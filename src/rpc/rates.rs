//! How often calls may be made (docs/settings.md): by client network for what guesses or sends mail, by session
//! for everything that acts for one. Batches, HTTP and WebSocket count alike, because methods are counted.

use crate::{
    account::{Accounts, Error},
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
///
/// What is counted by network holds for all nodes together where there are several: this node's count
/// first, which costs nothing, then a row in the database. A database, because it is there anyway, decides
/// in one statement, and a node that comes back finds the counts as they are.
pub struct Rates {
    sign_in: ByNetwork,
    token: ByNetwork,
    calls: DefaultKeyedRateLimiter<SessionId>,
    /// Whether other nodes count too.
    in_cluster: bool,
    clock: DefaultClock,
}

/// What is counted by client network.
struct ByNetwork {
    name: &'static str,
    per_minute: NonZeroU32,
    here: DefaultKeyedRateLimiter<IpAddr>,
}

impl ByNetwork {
    fn new(name: &'static str, per_minute: NonZeroU32) -> Self {
        Self { name, per_minute, here: RateLimiter::keyed(Quota::per_minute(per_minute)) }
    }
}

impl Rates {
    /// So many a minute and network, and so many calls a second and session; twice as many at once.
    pub fn new(
        sign_in_per_minute: NonZeroU32,
        token_per_minute: NonZeroU32,
        calls_per_second: NonZeroU32,
        in_cluster: bool,
    ) -> Self {
        let burst = calls_per_second.saturating_add(calls_per_second.get());
        Self {
            sign_in: ByNetwork::new("sign_in", sign_in_per_minute),
            token: ByNetwork::new("token", token_per_minute),
            in_cluster,
            calls: RateLimiter::keyed(Quota::per_second(calls_per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a call from a client.
    pub async fn count(&self, rate: Rate, peer: IpAddr, accounts: &Accounts) -> Result<(), Error> {
        let Some(counted) = self.count_here(rate, peer)? else { return Ok(()) };
        if self.in_cluster {
            let subject = format!("{} {}", counted.name, network(peer));
            accounts.count_in_cluster(&subject, counted.per_minute).await?;
        }
        Ok(())
    }

    /// Counts a call on this node; says against what.
    fn count_here(&self, rate: Rate, peer: IpAddr) -> Result<Option<&ByNetwork>, Error> {
        let by_network = match rate {
            Rate::Calls => return Ok(None),
            Rate::SignIn => &self.sign_in,
            Rate::Token => &self.token,
        };
        self.check(&by_network.here, &network(peer))?;
        Ok(Some(by_network))
    }

    /// Counts a call of a session.
    pub fn count_call(&self, session: SessionId) -> Result<(), Error> {
        self.check(&self.calls, &session)
    }

    /// Forgets who has not called for so long that it makes no difference.
    pub fn forget_idle(&self) {
        self.sign_in.here.retain_recent();
        self.token.here.retain_recent();
        self.calls.retain_recent();
        self.sign_in.here.shrink_to_fit();
        self.token.here.shrink_to_fit();
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
        let rates = Rates::new(two, two, two, false);
        let (ann, bob) = ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        rates.count_here(Rate::SignIn, ann).unwrap();
        // The same /64.
        rates.count_here(Rate::SignIn, "2001:db8::2".parse().unwrap()).unwrap();
        let Err(Error::RateLimited { retry_after }) = rates.count_here(Rate::SignIn, ann) else {
            panic!("not limited")
        };
        assert!(!retry_after.is_zero());
        rates.count_here(Rate::Token, ann).unwrap();
        rates.count_here(Rate::SignIn, bob).unwrap();
        let session = SessionId::new();
        assert_eq!((0..10).filter(|_| rates.count_call(session).is_ok()).count(), 4, "twice as many at once");
        rates.count_call(SessionId::new()).unwrap();
    }
}
