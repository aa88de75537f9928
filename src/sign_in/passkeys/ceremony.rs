//! Ceremonies: a ticket, and a challenge that is derived from it, so that nothing is stored before a ceremony is used.

use super::super::tickets::PresentedTicket;
use crate::{
    account::{Accounts, Error},
    crypto::{
        ticket::{Ticket, TicketPurpose},
        webauthn::{CHALLENGE_BYTES, CreationOptions, RelyingParty, RequestOptions},
    },
    domain::{
        ids::{TicketId, UserId},
        session::Caller,
        time::Timestamp,
    },
    store::Tx,
};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

/// The lifetime of a ceremony (docs/protocol.md, "Proof").
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A ceremony that a passkey completes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AssertionCeremony {
    /// The ceremony, to be sent back with the credential.
    ceremony: String,
    /// The options for the browser.
    options: RequestOptions,
    /// When it expires.
    expires_at: Timestamp,
}

/// A ceremony that creates a passkey.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RegistrationCeremony {
    /// The ceremony, to be sent back with the credential.
    pub(super) ceremony: String,
    /// The options for the browser.
    pub(super) options: CreationOptions,
    /// When it expires.
    pub(super) expires_at: Timestamp,
}

/// A ceremony that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ceremony {
    /// Identifies it once it is used.
    pub id: TicketId,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The challenge that the authenticator signs.
    pub challenge: [u8; CHALLENGE_BYTES],
}

impl Ceremony {
    /// The ticket, to be used up with the authenticator's answer.
    pub fn ticket(&self) -> PresentedTicket {
        PresentedTicket { id: self.id, expires_at: self.expires_at }
    }
}

/// The challenge of a ceremony: nobody can forge a ticket, so nobody can choose or predict it.
fn challenge_of(ticket: &str) -> [u8; CHALLENGE_BYTES] {
    Sha256::digest(ticket).into()
}

impl Accounts {
    /// The domain that passkeys are bound to.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the frontend has no domain for them.
    pub(super) fn relying_party(&self) -> Result<&RelyingParty, Error> {
        self.relying_party.as_ref().ok_or(Error::Forbidden("passkeys require that the frontend has a domain name"))
    }

    /// Starts a ceremony for `purpose`, bound to `holder`.
    pub(super) fn begin_ceremony(&self, purpose: TicketPurpose, holder: &[u8]) -> Result<(String, Ceremony), Error> {
        let now = self.clock.now();
        let expires_at = now.after(LIFETIME);
        let ticket = Ticket { id: TicketId::at(now), expires_at, data: () };
        let text = self.sealer.issue_ticket(purpose, holder, &ticket);
        let text = text.map_err(|error| Error::Internal(error.to_string().into()))?.expose().to_owned();
        let challenge = challenge_of(&text);
        Ok((text, Ceremony { id: ticket.id, expires_at, challenge }))
    }

    /// The ceremony that was started with these.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for one that has expired, or is for another purpose or holder.
    pub(super) fn open_ceremony(&self, purpose: TicketPurpose, holder: &[u8], text: &str) -> Result<Ceremony, Error> {
        let ticket = self.sealer.open_ticket::<()>(purpose, holder, text, self.clock.now());
        let Ticket { id, expires_at, .. } = ticket.ok_or(Error::InvalidToken)?;
        Ok(Ceremony { id, expires_at, challenge: challenge_of(text) })
    }

    /// A ceremony for any passkey that the browser has: it signs in to the passkey's account.
    pub fn begin_passkey_login(&self) -> Result<AssertionCeremony, Error> {
        self.assertion_ceremony(TicketPurpose::PasskeyLogin, &[], &[])
    }

    /// A ceremony for a passkey of the caller's, which proves the session.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no passkey.
    pub async fn begin_passkey_proof(self: &Arc<Self>, caller: Caller) -> Result<AssertionCeremony, Error> {
        self.relying_party()?;
        let (mut tx, _) = self.read(caller).await?;
        let (purpose, session) = (TicketPurpose::PasskeyProof, caller.session);
        let ceremony = self.begin_ceremony_of(&mut tx, caller.user, purpose, session.0.as_bytes()).await?;
        tx.end_read().await?;
        ceremony.ok_or(Error::NotFound)
    }

    /// A ceremony for a passkey of the user, bound to `holder`; `None` if the user has no passkey, or none can be used
    /// here.
    pub(in crate::sign_in) async fn begin_ceremony_of(
        &self,
        tx: &mut Tx,
        user: UserId,
        purpose: TicketPurpose,
        holder: &[u8],
    ) -> Result<Option<AssertionCeremony>, Error> {
        if self.relying_party.is_none() {
            return Ok(None);
        }
        let passkeys = tx.list_passkeys(user).await?;
        let allowed: Vec<_> = passkeys.into_iter().map(|passkey| passkey.credential_id).collect();
        if allowed.is_empty() { Ok(None) } else { self.assertion_ceremony(purpose, holder, &allowed).map(Some) }
    }

    fn assertion_ceremony(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        allowed: &[Vec<u8>],
    ) -> Result<AssertionCeremony, Error> {
        let party = self.relying_party()?;
        let (text, ceremony) = self.begin_ceremony(purpose, holder)?;
        let options = party.request_options(&ceremony.challenge, LIFETIME, allowed.iter().map(Vec::as_slice));
        Ok(AssertionCeremony { ceremony: text, options, expires_at: ceremony.expires_at })
    }
}

impl AssertionCeremony {
    /// Ceremony and options, for answers that give the expiry elsewhere.
    pub(in crate::sign_in) fn into_parts(self) -> (String, RequestOptions) {
        (self.ceremony, self.options)
    }
}
