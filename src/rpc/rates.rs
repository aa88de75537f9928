//! Rate limits of calls (docs/settings.md, "Limits"): by client network for methods that guess, mail or cost much, by
//! session and user for everything that acts for one. Batches, HTTP and WebSocket count alike, because methods are
//! counted. A method declares its rate; its body counts nothing.

use super::allowances::{Allowances, quota};
use crate::{
    account::{Accounts, Error},
    domain::{
        ids::{KeyId, SessionId, UserId},
        network::{network, site},
        session::Caller,
    },
    notices::Notices,
};
use std::{net::IpAddr, num::NonZeroU32, time::Duration};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The allowance of a site, as a multiple of that of one network: strangers choose among its networks at will, and it
/// may be an office with many people.
const NETWORKS_OF_A_SITE: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// The size of a burst, as a multiple of the calls per second.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
/// The calls of all sessions of a user, as a multiple of those of one session.
const SESSIONS_AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
/// The calls of a service key, which calls for many users, as a multiple of those of a session.
const SESSIONS_OF_A_KEY: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Networks with refused credentials that are logged separately.
const LOGGED_NETWORKS: usize = 1000;

/// The rate that a method counts against, beyond the calls of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// No other.
    Calls,
    /// By network: methods that try passwords.
    SignIn,
    /// By network: methods that send or accept one-time tokens. With a session they are a change as well.
    Token,
    /// By network: methods that start or await something that is held in memory.
    Ceremony,
    /// By network: the specification, the largest of all answers.
    Discover,
    /// By user: methods that change the account.
    Change,
    /// By user: methods that set a password. A change as well.
    PasswordChange,
}

/// The limits.
#[derive(Clone, Copy, Debug)]
pub struct RateSettings {
    /// [`Rate::SignIn`], per minute and network.
    pub sign_in_per_minute: NonZeroU32,
    /// [`Rate::Token`], per minute and network.
    pub token_per_minute: NonZeroU32,
    /// [`Rate::Ceremony`], per minute and network.
    pub ceremonies_per_minute: NonZeroU32,
    /// Refused credentials, per minute and network; half as many [`Rate::Discover`].
    pub refusals_per_minute: NonZeroU32,
    /// Calls per second and session; twice as many per user, twenty times as many per service key, and bursts of twice
    /// as many.
    pub calls_per_second: NonZeroU32,
    /// [`Rate::Change`], per minute and user.
    pub writes_per_minute: NonZeroU32,
    /// [`Rate::PasswordChange`], per hour and user.
    pub password_changes_per_hour: NonZeroU32,
    /// Whether there are other nodes that count as well.
    pub in_cluster: bool,
}

/// Counts calls.
///
/// Where there are several nodes, sign-ins and one-time tokens are counted for all of them together: in this node's
/// memory first, which costs nothing, then in a row of the database. The database is there anyway, decides in one
/// statement, and keeps the counts when a node restarts.
pub struct Rates {
    sign_in: ByNetwork,
    token: ByNetwork,
    ceremonies: ByNetwork,
    discover: ByNetwork,
    refusals: ByNetwork,
    calls: Allowances<SessionId>,
    calls_of_user: Allowances<UserId>,
    calls_of_key: Allowances<KeyId>,
    changes: Allowances<UserId>,
    password_changes: Allowances<UserId>,
    in_cluster: bool,
    /// Rate-limited log lines about refused credentials.
    refused: Notices<IpAddr>,
}

/// Counts by client network, and by the site that the network is part of.
struct ByNetwork {
    name: &'static str,
    per_minute: NonZeroU32,
    networks: Allowances<IpAddr>,
    sites: Allowances<IpAddr>,
}

impl ByNetwork {
    fn new(name: &'static str, per_minute: NonZeroU32) -> Self {
        let quota = |times| quota(times, MINUTE);
        Self {
            name,
            per_minute,
            networks: Allowances::new(quota(per_minute)),
            sites: Allowances::new(quota(per_minute.saturating_mul(NETWORKS_OF_A_SITE))),
        }
    }

    fn take(&self, client: IpAddr) -> Result<(), Error> {
        // The network first: a call that is refused there takes nothing from its site.
        self.networks.take(network(client)).map_err(limited)?;
        site(client).map_or(Ok(()), |site| self.sites.take(site).map_err(limited))
    }

    async fn take_in_cluster(&self, client: IpAddr, accounts: &Accounts) -> Result<(), Error> {
        accounts.count_in_cluster(&format!("{} {}", self.name, network(client)), self.per_minute).await?;
        let Some(site) = site(client) else { return Ok(()) };
        let of_site = self.per_minute.saturating_mul(NETWORKS_OF_A_SITE);
        accounts.count_in_cluster(&format!("{} {site}/48", self.name), of_site).await
    }
}

impl Rates {
    /// Rates with these limits.
    pub fn new(settings: RateSettings) -> Self {
        let calls = |per_second: NonZeroU32| quota(per_second, SECOND).allow_burst(per_second.saturating_mul(BURST));
        let half = |times: NonZeroU32| NonZeroU32::new(times.get().div_ceil(2)).unwrap_or(NonZeroU32::MIN);
        Self {
            sign_in: ByNetwork::new("sign_in", settings.sign_in_per_minute),
            token: ByNetwork::new("token", settings.token_per_minute),
            ceremonies: ByNetwork::new("ceremony", settings.ceremonies_per_minute),
            discover: ByNetwork::new("discover", half(settings.refusals_per_minute)),
            refusals: ByNetwork::new("refusal", settings.refusals_per_minute),
            calls: Allowances::new(calls(settings.calls_per_second)),
            calls_of_user: Allowances::new(calls(settings.calls_per_second.saturating_mul(SESSIONS_AT_ONCE))),
            calls_of_key: Allowances::new(calls(settings.calls_per_second.saturating_mul(SESSIONS_OF_A_KEY))),
            changes: Allowances::new(quota(settings.writes_per_minute, MINUTE)),
            password_changes: Allowances::new(quota(settings.password_changes_per_hour, HOUR)),
            in_cluster: settings.in_cluster,
            refused: Notices::new(LOGGED_NETWORKS),
        }
    }

    /// Counts a call of a method that declares `rate`, by its client and by the session it acts for, if any.
    pub(super) async fn count(
        &self,
        rate: Rate,
        client: IpAddr,
        caller: Option<Caller>,
        accounts: &Accounts,
    ) -> Result<(), Error> {
        let by_network = self.count_here(rate, client, caller)?;
        if self.in_cluster
            && let Some(by_network) = by_network
        {
            by_network.take_in_cluster(client, accounts).await?;
        }
        Ok(())
    }

    /// Counts on this node; returns the key to count in the database, if any.
    fn count_here(&self, rate: Rate, client: IpAddr, caller: Option<Caller>) -> Result<Option<&ByNetwork>, Error> {
        let user = caller.map(|caller| caller.user);
        if let (Rate::Token | Rate::Change | Rate::PasswordChange, Some(user)) = (rate, user) {
            self.changes.take(user).map_err(limited)?;
        }
        match rate {
            Rate::Calls | Rate::Change => {}
            Rate::SignIn => self.sign_in.take(client)?,
            Rate::Token => self.token.take(client)?,
            Rate::Ceremony => self.ceremonies.take(client)?,
            Rate::Discover => self.discover.take(client)?,
            Rate::PasswordChange => {
                user.map_or(Ok(()), |user| self.password_changes.take(user)).map_err(limited)?;
            }
        }
        Ok(match rate {
            Rate::SignIn => Some(&self.sign_in),
            Rate::Token => Some(&self.token),
            _ => None,
        })
    }

    /// Restores the use that a call of `rate` counted for its user, because it had no effect.
    pub(super) fn give_back(&self, rate: Rate, caller: Caller) {
        if rate == Rate::PasswordChange {
            self.password_changes.give_back(&caller.user);
        }
    }

    /// Counts a call of a session.
    pub fn count_call(&self, caller: Caller) -> Result<(), Error> {
        self.count_call_of(caller.session)?;
        self.calls_of_user.take(caller.user).map_err(limited)
    }

    /// Counts a handshake that acts for a session as a call of its user. It does not count for the session, which
    /// starts with its full allowance.
    pub fn count_handshake(&self, caller: Caller) -> Result<(), Error> {
        self.calls_of_user.take(caller.user).map_err(limited)
    }

    /// Counts a call of a session whose user is not known yet.
    pub(super) fn count_call_of(&self, session: SessionId) -> Result<(), Error> {
        self.calls.take(session).map_err(limited)
    }

    /// Counts a call of a service key.
    pub(super) fn count_call_of_key(&self, key: KeyId) -> Result<(), Error> {
        self.calls_of_key.take(key).map_err(limited)
    }

    /// Counts and logs a refused credential that this server did not issue.
    ///
    /// # Errors
    /// `RateLimited` if the client has presented too many of them. Valid credentials are never refused for that.
    pub fn refused(&self, client: IpAddr) -> Result<(), Error> {
        if let Some(times) = self.refused.record(network(client)) {
            log_refused(network(client), times);
        }
        self.refusals.take(client)
    }

    /// Logs the refused credentials that are not logged yet, and drops the counts of clients that have been idle for so
    /// long that their allowance is full.
    pub fn forget_idle(&self) {
        let unlogged = self.refused.unlogged();
        for (network, times) in unlogged.subjects {
            log_refused(network, times);
        }
        if unlogged.further > 0 {
            tracing::info!(target: "security", times = unlogged.further, "credentials_refused");
        }
        for by_network in [&self.sign_in, &self.token, &self.ceremonies, &self.discover, &self.refusals] {
            by_network.networks.forget_idle();
            by_network.sites.forget_idle();
        }
        self.calls.forget_idle();
        self.calls_of_key.forget_idle();
        for by_user in [&self.calls_of_user, &self.changes, &self.password_changes] {
            by_user.forget_idle();
        }
    }
}

/// One line per network and minute: strangers can present as many as they like.
fn log_refused(network: IpAddr, times: u64) {
    tracing::info!(target: "security", ip = %network, times, "credentials_refused");
}

fn limited(retry_after: Duration) -> Error {
    Error::RateLimited { retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(times: u32) -> Rates {
        let times = NonZeroU32::new(times).unwrap();
        Rates::new(RateSettings {
            sign_in_per_minute: times,
            token_per_minute: times,
            ceremonies_per_minute: times,
            refusals_per_minute: times,
            calls_per_second: times,
            writes_per_minute: times,
            password_changes_per_hour: times,
            in_cluster: false,
        })
    }

    fn caller() -> Caller {
        Caller { user: UserId::new(), session: SessionId::new(), version: 0 }
    }

    fn is_limited<T>(result: Result<T, Error>) -> bool {
        matches!(result, Err(Error::RateLimited { retry_after }) if !retry_after.is_zero())
    }

    #[test]
    fn networks_have_allowances_of_their_own() {
        let rates = rates(2);
        let (ann, bob) = ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let count = |rate, client| rates.count_here(rate, client, None).map(drop);
        count(Rate::SignIn, ann).unwrap();
        // The same /64.
        count(Rate::SignIn, "2001:db8::2".parse().unwrap()).unwrap();
        assert!(is_limited(count(Rate::SignIn, ann)));
        for other in [Rate::Token, Rate::Ceremony, Rate::Discover, Rate::Calls] {
            count(other, ann).unwrap();
        }
        count(Rate::SignIn, bob).unwrap();
        assert!(is_limited(count(Rate::Discover, ann)), "half as many");
    }

    #[test]
    fn a_site_has_ten_times_the_allowance_of_its_networks() {
        let rates = rates(2);
        let client = |network: u16| IpAddr::from([0x2001, 0xdb8, 7, network, 0, 0, 0, 1]);
        for rate in [Rate::SignIn, Rate::Token, Rate::Ceremony] {
            let passed = (0..1000).filter(|n| rates.count_here(rate, client(*n), None).is_ok()).count();
            assert_eq!(passed, 20, "{rate:?}");
        }
        assert_eq!((0..1000).filter(|n| rates.refused(client(*n)).is_ok()).count(), 20);
        let elsewhere = "2001:db8:8::1".parse().unwrap();
        rates.count_here(Rate::SignIn, elsewhere, None).unwrap();
        // One network that keeps calling takes nothing from the others.
        let passed = (0..1000).filter(|_| rates.count_here(Rate::SignIn, elsewhere, None).is_ok()).count();
        assert_eq!(passed, 1);
        rates.count_here(Rate::SignIn, "2001:db8:8:1::1".parse().unwrap(), None).unwrap();
    }

    #[test]
    fn a_user_has_twice_the_calls_of_a_session() {
        let rates = rates(2);
        let (ann, bob) = (caller(), caller());
        assert_eq!((0..10).filter(|_| rates.count_call(ann).is_ok()).count(), 4, "twice as many at once");
        let sessions = (0..10).map(|_| Caller { session: SessionId::new(), ..ann });
        assert_eq!(sessions.filter(|session| rates.count_call(*session).is_ok()).count(), 4);
        rates.count_call(bob).unwrap();
    }

    #[test]
    fn a_service_key_has_twenty_times_the_calls_of_a_session() {
        let rates = rates(2);
        let (orders, newsletter) = (KeyId::new(), KeyId::new());
        let passed = (0..200).filter(|_| rates.count_call_of_key(orders).is_ok()).count();
        assert_eq!(passed, 80, "twice as many at once");
        rates.count_call_of_key(newsletter).unwrap();
    }

    #[test]
    fn changes_count_by_user_from_any_client() {
        let rates = rates(2);
        let ann = caller();
        let client = |n: u8| IpAddr::from([192, 0, 2, n]);
        let change = |rate, n, session| rates.count_here(rate, client(n), Some(session)).map(drop);
        change(Rate::Change, 1, ann).unwrap();
        change(Rate::Token, 2, Caller { session: SessionId::new(), ..ann }).unwrap();
        assert!(is_limited(change(Rate::Change, 3, ann)));
        assert!(is_limited(change(Rate::PasswordChange, 4, ann)));
        change(Rate::Calls, 5, ann).unwrap();
        let bob = caller();
        change(Rate::PasswordChange, 1, bob).unwrap();
        rates.give_back(Rate::PasswordChange, bob);
        change(Rate::PasswordChange, 1, bob).unwrap();
    }
}
