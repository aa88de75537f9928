//! Changing the e-mail address: requested with the password, confirmed from the new mailbox.

use super::owner_check::OwnerCheck;
use crate::{
    account::{Accounts, Actor, BATCH, Change, Error, LetterRequest},
    crypto::{opaque_token::Purpose, password::Queue},
    domain::{
        client::Client,
        email::EmailAddress,
        fault::{Fault, Rule},
        ids::{TokenId, UserId},
        letter::{Content, Letter, LetterKind},
        one_time_token::{OneTimeToken, TokenPurpose},
        password::Password,
        profile::Profile,
        security_event::SecurityEventType,
        session::{Caller, EndReason},
    },
    store::{self, UserRow},
};
use serde_json::json;
use std::sync::Arc;

/// Wrong passwords that may come with one link.
const WRONG_PASSWORDS: i64 = 5;

impl Accounts {
    /// Mails a link to a new address; a newer request replaces the older one. For an address that has an account the
    /// answer and `pending_email` are the same, but there is no token, and the owner of the address gets a notice.
    pub async fn request_email_change(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        current: Option<&Password>,
        new_email: EmailAddress,
    ) -> Result<(), Error> {
        if self.live_caller(caller).await?.user.email == new_email {
            let fault = Fault::new(Rule::SameAsPresent, "is the current address");
            return Err(Error::invalid("new_email", fault));
        }
        let check = self.begin_owner_check(caller, client, current).await?;
        let came = self.request_email_change_by(&check, caller, client, current, new_email).await;
        self.settle_owner_check(&check, came).await
    }

    async fn request_email_change_by(
        self: &Arc<Self>,
        check: &OwnerCheck<'_>,
        caller: Caller,
        client: &Client,
        current: Option<&Password>,
        new_email: EmailAddress,
    ) -> Result<(), Error> {
        let user = &check.user;
        if let Some(current) = current {
            self.check_password(user, caller, current).await?;
        }
        let mut change = self.change_as_checked(check.actor, user).await?;
        let now = change.now();
        let owner = change.tx().find_user_by_email(&new_email).await?;
        let kind = if owner.is_some() { LetterKind::EmailTaken } else { LetterKind::ConfirmEmailChange };
        let asked = LetterRequest::new(&new_email, kind, client, now);
        let room = self.has_room_for_email_change(change.tx(), &asked).await?;
        // If the request is not granted, the newest link stays valid, and its change keeps waiting.
        if room.granted {
            let letter = self.replace_email_change(&mut change, caller, &new_email, owner).await?;
            let sent = room.notice || kind != LetterKind::EmailTaken;
            self.queue_letter(change.tx(), &asked, Some(letter).filter(|_| sent)).await?;
        }
        // Within an allowance as well: somebody who knows the password must not be able to flood the owner's mailbox.
        let notice = LetterRequest::new(&user.email, LetterKind::EmailChangeRequested, client, now);
        let room = self.has_room(change.tx(), &notice).await?;
        let content = Content::EmailChangeRequested { new_email };
        let letter = Letter { user: Some(caller.user), to: user.email.clone(), locale: user.locale, content };
        self.queue_letter(change.tx(), &notice, Some(letter).filter(|_| room)).await?;
        check.resolve(&mut change, SecurityEventType::EmailChangeRequested).await?;
        change.commit().await?;
        Ok(())
    }

    /// Makes the change to `new_email` the waiting one, and its link the only valid one. Returns the letter for that
    /// address: the link, or a notice to its `owner`, with the same work.
    async fn replace_email_change(
        &self,
        change: &mut Change<'_>,
        caller: Caller,
        new_email: &EmailAddress,
        owner: Option<UserRow>,
    ) -> Result<Letter, Error> {
        let now = change.now();
        change.tx().spend_tokens_for(caller.user, TokenPurpose::ChangeEmail, now).await?;
        let token = OneTimeToken {
            id: TokenId::new(),
            // For a taken address the token belongs to no user, so it is not stored.
            user: if owner.is_none() { caller.user } else { UserId::new() },
            purpose: TokenPurpose::ChangeEmail,
            new_email: Some(new_email.clone()),
            created_at: now,
            expires_at: now.after(self.lifetimes.one_time_token),
        };
        change.tx().insert_token(&token, None).await?;
        let mut profile = change.user().profile();
        if profile.pending_email.as_ref() != Some(new_email) {
            profile.pending_email = Some(new_email.clone());
            change.save_profile(profile);
        }
        change.account().set_pending_email_until(token.expires_at, caller.session).await?;
        Ok(match owner {
            Some(owner) => Letter {
                user: Some(owner.user_id),
                to: owner.email,
                locale: owner.locale,
                content: Content::EmailTaken,
            },
            None => Letter {
                user: Some(caller.user),
                to: new_email.clone(),
                locale: change.user().locale,
                content: Content::ConfirmEmailChange { token: token.id },
            },
        })
    }

    /// Uses up a link that confirms a new address, for a session of the account or with its password: clicking on a
    /// stranger's link must not give the stranger one's address. The account has the new address from then on, every
    /// session ends, and the old address gets a letter.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] without either; the link stays valid until five wrong passwords have come with it.
    /// [`Error::Conflict`] if an account has the new address by then.
    pub async fn confirm_email_change(
        self: &Arc<Self>,
        token: &str,
        caller: Option<Caller>,
        password: Option<&Password>,
        client: &Client,
    ) -> Result<EmailAddress, Error> {
        let (id, _) = self.opaque_tokens.open(Purpose::ChangeEmail, token).ok_or(Error::InvalidToken)?;
        let (id, purpose) = (TokenId(id), TokenPurpose::ChangeEmail);
        let shown_for = self.check_link_owner(id, caller, password).await?;
        let mut tx = self.store.write().await?;
        // The token is read first, then the account is locked, then the token is used up.
        let found = tx.find_token(id, purpose, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let mut change = self.change_in(tx, found.user, Actor::Link(client)).await?;
        if change.user().credentials_version != shown_for {
            return Err(Error::InvalidToken);
        }
        let now = change.now();
        let token = change.tx().spend_token(id, purpose, now).await?.ok_or(Error::InvalidToken)?;
        let new_email = token.new_email.ok_or(Error::InvalidToken)?;
        if change.tx().find_user_by_email(&new_email).await?.is_some() {
            return Err(Error::Conflict("email"));
        }
        change.end_everything(EndReason::EmailChanged).await?;
        let old = change.user().email.clone();
        change.tell_owner(Content::EmailChanged { new_email: new_email.clone() }).await?;
        change.tx().delete_password_failures(&old).await?;
        change.account().set_email(&new_email).await.map_err(|error| match error {
            store::Error::Unique(_) => Error::Conflict("email"),
            other => other.into(),
        })?;
        change.record(SecurityEventType::EmailChanged, json!({})).await?;
        change.commit().await?;
        Ok(new_email)
    }

    /// Checks that the caller is a session of the link's account, or that the password is that account's. Returns the
    /// version of the credentials for which this holds.
    async fn check_link_owner(
        self: &Arc<Self>,
        id: TokenId,
        caller: Option<Caller>,
        password: Option<&Password>,
    ) -> Result<i64, Error> {
        let mut tx = self.store.read().await?;
        let token = tx.find_token(id, TokenPurpose::ChangeEmail, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let user = tx.find_user(token.user).await?.ok_or(Error::InvalidToken)?;
        tx.end_read().await?;
        if let Some(caller) = caller.filter(|caller| caller.user == user.user_id) {
            self.live_caller(caller).await?;
            return Ok(user.credentials_version);
        }
        let Some(password) = password else { return Err(Error::InvalidCredentials) };
        let mut tx = self.store.write().await?;
        if !tx.count_token_failure(id, WRONG_PASSWORDS).await? {
            return Err(Error::InvalidToken);
        }
        tx.commit().await?;
        let verified = self.verify_password(password, &user.email, user.password_hash.as_deref(), Queue::Known).await?;
        if !verified.ok {
            return Err(Error::InvalidCredentials);
        }
        let mut tx = self.store.write().await?;
        tx.withdraw_token_failure(id).await?;
        tx.commit().await?;
        Ok(user.credentials_version)
    }

    /// Drops, through the log, the changes whose link has expired.
    pub async fn end_overdue_email_changes(self: &Arc<Self>) -> Result<(), Error> {
        loop {
            let users = self.store.find_overdue_email_changes(self.clock.now(), BATCH).await?;
            for user in &users {
                self.end_overdue_email_change(*user).await?;
            }
            if users.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }

    async fn end_overdue_email_change(self: &Arc<Self>, user: UserId) -> Result<(), Error> {
        let mut change = match self.change(user, Actor::Server).await {
            Err(Error::NotFound) => return Ok(()),
            change => change?,
        };
        // A newer request may have replaced it.
        if !change.account().end_overdue_email_change().await? {
            return Ok(());
        }
        change.drop_pending_email();
        change.commit().await
    }

    /// Drops a pending change and its token.
    pub async fn cancel_email_change(self: &Arc<Self>, caller: Caller, client: &Client) -> Result<Profile, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        if change.user().pending_email.is_none() {
            return Ok(change.user().profile());
        }
        let now = change.now();
        change.tx().spend_tokens_for(caller.user, TokenPurpose::ChangeEmail, now).await?;
        change.drop_pending_email();
        change.record(SecurityEventType::EmailChangeCancelled, json!({})).await?;
        let profile = change.account().profile();
        change.commit().await?;
        Ok(profile)
    }
}
