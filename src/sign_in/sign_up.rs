//! Registration and the verification of its address.

use crate::{
    account::{Accounts, Actor, Error},
    crypto::{opaque_token::Purpose, password::Queue},
    domain::{
        client::Client,
        email::EmailAddress,
        ids::{RegistrationId, UserId},
        letter::{Content, Letter},
        password::Password,
        profile::PersonalData,
        security_event::SecurityEventType,
    },
    store::{NewUser, RegistrationRow},
};
use serde_json::json;
use std::sync::Arc;

/// What somebody registers with.
#[derive(Debug)]
pub struct Registration {
    /// The address; nothing is known of it but its form.
    pub email: EmailAddress,
    /// The chosen password.
    pub password: Password,
    /// Names and the rest.
    pub person: PersonalData,
}

impl Accounts {
    /// Begins a registration and mails the link that verifies it. An address that has an account gets the
    /// same answer after the same work; its owner is told instead, and the registration, whose link
    /// nobody was sent, lapses.
    pub async fn register(&self, registration: Registration) -> Result<(), Error> {
        let password_hash = self.passwords.hash(&registration.password, Queue::Strangers).await?;
        let now = self.clock.now();
        let person = registration.person;
        let row = RegistrationRow {
            id: RegistrationId::new(),
            email: registration.email,
            password_hash: Some(password_hash),
            external_id: None,
            first_name: person.first_name,
            last_name: person.last_name,
            company_name: person.company_name,
            phone: person.phone,
            locale: person.locale,
            token_generation: 1,
            token_expires_at: now.after(self.lifetimes.one_time_token),
            created_at: now,
        };
        let mut tx = self.store.write().await?;
        let room = self.has_room(&mut tx, &row.email, now).await?;
        let owner = tx.find_user_by_email(&row.email).await?;
        let letter = match owner {
            None => Letter {
                user: None,
                to: row.email.clone(),
                locale: row.locale,
                content: Content::VerifyEmail { registration: row.id, generation: row.token_generation },
            },
            Some(owner) => Letter {
                user: Some(owner.user_id),
                to: owner.email,
                locale: owner.locale,
                content: Content::AlreadyRegistered,
            },
        };
        tx.insert_registration(&row).await?;
        self.queue_letter(&mut tx, &row.email, Some(letter).filter(|_| room), now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Spends a verification token: makes the account from its registration and drops the others of the
    /// same address. [`Error::Conflict`] if an account has the address by then.
    pub async fn verify_email(self: &Arc<Self>, token: &str, client: &Client) -> Result<EmailAddress, Error> {
        let (id, generation) = self.opaque_tokens.open(Purpose::VerifyEmail, token).ok_or(Error::InvalidToken)?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let registration = tx.take_registration(RegistrationId(id), generation, now).await?;
        let registration = registration.ok_or(Error::InvalidToken)?;
        let hash = registration.password_hash.as_deref();
        let cost = hash.and_then(|hash| self.passwords.cost_of(hash).ok().flatten());
        let user = NewUser {
            id: UserId::new(),
            email: registration.email.clone(),
            person: registration.person(),
            password_hash: registration.password_hash,
            imported_cost: cost.map(|cost| cost.to_string()),
            external_id: registration.external_id,
            created_at: now,
        };
        let mut change = self.create_account(tx, &user, Actor::Link(client)).await?;
        change.record(SecurityEventType::AccountCreated, json!({})).await?;
        change.commit().await?;
        Ok(user.email)
    }

    /// Mails a new link for the address's newest registration; the older links are void. The same answer
    /// after the same work where there is none, or an account.
    pub async fn resend_verification(&self, email: &EmailAddress) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let room = self.has_room(&mut tx, email, now).await?;
        let owner = tx.find_user_by_email(email).await?;
        let expires_at = now.after(self.lifetimes.one_time_token);
        let renewed = tx.renew_registration_token(email, expires_at, room).await?;
        let letter = renewed.filter(|_| owner.is_none()).map(|registration| Letter {
            user: None,
            to: registration.email,
            locale: registration.locale,
            content: Content::VerifyEmail { registration: registration.id, generation: registration.token_generation },
        });
        self.queue_letter(&mut tx, email, letter, now).await?;
        tx.commit().await?;
        Ok(())
    }
}
