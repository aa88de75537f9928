//! Registration: started with an unverified address, verified from its mailbox.

use crate::{
    account::{Accounts, Error, LetterRequest, Operator, REGISTRATION_LIFETIME},
    crypto::{
        opaque_token::{Purpose, Secret},
        password::Queue,
    },
    domain::{
        audit::AuditEntry,
        client::Client,
        email::EmailAddress,
        ids::RegistrationId,
        letter::{Content, Letter, LetterKind},
        password::Password,
        profile::PersonalData,
        time::Timestamp,
    },
    store::{RegistrationLink, RegistrationRow, Tx, UserRow},
};
use serde_json::json;

/// The data of a registration.
#[derive(Debug)]
pub struct Registration {
    /// The address, which is not verified.
    pub email: EmailAddress,
    /// The chosen password.
    pub password: Password,
    /// Names and the rest.
    pub person: PersonalData,
    /// The token of an invitation.
    pub invitation: Option<String>,
}

/// A registration that was started.
#[derive(Debug)]
pub struct Registered {
    /// The secret handle for whoever started it.
    pub handle: Secret,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// The registration that another letter is requested for.
#[derive(Clone, Copy, Debug)]
pub enum ResendTo<'a> {
    /// The one with this handle.
    Registration(&'a str),
    /// The newest of this address.
    Email(&'a EmailAddress),
}

impl Accounts {
    /// Starts a registration and mails the link and the code that verify it. For an address that has an account the
    /// answer is the same after the same work; its owner gets a letter instead, and the registration, whose link was
    /// sent to nobody, lapses.
    ///
    /// # Errors
    /// [`Error::SignUpClosed`] and [`Error::InvalidParams`] by the policy of sign-up, before anything but the
    /// invitation is looked up.
    pub async fn register(&self, registration: Registration, client: &Client) -> Result<Registered, Error> {
        let link = registration.invitation.as_deref().and_then(|token| self.invitation_link(token));
        let invitation = self.admit(&registration.email, link).await?;
        self.sign_up_policy.check_domain(&registration.email).map_err(|fault| Error::invalid("email", fault))?;
        self.check_breached("password", &registration.password).await?;
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
            link: RegistrationLink::default(),
            invitation_id: invitation.map(|invitation| invitation.id),
            created_at: now,
        };
        let tx = self.store.write().await?;
        self.begin_registration(tx, &row, client).await
    }

    /// Stores a registration, mails its link and code or a letter to the owner of the address, and commits.
    pub(super) async fn begin_registration(
        &self,
        mut tx: Tx,
        row: &RegistrationRow,
        client: &Client,
    ) -> Result<Registered, Error> {
        let now = row.created_at;
        let owner = tx.find_user_by_email(&row.email).await?;
        let kind = if owner.is_some() { LetterKind::AlreadyRegistered } else { LetterKind::VerifyEmail };
        let asked = LetterRequest::new(&row.email, kind, client, now);
        let room = self.has_room(&mut tx, &asked).await?;
        let letter = owner.map_or_else(|| verification_letter(row), already_registered);
        tx.insert_registration(row).await?;
        self.queue_letter(&mut tx, &asked, Some(letter).filter(|_| room)).await?;
        tx.commit().await?;
        let handle = self.opaque_tokens.make(Purpose::Registration, row.id.0, 0);
        Ok(Registered { handle, expires_at: now.after(REGISTRATION_LIFETIME) })
    }

    /// The registration of this handle, if the handle is valid; whether the registration still exists is not checked.
    pub(super) fn registration_of(&self, handle: &str) -> Option<RegistrationId> {
        self.opaque_tokens.open(Purpose::Registration, handle).map(|(id, _)| RegistrationId(id))
    }

    /// Mails a new link and code for a registration; the older ones become void. The answer is the same, after the same
    /// work, if there is no registration, or an account.
    pub async fn resend_verification(&self, to: ResendTo<'_>, client: &Client) -> Result<(), Error> {
        let now = self.clock.now();
        let made_after = now.before(REGISTRATION_LIFETIME);
        let mut tx = self.store.write().await?;
        let (id, email) = self.addressee(&mut tx, to, made_after).await?;
        let asked = LetterRequest::new(&email, LetterKind::VerifyEmail, client, now);
        let room = self.has_room(&mut tx, &asked).await?;
        let owner = tx.find_user_by_email(&email).await?;
        let expires_at = now.after(self.lifetimes.one_time_token);
        let renewed = tx.renew_registration_token(id, expires_at, made_after, room).await?;
        let letter = renewed.filter(|_| owner.is_none()).map(|row| verification_letter(&row));
        self.queue_letter(&mut tx, &asked, letter).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Mails a new link and code for the newest registration of an address, on behalf of an operator.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no unverified registration, [`Error::RateLimited`] by the operators' own
    /// allowance.
    pub async fn send_verification(&self, email: &EmailAddress, operator: Operator<'_>) -> Result<(), Error> {
        let now = self.clock.now();
        let made_after = now.before(REGISTRATION_LIFETIME);
        let mut tx = self.store.write().await?;
        if tx.find_user_by_email(email).await?.is_some() {
            return Err(Error::NotFound);
        }
        let id = tx.find_newest_live_registration(email, made_after).await?.ok_or(Error::NotFound)?;
        let asked = LetterRequest::of_operator(email, LetterKind::VerifyEmail, now);
        self.check_room_for_operator(&mut tx, &asked).await?;
        let expires_at = now.after(self.lifetimes.one_time_token);
        let row = tx.renew_registration_token(id, expires_at, made_after, true).await?.ok_or(Error::NotFound)?;
        self.queue_letter(&mut tx, &asked, Some(verification_letter(&row))).await?;
        let detail = json!({ "registration_id": id });
        tx.insert_audit_entry(&AuditEntry::of(operator, "users.resend_verification", None, detail, now)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The registration that another letter is for, and its address; if there is none, an address that nobody has.
    async fn addressee(
        &self,
        tx: &mut Tx,
        to: ResendTo<'_>,
        made_after: Timestamp,
    ) -> Result<(RegistrationId, EmailAddress), Error> {
        match to {
            ResendTo::Email(email) => {
                let id = tx.find_newest_live_registration(email, made_after).await?;
                Ok((id.unwrap_or_default(), email.clone()))
            }
            ResendTo::Registration(handle) => {
                let id = self.registration_of(handle).unwrap_or_default();
                let email = tx.find_registration_email(id).await?;
                Ok((id, email.unwrap_or_else(|| EmailAddress::nobodys(id.0))))
            }
        }
    }
}

fn verification_letter(row: &RegistrationRow) -> Letter {
    Letter {
        user: None,
        to: row.email.clone(),
        locale: row.locale,
        content: Content::VerifyEmail { registration: row.id, generation: row.token_generation },
    }
}

fn already_registered(owner: UserRow) -> Letter {
    Letter { user: Some(owner.user_id), to: owner.email, locale: owner.locale, content: Content::AlreadyRegistered }
}
