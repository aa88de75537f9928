//! Registering, renaming and deleting passkeys.

use super::{
    ceremony::{LIFETIME, RegistrationCeremony},
    model::default_name,
};
use crate::{
    account::{Accounts, Actor, Error},
    crypto::{
        ticket::TicketPurpose,
        webauthn::{PasskeyOwner, RegistrationCredential},
    },
    domain::{
        client::Client,
        ids::PasskeyId,
        letter::Content,
        security_event::SecurityEventType,
        session::{Caller, ProvenCaller},
        sign_in_methods::{Passkey, PasskeyName, RegisteredPasskey},
    },
    limits::PASSKEYS,
    store::NewPasskey,
};
use serde_json::json;
use std::sync::Arc;

/// A client's answer to the ceremony of a registration.
#[derive(Debug)]
pub struct PasskeyRegistration {
    /// The ceremony.
    pub ceremony: String,
    /// The browser's answer to its options.
    pub credential: RegistrationCredential,
    /// The owner's name for it.
    pub name: Option<PasskeyName>,
}

impl Accounts {
    /// Starts the registration of a passkey, by an authenticator that has no passkey of the account.
    ///
    /// # Errors
    /// [`Error::LimitReached`] if there are as many as allowed.
    pub async fn begin_passkey_registration(
        self: &Arc<Self>,
        caller: ProvenCaller,
    ) -> Result<RegistrationCeremony, Error> {
        let party = self.relying_party()?;
        let (mut tx, row) = self.read_proven(caller).await?;
        let passkeys = tx.list_passkeys(row.user.user_id).await?;
        tx.end_read().await?;
        if passkeys.len() >= PASSKEYS {
            return Err(Error::LimitReached(PASSKEYS));
        }
        let session = caller.0.session;
        let (text, ceremony) = self.begin_ceremony(TicketPurpose::PasskeyRegistration, session.0.as_bytes())?;
        let profile = row.user.profile();
        let full_name: Vec<_> = [Some(&profile.first_name), profile.last_name.as_ref()]
            .into_iter()
            .flatten()
            .map(|name| name.as_str())
            .collect();
        let owner = PasskeyOwner {
            id: profile.id.0.as_bytes(),
            name: profile.email.as_str(),
            display_name: &full_name.join(" "),
        };
        let excluded = passkeys.iter().map(|passkey| passkey.credential_id.as_slice());
        let options = party.creation_options(&ceremony.challenge, LIFETIME, &self.shop_name, owner, excluded);
        Ok(RegistrationCeremony { ceremony: text, options, expires_at: ceremony.expires_at })
    }

    /// Stores the passkey that an authenticator has created for a ceremony of this session.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a ceremony that is used, expired or another session's, [`Error::InvalidCredentials`]
    /// for an invalid answer, [`Error::Conflict`] for a passkey that is registered already, [`Error::LimitReached`].
    pub async fn register_passkey(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        registration: PasskeyRegistration,
    ) -> Result<Passkey, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let party = self.relying_party()?;
        let purpose = TicketPurpose::PasskeyRegistration;
        let ceremony = self.open_ceremony(purpose, caller.session.0.as_bytes(), &registration.ceremony)?;
        let made = party.verify_registration(&ceremony.challenge, &registration.credential).map_err(|refused| {
            tracing::info!(target: "security", user = %caller.user, ip = %client.ip, %refused, "passkey_refused");
            Error::InvalidCredentials
        })?;
        change.use_ticket(ceremony.ticket()).await?;
        if change.tx().list_passkeys(caller.user).await?.len() >= PASSKEYS {
            return Err(Error::LimitReached(PASSKEYS));
        }
        let name = registration.name.unwrap_or_else(|| default_name(made.model, client.user_agent.as_ref()));
        let new = NewPasskey {
            id: PasskeyId::new(),
            credential_id: made.id,
            public_key: made.public_key,
            counter: made.counter,
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            name: name.clone(),
        };
        if !change.account().insert_passkey(&new).await? {
            return Err(Error::Conflict("credential"));
        }
        change.record(SecurityEventType::PasskeyAdded, json!({ "passkey": name })).await?;
        change.tell_owner(Content::PasskeyAdded { name: name.clone() }).await?;
        let created_at = change.now();
        change.commit().await?;
        let registered = RegisteredPasskey { id: new.id, name, created_at, backed_up: new.backed_up };
        Ok(Passkey { registered, last_used_at: None })
    }

    /// Renames a passkey; the same name writes nothing.
    pub async fn rename_passkey(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        id: PasskeyId,
        name: PasskeyName,
    ) -> Result<Passkey, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let methods = change.account().sign_in_methods().await?;
        let passkey = methods.passkeys.into_iter().find(|passkey| passkey.registered.id == id);
        let mut passkey = passkey.ok_or(Error::NotFound)?;
        if passkey.registered.name == name {
            return Ok(passkey);
        }
        change.account().rename_passkey(id, &name).await?;
        change.commit().await?;
        passkey.registered.name = name;
        Ok(passkey)
    }

    /// Deletes a passkey.
    ///
    /// # Errors
    /// [`Error::LastSignInMethod`] if nobody could sign in without it.
    pub async fn delete_passkey(
        self: &Arc<Self>,
        caller: ProvenCaller,
        client: &Client,
        id: PasskeyId,
    ) -> Result<(), Error> {
        let mut change = self.change(caller.0.user, Actor::Proven(caller, client)).await?;
        let methods = change.account().sign_in_methods().await?;
        let passkey = methods.passkeys.iter().find(|passkey| passkey.registered.id == id).ok_or(Error::NotFound)?;
        if !methods.password && methods.providers.is_empty() && methods.passkeys.len() == 1 {
            return Err(Error::LastSignInMethod);
        }
        let name = passkey.registered.name.clone();
        change.account().delete_passkey(id).await?;
        change.record(SecurityEventType::PasskeyDeleted, json!({ "passkey": name })).await?;
        change.tell_owner(Content::PasskeyDeleted { name }).await?;
        change.commit().await
    }
}
