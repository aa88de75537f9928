//! Guesses at passwords: counted before they are checked (OWASP ASVS 5, 6.3.1).

use crate::{
    account::{Accounts, Change, Error},
    crypto::{device_token::DeviceToken, password::Queue},
    domain::{
        client::Client,
        email::EmailAddress,
        ids::{DeviceId, SecurityEventId, SessionId},
        security_event::{SecurityEvent, SecurityEventType},
    },
    store::{FoundDevice, Outcome},
};
use serde_json::json;
use std::time::Duration;

/// How long wrong passwords count (docs/settings.md).
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// A presented password, counted and recorded as wrong until it turns out to be right.
#[derive(Clone, Debug)]
pub struct Guess {
    subject: String,
    event: SecurityEventId,
    /// The known device that it came from, if any.
    device: Option<DeviceId>,
}

/// The origin of a guess, whose allowance it uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GuessFrom<'a> {
    /// A caller that presents this device token, or none.
    Anybody(Option<&'a DeviceToken>),
    /// A session that was opened from this device.
    Session(DeviceId),
}

impl Accounts {
    /// Counts and records a guess. Strangers share an allowance for each address; each known device of the account has
    /// one of its own, so that strangers cannot lock the owner out there. Devices that are known only by a reset of the
    /// password share one. The statements are the same whether the address is known or not.
    pub(crate) async fn begin_guess(
        &self,
        email: &EmailAddress,
        recorded_as: SecurityEventType,
        from: GuessFrom<'_>,
        client: &Client,
    ) -> Result<Guess, Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let device = match from {
            GuessFrom::Anybody(Some(token)) => tx.find_known_device(email, &token.key).await?,
            GuessFrom::Anybody(None) => None,
            GuessFrom::Session(id) => Some(FoundDevice { id, signed_in: true }),
        };
        let subject = match device {
            None => email.to_string(),
            Some(FoundDevice { id, signed_in: true }) => format!("{email} {id}"),
            // A reader of the mailbox can make any number of them.
            Some(FoundDevice { signed_in: false, .. }) => format!("{email} reset"),
        };
        let (failures, since) = tx.count_password_failure(&subject, now, now.before(WINDOW)).await?;
        if failures > i64::from(self.failures_per_account.get()) {
            let retry_after = since.after(WINDOW).since(now).max(Duration::from_millis(1));
            if since == now {
                // The window was started by a clock that was ahead, and restarts now.
                tx.commit().await?;
            }
            tracing::info!(target: "security", ip = %client.ip, "password_rate_limited");
            return Err(Error::RateLimited { retry_after });
        }
        let event = SecurityEvent::now(recorded_as, now, None, Some(client), json!({}));
        tx.insert_security_event_for(email, &event).await?;
        tx.commit().await?;
        Ok(Guess { subject, event: event.id, device: device.map(|device| device.id) })
    }

    /// Passes on the result of a guess. If the password was right, or was not checked, and the call failed
    /// nevertheless, it is neither counted nor recorded as wrong. A success has resolved it in its change.
    pub(crate) async fn settle_guess<T>(&self, guess: &Guess, came: Result<T, Error>) -> Result<T, Error> {
        let stays = matches!(
            &came,
            Ok(_)
                | Err(Error::InvalidCredentials)
                // It is unknown whether the change, and with it the guess, was resolved.
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
}

impl Guess {
    /// The queue in which its password waits to be hashed.
    pub(crate) fn queue(&self) -> Queue {
        if self.device.is_some() { Queue::Known } else { Queue::Strangers }
    }

    /// The guess was right: it is no longer counted, and the recorded failure is replaced by its outcome.
    pub(crate) async fn resolve(
        &self,
        change: &mut Change<'_>,
        became: SecurityEventType,
        session: Option<SessionId>,
    ) -> Result<(), Error> {
        change.tx().resolve_password_failure(&self.subject, self.event, became, session).await?;
        change.log(became, json!({}));
        Ok(())
    }
}
