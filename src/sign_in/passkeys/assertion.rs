//! Assertions of passkeys: for a sign-in, its second factor, or the proof of a session.

use super::super::{
    finish::{Device, Proof, SignedIn},
    tickets::PresentedTicket,
};
use crate::{
    account::{Accounts, Change, Error},
    crypto::{
        ticket::TicketPurpose,
        webauthn::{AssertionCredential, Refused, StoredCredential},
    },
    domain::{
        client::Client,
        ids::UserId,
        security_event::{SecurityEvent, SecurityEventType},
        session::AuthenticationMethod,
        sign_in_methods::PasskeyName,
    },
    store::{PasskeyRow, PasskeyUse, UserRow},
};
use serde_json::json;
use std::sync::Arc;

/// How often an assertion is checked again because the account has changed in the meantime.
const ATTEMPTS: usize = 3;

/// A client's answer to a ceremony.
#[derive(Clone, Debug)]
pub struct PasskeyAnswer {
    /// The ceremony.
    pub ceremony: String,
    /// The browser's answer to its options.
    pub credential: AssertionCredential,
}

/// A valid assertion, to be recorded in the transaction that it authorises.
#[derive(Clone, Debug)]
pub(crate) struct UsedPasskey {
    ceremony: PresentedTicket,
    user: UserId,
    name: PasskeyName,
    r#use: PasskeyUse,
}

impl Accounts {
    /// Opens a session with a passkey. A passkey verifies its user, so no second factor is required.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a ceremony that is used, expired or for another purpose,
    /// [`Error::InvalidCredentials`] for an invalid assertion or an unknown passkey.
    pub async fn sign_in_by_passkey(
        self: &Arc<Self>,
        answer: &PasskeyAnswer,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        // Without a user handle in the answer, the passkey determines the user.
        if answer.credential.user_handle.is_none() {
            return Err(Error::InvalidCredentials);
        }
        for _ in 0..ATTEMPTS {
            let checked = self.check_passkey(TicketPurpose::PasskeyLogin, &[], answer, None, &device.client);
            let (user, passkey) = checked.await?;
            if user.disabled_at.is_some() {
                return Err(Error::AccountDisabled);
            }
            let proof = Proof { passkey: Some(passkey), ..Proof::of(user, vec![AuthenticationMethod::Passkey]) };
            if let Some(signed_in) = self.finish_sign_in(&proof, device).await? {
                return Ok(signed_in);
            }
        }
        Err(Error::InvalidCredentials)
    }

    /// Checks that this is a valid assertion of a passkey, and of the user `owner` if one is given; nothing is used up
    /// yet.
    pub(in crate::sign_in) async fn check_passkey(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        answer: &PasskeyAnswer,
        owner: Option<UserId>,
        client: &Client,
    ) -> Result<(UserRow, UsedPasskey), Error> {
        let PasskeyAnswer { ceremony, credential } = answer;
        let ceremony = self.open_ceremony(purpose, holder, ceremony)?;
        let party = self.relying_party()?;
        let mut tx = self.store.read().await?;
        // A repeated assertion must not be taken for one of a cloned key, whose counter has not increased either.
        let is_spent = tx.is_ticket_spent(ceremony.id).await?;
        let passkey = tx.find_passkey(&credential.id).await?;
        let user = match &passkey {
            Some(passkey) => tx.find_user(passkey.user_id).await?,
            None => None,
        };
        tx.end_read().await?;
        if is_spent {
            return Err(Error::InvalidToken);
        }
        let Some((user, passkey)) = user.zip(passkey).filter(|(user, _)| owner.is_none_or(|id| id == user.user_id))
        else {
            tracing::info!(target: "security", ip = %client.ip, "passkey_unknown");
            return Err(Error::InvalidCredentials);
        };
        let stored = StoredCredential {
            user: user.user_id.0.as_bytes(),
            public_key: &passkey.public_key,
            counter: passkey.counter,
            backup_eligible: passkey.backup_eligible,
        };
        match party.verify_assertion(&ceremony.challenge, credential, stored) {
            Ok(assertion) => {
                let PasskeyRow { id, name, backed_up: was_backed_up, .. } = passkey;
                let r#use =
                    PasskeyUse { id, counter: assertion.counter, backed_up: assertion.backed_up, was_backed_up };
                let used = UsedPasskey { ceremony: ceremony.ticket(), user: user.user_id, name, r#use };
                Ok((user, used))
            }
            Err(Refused::Counter) => {
                self.record_cloned_passkey(user.user_id, &passkey.name, client).await?;
                Err(Error::InvalidCredentials)
            }
            Err(refused) => {
                let user = user.user_id;
                tracing::info!(target: "security", %user, ip = %client.ip, %refused, "passkey_refused");
                Err(Error::InvalidCredentials)
            }
        }
    }

    /// Records for the owner that a key may have been cloned, which only one authenticator should have.
    async fn record_cloned_passkey(&self, user: UserId, name: &PasskeyName, client: &Client) -> Result<(), Error> {
        let detail = json!({ "passkey": name });
        let event = SecurityEvent::now(SecurityEventType::PasskeyRefused, self.clock.now(), None, Some(client), detail);
        let mut tx = self.store.write().await?;
        tx.insert_security_event(user, &event).await?;
        tx.commit().await?;
        tracing::info!(target: "security", %user, ip = %client.ip, "passkey_refused: its counter has not increased");
        Ok(())
    }

    /// Passes on why a change was abandoned; if the passkey's counter was the reason, it is recorded for the owner.
    pub(in crate::sign_in) async fn refuse_passkey(&self, passkey: &UsedPasskey, client: &Client) -> Error {
        match self.record_cloned_passkey(passkey.user, &passkey.name, client).await {
            Ok(()) => Error::InvalidCredentials,
            Err(error) => error,
        }
    }
}

impl Change<'_> {
    /// Uses up the ceremony of an assertion and records the use of its passkey; `false` if its counter is not the
    /// highest any more.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if the ceremony is used already.
    pub(in crate::sign_in) async fn use_passkey(&mut self, passkey: &UsedPasskey) -> Result<bool, Error> {
        self.use_ticket(passkey.ceremony).await?;
        Ok(self.account().use_passkey(&passkey.r#use).await?)
    }
}
