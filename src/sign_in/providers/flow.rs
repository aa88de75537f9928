//! Flows: a ticket that only the browser that started it has. State, nonce and the verifier of the code are derived
//! from its text, so nothing is stored before it is used.

use super::super::tickets::PresentedTicket;
use crate::{
    account::{Accounts, Error},
    crypto::ticket::{Ticket, TicketPurpose},
    domain::{
        client::Client,
        email::EmailAddress,
        ids::TicketId,
        invitation::InvitationLink,
        profile::{Locale, Name, PersonalData},
        session::{Caller, DeviceName, ProvenCaller},
        sign_in_methods::ProviderName,
        time::Timestamp,
    },
    notices::Notices,
    providers::{Callback, Failure, Identity, Provider},
    store::{NewProviderLink, Outcome, ValidInvitation},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

/// The lifetime of a flow (docs/protocol.md, "Proof").
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The delay before a client should try again when a provider does not answer.
const RETRY: Duration = Duration::from_secs(5);

/// Rate-limited log lines about unavailable providers, by provider: strangers can cause them at will.
static UNAVAILABLE: LazyLock<Notices<ProviderName>> = LazyLock::new(|| Notices::new(crate::limits::PROVIDERS));

/// A flow that was started.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Flow {
    /// The flow, to be sent back with the provider's answer; only for the browser that started it.
    flow: String,
    /// The URL for the browser.
    authorization_url: String,
    /// When it expires.
    expires_at: Timestamp,
}

/// A provider's answer, as the browser passes it on.
#[derive(Clone, Debug)]
pub struct ProviderAnswer {
    /// The flow that it was started with.
    pub flow: String,
    /// The provider's answer.
    pub callback: Callback,
}

/// The content of a sign-in's flow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LoginFlow {
    pub provider: ProviderName,
    pub device_name: Option<DeviceName>,
    pub device_token: Option<String>,
    pub invitation: Option<InvitationLink>,
}

/// The content of a link's flow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LinkFlow {
    pub provider: ProviderName,
}

impl Accounts {
    /// Starts a sign-in by a provider; the invitation is for the account that it may create.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a provider that is not configured, [`Error::Unavailable`] for one that does not answer.
    pub async fn begin_provider_login(
        &self,
        provider: ProviderName,
        device_name: Option<DeviceName>,
        device_token: Option<String>,
        invitation: Option<&str>,
    ) -> Result<Flow, Error> {
        let invitation = invitation.and_then(|token| self.invitation_link(token));
        let data = LoginFlow { provider: provider.clone(), device_name, device_token, invitation };
        self.begin_flow(TicketPurpose::ProviderLogin, &[], &provider, data).await
    }

    /// Starts to link an account at a provider to the caller's.
    ///
    /// # Errors
    /// As for [`Accounts::begin_provider_login`].
    pub async fn begin_provider_link(
        self: &Arc<Self>,
        caller: ProvenCaller,
        provider: ProviderName,
    ) -> Result<Flow, Error> {
        let (tx, _) = self.read_proven(caller).await?;
        tx.end_read().await?;
        let data = LinkFlow { provider: provider.clone() };
        let session = caller.0.session;
        self.begin_flow(TicketPurpose::ProviderLink, session.0.as_bytes(), &provider, data).await
    }

    async fn begin_flow(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        provider: &ProviderName,
        data: impl Serialize,
    ) -> Result<Flow, Error> {
        let provider = self.provider(provider)?;
        let now = self.clock.now();
        let expires_at = now.after(LIFETIME);
        let flow = self.issue_ticket(purpose, holder, &Ticket { id: TicketId::at(now), expires_at, data })?;
        let url = provider.authorization_url(flow.expose()).await.map_err(|failure| refusal(provider, &failure))?;
        Ok(Flow { flow: flow.expose().to_owned(), authorization_url: url.into(), expires_at })
    }

    pub(super) fn provider(&self, name: &ProviderName) -> Result<&Provider, Error> {
        self.providers.find(name).ok_or(Error::NotFound)
    }

    /// The content of a sign-in's flow.
    pub(super) async fn open_login_flow(&self, text: &str) -> Result<(PresentedTicket, LoginFlow), Error> {
        self.open_flow(TicketPurpose::ProviderLogin, &[], text).await
    }

    /// The content of a link's flow that this session has started.
    pub(super) async fn open_link_flow(
        &self,
        caller: Caller,
        text: &str,
    ) -> Result<(PresentedTicket, LinkFlow), Error> {
        self.open_flow(TicketPurpose::ProviderLink, caller.session.0.as_bytes(), text).await
    }

    /// # Errors
    /// [`Error::InvalidToken`] for one that was used, has expired, or is for another purpose or holder.
    async fn open_flow<T: DeserializeOwned>(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        text: &str,
    ) -> Result<(PresentedTicket, T), Error> {
        let ticket = self.sealer.open_ticket::<T>(purpose, holder, text, self.clock.now());
        let Ticket { id, expires_at, data } = ticket.ok_or(Error::InvalidToken)?;
        // It is validated again when it is used. This check keeps a used flow from causing requests to the provider.
        let mut tx = self.store.read().await?;
        let is_used = tx.is_ticket_spent(id).await?;
        tx.end_read().await?;
        if is_used { Err(Error::InvalidToken) } else { Ok((PresentedTicket { id, expires_at }, data)) }
    }

    /// The identity in the provider's answer.
    pub(super) async fn identify(
        &self,
        provider: &ProviderName,
        answer: ProviderAnswer,
        client: &Client,
    ) -> Result<Identity, Error> {
        let provider = self.providers.find(provider).ok_or(Error::InvalidToken)?;
        provider.identify(&answer.flow, answer.callback).await.map_err(|failure| {
            if let Failure::Refused(why) = &failure {
                tracing::info!(target: "security", ip = %client.ip, provider = %provider.name(), %why, "provider_answer_refused");
            }
            refusal(provider, &failure)
        })
    }
}

fn refusal(provider: &Provider, failure: &Failure) -> Error {
    match failure {
        Failure::Refused(_) => Error::InvalidToken,
        Failure::Unavailable(why) => {
            if let Some(calls) = UNAVAILABLE.record(provider.name().clone()) {
                tracing::warn!(provider = %provider.name(), %why, calls, "a provider is unavailable");
            }
            Error::Unavailable { retry_after: RETRY, outcome: Outcome::NotDone }
        }
    }
}

/// The link to the account of a provider's answer.
pub(super) fn link_to(identity: &Identity) -> NewProviderLink {
    NewProviderLink {
        issuer: identity.issuer.clone(),
        subject: identity.subject.clone(),
        provider: identity.provider.clone(),
        label: identity.label.clone(),
        email: identity.email.clone(),
    }
}

/// The personal data from the provider's answer; a name that is missing there is taken from the invitation.
pub(super) fn person(identity: &Identity, email: &EmailAddress, invitation: Option<&ValidInvitation>) -> PersonalData {
    let local_part = email.as_str().split('@').next().unwrap_or_default();
    let (first_name, last_name) = match (identity.first_name.clone(), invitation) {
        (None, Some(ValidInvitation { first_name: Some(first_name), last_name, .. })) => {
            (Some(first_name.clone()), last_name.clone())
        }
        (first_name, _) => (first_name.or_else(|| Name::cut(local_part)), identity.last_name.clone()),
    };
    PersonalData {
        first_name: first_name.expect("the part of an address before the @ is text that shows"),
        last_name,
        company_name: None,
        phone: None,
        locale: invitation.map_or(Locale::En, |invitation| invitation.locale),
    }
}
