//! Links between accounts here and accounts at providers.

use super::flow::{ProviderAnswer, link_to};
use crate::{
    account::{Accounts, Actor, Error},
    domain::{
        client::Client,
        letter::Content,
        security_event::SecurityEventType,
        session::{Caller, ProvenCaller},
        sign_in_methods::{ProviderName, SignInMethods},
    },
};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Links the account of a provider's answer; an existing link is not changed.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a flow that is used, expired or another session's, and for an answer that is
    /// refused. [`Error::Conflict`] if it is linked to another account, or the caller's account has a link to the same
    /// provider.
    pub async fn link_provider(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        answer: ProviderAnswer,
    ) -> Result<SignInMethods, Error> {
        let (tx, _) = self.read(caller).await?;
        tx.end_read().await?;
        let (ticket, flow) = self.open_link_flow(caller, &answer.flow).await?;
        let identity = self.identify(&flow.provider, answer, client).await?;
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        change.use_ticket(ticket).await?;
        let owner = change.tx().find_provider_link(&identity.issuer, &identity.subject).await?;
        if owner.is_some_and(|owner| owner != caller.user) {
            return Err(Error::Conflict("provider"));
        }
        if owner.is_none() {
            if !change.account().insert_provider_link(&link_to(&identity)).await? {
                return Err(Error::Conflict("provider"));
            }
            change.record(SecurityEventType::ProviderLinked, json!({ "provider": identity.label })).await?;
            change.tell_owner(Content::ProviderLinked { label: identity.label }).await?;
        }
        change.commit().await?;
        self.get_sign_in_methods(caller).await
    }

    /// Removes the link to a provider, including one that is no longer configured.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, [`Error::LastSignInMethod`] if nobody could sign in without it.
    pub async fn unlink_provider(
        self: &Arc<Self>,
        caller: ProvenCaller,
        client: &Client,
        provider: &ProviderName,
    ) -> Result<SignInMethods, Error> {
        let mut change = self.change(caller.0.user, Actor::Proven(caller, client)).await?;
        let methods = change.account().sign_in_methods().await?;
        let link = methods.providers.iter().find(|link| link.provider == *provider).ok_or(Error::NotFound)?;
        if !methods.password && methods.passkeys.is_empty() && methods.providers.len() == 1 {
            return Err(Error::LastSignInMethod);
        }
        let label = link.label.clone();
        change.account().delete_provider_link(provider).await?;
        change.record(SecurityEventType::ProviderUnlinked, json!({ "provider": label })).await?;
        change.tell_owner(Content::ProviderUnlinked { label }).await?;
        change.commit().await?;
        self.get_sign_in_methods(caller.0).await
    }
}
