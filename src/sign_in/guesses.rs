//! What protects accounts: guesses are counted before they are looked at, and what happens is noted for
//! the owner (OWASP ASVS 5, 6.3.1 and 16.3).

use crate::{
    account::{Accounts, Error},
    domain::{
        email::EmailAddress,
        ids::{SecurityEventId, SessionId, UserId},
        network::network,
        security_event::{Origin, SecurityEvent, SecurityEventType},
        session::Caller,
        time::Timestamp,
    },
    store::{Outcome, Tx},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// How long wrong passwords count (docs/settings.md).
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// How long a network that signed in to an account is known to it (docs/settings.md).
const KNOWN_NETWORK: Duration = Duration::from_secs(30 * 86_400);

/// A password that somebody presented, counted and noted as wrong until it turns out to be right.
#[derive(Debug)]
pub(crate) struct Guess {
    subject: String,
    event: SecurityEventId,
}

impl Accounts {
    /// Counts and notes a guess. Strangers share an allowance for each address; a network that the owner
    /// signed in from has one of its own, so strangers cannot lock the owner out there. The statements
    /// are the same whether the address is known or not.
    pub(crate) async fn begin_guess(
        &self,
        email: &EmailAddress,
        noted_as: SecurityEventType,
        origin: &Origin,
    ) -> Result<Guess, Error> {
        let now = self.clock.now();
        let network = network(origin.ip).to_string();
        let mut tx = self.store.write().await?;
        let known = tx.is_known_network(email, &network, now.before(KNOWN_NETWORK)).await?;
        let subject = if known { format!("{email} {network}") } else { email.to_string() };
        let (failures, since) = tx.count_password_failure(&subject, now, now.before(WINDOW)).await?;
        if failures > i64::from(self.failures_per_account.get()) {
            let retry_after = since.after(WINDOW).since(now).max(Duration::from_millis(1));
            tracing::info!(target: "security", ip = %origin.ip, "password_rate_limited");
            return Err(Error::RateLimited { retry_after });
        }
        let event = SecurityEvent::now(noted_as, now, None, Some(origin), json!({}));
        tx.insert_security_event_for(email, &event).await?;
        tx.commit().await?;
        Ok(Guess { subject, event: event.id })
    }

    /// The guess was right: it counts no longer, and what was noted is what it led to.
    pub(crate) async fn resolve_guess(
        tx: &mut Tx,
        guess: &Guess,
        became: SecurityEventType,
        session: Option<SessionId>,
    ) -> Result<(), Error> {
        tx.withdraw_password_failure(&guess.subject).await?;
        Ok(tx.resolve_security_event(guess.event, became, session).await?)
    }

    /// Passes on what came of a guess. If the password was right, or was not looked at, and the call failed
    /// all the same, it is neither counted nor noted as wrong. A success has resolved it in its change.
    pub(crate) async fn settle_guess<T>(&self, guess: &Guess, came: Result<T, Error>) -> Result<T, Error> {
        let stays = matches!(
            &came,
            Ok(_)
                | Err(Error::InvalidCredentials)
                // Nobody knows whether the change, and with it the guess, was resolved.
                | Err(Error::Unavailable { outcome: Outcome::Unknown, .. })
        );
        if !stays && let Err(error) = self.withdraw_guess(guess).await {
            tracing::warn!(?error, "a password that was not wrong stays counted as such");
        }
        came
    }

    async fn withdraw_guess(&self, guess: &Guess) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        tx.withdraw_password_failure(&guess.subject).await?;
        tx.delete_security_event(guess.event).await?;
        Ok(tx.commit().await?)
    }

    /// Notes what a transaction does to a user's security, in it.
    pub(crate) async fn note(
        tx: &mut Tx,
        user: UserId,
        r#type: SecurityEventType,
        at: Timestamp,
        by: Option<(Option<SessionId>, &Origin)>,
        detail: Value,
    ) -> Result<(), Error> {
        let event = SecurityEvent::now(r#type, at, by.and_then(|by| by.0), by.map(|by| by.1), detail);
        Ok(tx.insert_security_event(user, &event).await?)
    }

    /// A page of the caller's security log, newest first, and whether there is more.
    pub async fn security_log(
        self: &Arc<Self>,
        caller: Caller,
        before: Option<SecurityEventId>,
        limit: i64,
    ) -> Result<(Vec<SecurityEvent>, bool), Error> {
        let (mut tx, _) = self.read(caller).await?;
        let mut events = tx.list_security_events(caller.user, before, limit + 1).await?;
        tx.end_read().await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = events.len() > limit;
        events.truncate(limit);
        Ok((events, more))
    }
}
