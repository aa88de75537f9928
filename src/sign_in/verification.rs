//! Verifying a registration by the mailed link or code; the caller must prove that the registration is theirs, and may
//! then sign in by its handle.

use super::finish::{Device, Proof, SignedIn};
use crate::{
    account::{Accounts, Actor, Error, REGISTRATION_LIFETIME},
    crypto::{opaque_token::Purpose, password::Queue},
    domain::{
        client::Client,
        email::EmailAddress,
        ids::{RegistrationId, UserId},
        password::Password,
        security_event::SecurityEventType,
        session::AuthenticationMethod,
    },
    store::{GuessedRegistration, NewUser, Outcome, RegistrationRow, RegistrationSignIn, RegistrationToken},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// How long after the verification the registration's handle can sign in (docs/protocol.md, "Methods").
const SIGN_IN_WITHIN: Duration = Duration::from_secs(10 * 60);
/// The interval at which a waiting call checks whether the registration was verified on another node.
const LOOK: Duration = Duration::from_secs(1);

/// The proof that verifies a registration.
#[derive(Debug)]
pub enum Verification<'a> {
    /// The token of the letter's link, with a proof that the registration is the caller's.
    Link {
        /// The token.
        token: &'a str,
        /// The proof.
        proof: LetterProof<'a>,
    },
    /// The letter's code, and the handle of the registration.
    Code {
        /// The handle.
        registration: &'a str,
        /// The code.
        code: &'a str,
    },
}

/// The proof that a registration is the caller's: the reader of the mailbox may be somebody else.
#[derive(Debug)]
pub enum LetterProof<'a> {
    /// Its handle.
    Registration(&'a str),
    /// Its password.
    Password(&'a Password),
}

impl Accounts {
    /// Creates the account of a registration and drops the other registrations of the address; returns the address.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a token or code that is wrong, used or expired, and for a registration that is
    /// void. [`Error::InvalidCredentials`] for the handle or password of another registration: the token stays valid.
    /// [`Error::Conflict`] if an account has the address by then, or is linked to the provider's account.
    /// [`Error::SignUpClosed`] if the registration's invitation was withdrawn.
    pub async fn verify_email(
        self: &Arc<Self>,
        verification: Verification<'_>,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        match verification {
            Verification::Link { token, proof } => {
                let (id, generation) =
                    self.opaque_tokens.open(Purpose::VerifyEmail, token).ok_or(Error::InvalidToken)?;
                let token = self.registration_token(RegistrationId(id), generation);
                match proof {
                    LetterProof::Registration(handle) => self.verify_by_handle(token, handle, client).await,
                    LetterProof::Password(password) => self.verify_by_password(token, password, client).await,
                }
            }
            Verification::Code { registration, code } => {
                let id = self.registration_of(registration).ok_or(Error::InvalidToken)?;
                self.verify_by_code(id, code, client).await
            }
        }
    }

    fn registration_token(&self, id: RegistrationId, generation: i64) -> RegistrationToken {
        let now = self.clock.now();
        RegistrationToken { id, generation, made_after: now.before(REGISTRATION_LIFETIME), now }
    }

    async fn verify_by_handle(
        self: &Arc<Self>,
        token: RegistrationToken,
        handle: &str,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        if self.registration_of(handle) == Some(token.id) {
            return self.make_account(token, false, client).await;
        }
        match self.store.is_valid_registration_token(&token).await? {
            true => Err(Error::InvalidCredentials),
            false => Err(Error::InvalidToken),
        }
    }

    async fn verify_by_password(
        self: &Arc<Self>,
        token: RegistrationToken,
        password: &Password,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        let guessed = self.count_registration_guess(token.id, Some(token.generation)).await?;
        let guessed = guessed.ok_or(Error::InvalidToken)?;
        let came = async {
            let stored = guessed.password_hash.as_deref();
            if !self.verify_password(password, &guessed.email, stored, Queue::Strangers).await?.ok {
                return Err(Error::InvalidCredentials);
            }
            self.make_account(token, true, client).await
        };
        self.settle_registration_guess(token.id, came.await, |error| matches!(error, Error::InvalidCredentials)).await
    }

    async fn verify_by_code(
        self: &Arc<Self>,
        id: RegistrationId,
        code: &str,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        let guessed = self.count_registration_guess(id, None).await?.ok_or(Error::InvalidToken)?;
        let generation = guessed.token_generation;
        let was_sent = guessed.sent_generation == generation;
        if !self.opaque_tokens.is_code(Purpose::VerificationCode, id.0, generation, code) || !was_sent {
            return Err(Error::InvalidToken);
        }
        let came = self.make_account(self.registration_token(id, generation), true, client).await;
        self.settle_registration_guess(id, came, |_| false).await
    }

    /// Counts a guess before it is checked, in a transaction of its own, which holds no other lock.
    async fn count_registration_guess(
        &self,
        id: RegistrationId,
        token_generation: Option<i64>,
    ) -> Result<Option<GuessedRegistration>, Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let made_after = now.before(REGISTRATION_LIFETIME);
        let guessed = tx.count_registration_guess(id, token_generation, made_after, now).await?;
        tx.commit().await?;
        Ok(guessed)
    }

    /// Passes on the result of a guess; one that was right, or was not checked, is no longer counted.
    async fn settle_registration_guess<T>(
        &self,
        id: RegistrationId,
        came: Result<T, Error>,
        was_wrong: fn(&Error) -> bool,
    ) -> Result<T, Error> {
        let unknown = |error: &Error| matches!(error, Error::Unavailable { outcome: Outcome::Unknown, .. });
        if let Err(error) = &came
            && !was_wrong(error)
            && !unknown(error)
        {
            let withdrawn = async {
                let mut tx = self.store.write().await?;
                tx.withdraw_registration_guess(id).await?;
                tx.commit().await
            };
            if let Err(error) = withdrawn.await {
                tracing::warn!(?error, registration = %id, "a guess that was not wrong stays counted as such");
            }
        }
        came
    }

    /// Creates the account, once everything is proved.
    async fn make_account(
        self: &Arc<Self>,
        token: RegistrationToken,
        guessed: bool,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        let mut tx = self.store.write().await?;
        let registration = tx.take_registration(&token, guessed).await?.ok_or(Error::InvalidToken)?;
        let link = registration.provider_link();
        let user = self.new_user(registration, token);
        let mut change = self.create_account(tx, &user, Actor::Link(client)).await?;
        let sign_in = RegistrationSignIn {
            registration_id: token.id,
            user_id: user.id,
            credentials_version: change.user().credentials_version,
            expires_at: token.now.after(SIGN_IN_WITHIN),
        };
        change.tx().insert_registration_sign_in(&sign_in).await?;
        // Another account may have been linked since.
        if let Some(link) = &link
            && !change.account().insert_provider_link(link).await?
        {
            return Err(Error::Conflict("provider"));
        }
        let detail = link.map_or_else(|| json!({}), |link| json!({ "provider": link.label }));
        change.record(SecurityEventType::AccountCreated, detail).await?;
        change.commit().await?;
        self.waits.verified(token.id);
        Ok(user.email)
    }

    fn new_user(&self, registration: RegistrationRow, token: RegistrationToken) -> NewUser {
        let hash = registration.password_hash.as_deref();
        let cost = hash.and_then(|hash| self.passwords.cost_of(hash).ok().flatten());
        NewUser {
            id: UserId::new(),
            email: registration.email.clone(),
            person: registration.person(),
            password_hash: registration.password_hash,
            imported_cost: cost.map(|cost| cost.to_string()),
            external_id: registration.external_id,
            invitation: registration.invitation_id,
            created_at: token.now,
        }
    }

    /// Waits until a registration is verified, on any node, or the time has passed; returns whether it is verified and
    /// its handle can still sign in. An invalid handle waits as long. A newer wait for the same registration ends the
    /// older one, and if too many calls wait, the answer comes at once.
    pub async fn await_verification(&self, handle: &str, wait: Duration) -> Result<bool, Error> {
        let id = self.registration_of(handle).unwrap_or_default();
        let deadline = Instant::now() + wait;
        let waiting = if wait.is_zero() { None } else { self.waits.begin(id) };
        // Started before the database is read, so that a verification in the meantime ends the wait.
        let Some(mut waiting) = waiting else { return self.is_verified(id).await };
        loop {
            if self.is_verified(id).await? {
                return Ok(true);
            }
            let now = Instant::now();
            if now >= deadline {
                return Ok(false);
            }
            let look = if self.nodes_share_accounts { deadline.min(now + LOOK) } else { deadline };
            tokio::select! {
                verified = waiting.ended() => return Ok(verified),
                () = sleep_until(look) => {}
                () = self.hub.stopping().cancelled() => return Ok(false),
            }
        }
    }

    async fn is_verified(&self, id: RegistrationId) -> Result<bool, Error> {
        Ok(self.store.find_registration_sign_in(id, self.clock.now()).await?.is_some())
    }

    /// Opens a session, once, by the handle of a registration that has just been verified.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if the handle is invalid, used or late, or if the password, the sign-in methods or the
    /// state of the account have changed.
    pub async fn sign_in_by_registration(self: &Arc<Self>, handle: &str, device: &Device) -> Result<SignedIn, Error> {
        let id = self.registration_of(handle).ok_or(Error::InvalidToken)?;
        let sign_in = self.store.find_registration_sign_in(id, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let mut tx = self.store.read().await?;
        let user = tx.find_user(sign_in.user_id).await?.ok_or(Error::InvalidToken)?;
        tx.end_read().await?;
        if user.credentials_version != sign_in.credentials_version {
            return Err(Error::InvalidToken);
        }
        let proof = Proof { registration: Some(id), ..Proof::of(user, vec![AuthenticationMethod::Registration]) };
        self.finish_sign_in(&proof, device).await?.ok_or(Error::InvalidToken)
    }
}
