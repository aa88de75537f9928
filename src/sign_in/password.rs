//! Signing in with e-mail address and password.

use super::finish::{Device, Proof, SignedIn};
use super::guesses::{Guess, GuessFrom};
use crate::{
    account::{Accounts, Error},
    crypto::password::Queue,
    domain::{
        client::Client, email::EmailAddress, password::Password, security_event::SecurityEventType,
        session::AuthenticationMethod,
    },
};
use std::sync::Arc;

/// How often the password is verified again because it was changed in the meantime.
const ATTEMPTS: usize = 3;

/// The presented credentials.
#[derive(Debug)]
pub struct Credentials {
    /// The address of the account.
    pub email: EmailAddress,
    /// The password to verify.
    pub password: Password,
}

impl Accounts {
    /// Opens a session with the password.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], whether the address has an account, a registration or neither.
    pub async fn sign_in(self: &Arc<Self>, credentials: &Credentials, device: &Device) -> Result<SignedIn, Error> {
        let (email, from) = (&credentials.email, GuessFrom::Anybody(device.token.as_ref()));
        let guess = self.begin_guess(email, SecurityEventType::SignInFailed, from, &device.client).await?;
        let came = self.sign_in_by(&guess, credentials, device).await;
        self.settle_guess(&guess, came).await
    }

    async fn sign_in_by(
        self: &Arc<Self>,
        guess: &Guess,
        credentials: &Credentials,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        for _ in 0..ATTEMPTS {
            let mut proof = self.prove_by_password(credentials, &device.client, guess.queue()).await?;
            proof.guess = Some(guess.clone());
            if let Some(signed_in) = self.finish_sign_in(&proof, device).await? {
                return Ok(signed_in);
            }
        }
        // The password changes as fast as it is hashed: the presented one is no longer it.
        Err(Error::InvalidCredentials)
    }

    /// One hash is computed whether the address is known or not.
    async fn prove_by_password(
        &self,
        credentials: &Credentials,
        client: &Client,
        queue: Queue,
    ) -> Result<Proof, Error> {
        let user = self.store.find_user_by_email(&credentials.email).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let verified = self.verify_password(&credentials.password, &credentials.email, stored, queue).await?;
        let Some(user) = user.as_ref().filter(|_| verified.ok) else {
            let user = user.map(|user| user.user_id.to_string());
            tracing::info!(target: "security", user, ip = %client.ip, "sign_in_failed");
            return Err(Error::InvalidCredentials);
        };
        if user.disabled_at.is_some() {
            return Err(Error::AccountDisabled);
        }
        let new_hash = match verified.outdated {
            true => Some(self.passwords.hash(&credentials.password, queue).await?),
            false => None,
        };
        Ok(Proof { new_hash, ..Proof::of(user.clone(), vec![AuthenticationMethod::Password]) })
    }
}
