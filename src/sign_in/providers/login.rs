//! Signing in with a provider: to the linked account, to a new one, or to none yet.

use super::{
    super::{
        finish::{Device, Proof, SignedIn},
        tickets::PresentedTicket,
    },
    flow::{ProviderAnswer, link_to, person},
};
use crate::{
    account::{Accounts, Actor, Error},
    crypto::device_token::DeviceToken,
    domain::{
        client::Client,
        email::EmailAddress,
        ids::{RegistrationId, UserId},
        invitation::InvitationLink,
        security_event::SecurityEventType,
        session::AuthenticationMethod,
    },
    providers::Identity,
    store::{NewUser, RegistrationRow, UserRow, ValidInvitation},
};
use serde_json::json;
use std::sync::Arc;

/// How often the account is looked up again because it has changed in the meantime.
const ATTEMPTS: usize = 3;

impl Accounts {
    /// Opens a session with a provider's answer. The device's name and token are those given when the flow was started.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a flow that is used, expired or invalid, and for an answer that is refused. If no
    /// account is linked: [`Error::LinkRequired`] if one has the address, [`Error::EmailNotVerified`] if the provider
    /// has not verified the address, [`Error::SignUpClosed`].
    pub async fn sign_in_by_provider(
        self: &Arc<Self>,
        answer: ProviderAnswer,
        device: Device,
    ) -> Result<SignedIn, Error> {
        let (ticket, flow) = self.open_login_flow(&answer.flow).await?;
        let identity = self.identify(&flow.provider, answer, &device.client).await?;
        let token = flow.device_token.as_deref().and_then(DeviceToken::parse);
        let device = Device { name: flow.device_name, token: token.or(device.token), ..device };
        let mut ticket = Some(ticket);
        for _ in 0..ATTEMPTS {
            if let Some(user) = self.linked_user(&identity).await? {
                if user.disabled_at.is_some() {
                    return Err(Error::AccountDisabled);
                }
                let methods = vec![AuthenticationMethod::Provider];
                let proof = Proof { ticket, ..Proof::of(user, methods) };
                if let Some(signed_in) = self.finish_sign_in(&proof, &device).await? {
                    return Ok(signed_in);
                }
            } else if let Some(unused) = ticket {
                match self.sign_up_by_provider(&identity, flow.invitation, unused, &device.client).await {
                    Ok(()) => ticket = None,
                    // A concurrent sign-in was faster: the account is looked up again.
                    Err(Error::Conflict(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Err(Error::InvalidToken)
    }

    async fn linked_user(&self, identity: &Identity) -> Result<Option<UserRow>, Error> {
        let mut tx = self.store.read().await?;
        let user = match tx.find_provider_link(&identity.issuer, &identity.subject).await? {
            Some(user) => tx.find_user(user).await?,
            None => None,
        };
        tx.end_read().await?;
        Ok(user)
    }

    /// Creates an account for an address that the provider has verified; uses up the ticket.
    async fn sign_up_by_provider(
        self: &Arc<Self>,
        identity: &Identity,
        invitation: Option<InvitationLink>,
        ticket: PresentedTicket,
        client: &Client,
    ) -> Result<(), Error> {
        let Some(email) = &identity.email else {
            tracing::info!(target: "security", ip = %client.ip, provider = %identity.provider, "provider_tells_no_address");
            return Err(Error::InvalidToken);
        };
        if !identity.email_verified {
            let invitation = self.admit_by_provider(email, invitation).await?;
            return Err(self.register_by_provider(identity, email, invitation, ticket, client).await?);
        }
        if self.store.find_user_by_email(email).await?.is_some() {
            // Or a concurrent sign-in with the same identity was faster.
            return Err(match self.linked_user(identity).await? {
                Some(_) => Error::Conflict("provider"),
                None => Error::LinkRequired(identity.provider.clone()),
            });
        }
        let invitation = match self.admit_by_provider(email, invitation).await {
            // A concurrent sign-in with the same identity has used it up.
            Err(Error::SignUpClosed) if self.linked_user(identity).await?.is_some() => {
                return Err(Error::Conflict("provider"));
            }
            admitted => admitted?,
        };
        let mut tx = self.store.write().await?;
        // Before the account, as in the verification of a registration: otherwise the two could deadlock.
        tx.delete_registrations(email).await?;
        let new = NewUser {
            id: UserId::new(),
            email: email.clone(),
            password_hash: None,
            imported_cost: None,
            external_id: None,
            person: person(identity, email, invitation.as_ref()),
            invitation: invitation.map(|invitation| invitation.id),
            created_at: self.clock.now(),
        };
        let mut change = self.create_account(tx, &new, Actor::Link(client)).await?;
        change.use_ticket(ticket).await?;
        if !change.account().insert_provider_link(&link_to(identity)).await? {
            return Err(Error::Conflict("provider"));
        }
        change.record(SecurityEventType::AccountCreated, json!({ "provider": identity.label })).await?;
        change.commit().await
    }

    /// Applies the sign-up policy to a registration by a provider; every refusal is [`Error::SignUpClosed`].
    async fn admit_by_provider(
        &self,
        email: &EmailAddress,
        invitation: Option<InvitationLink>,
    ) -> Result<Option<ValidInvitation>, Error> {
        self.sign_up_policy.check_domain(email).map_err(|_| Error::SignUpClosed)?;
        self.admit(email, invitation).await
    }

    /// Starts a registration that is linked when it is verified, and returns the error that reports it: the same after
    /// the same work whether or not the address has an account.
    async fn register_by_provider(
        &self,
        identity: &Identity,
        email: &EmailAddress,
        invitation: Option<ValidInvitation>,
        ticket: PresentedTicket,
        client: &Client,
    ) -> Result<Error, Error> {
        let now = self.clock.now();
        let person = person(identity, email, invitation.as_ref());
        let row = RegistrationRow {
            id: RegistrationId::new(),
            email: email.clone(),
            password_hash: None,
            external_id: None,
            first_name: person.first_name,
            last_name: person.last_name,
            company_name: None,
            phone: None,
            locale: person.locale,
            token_generation: 1,
            token_expires_at: now.after(self.lifetimes.one_time_token),
            link: link_to(identity).into(),
            invitation_id: invitation.map(|invitation| invitation.id),
            created_at: now,
        };
        let mut tx = self.store.write().await?;
        if now >= ticket.expires_at || !tx.spend_ticket(ticket.id, ticket.expires_at).await? {
            return Err(Error::InvalidToken);
        }
        let registered = self.begin_registration(tx, &row, client).await?;
        Ok(Error::EmailNotVerified(registered.handle))
    }
}
