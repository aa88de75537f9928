//! Changing the e-mail address: asked for with the password, confirmed from the new mailbox.

use super::guesses::Guess;
use crate::{
    account::{Accounts, BATCH, Error},
    crypto::opaque_token::Purpose,
    domain::{
        email::EmailAddress,
        fault::{Fault, Rule},
        ids::{TokenId, UserId},
        letter::{Content, Letter},
        one_time_token::{OneTimeToken, TokenPurpose},
        password::Password,
        profile::Profile,
        security_event::{Origin, SecurityEventType},
        session::{Caller, EndReason, EndedSession},
    },
    store::{self, AccountChange, UserRow},
};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Mails a link to a new address; the newest request replaces the older. An address that has an
    /// account gets the same answer and the same `pending_email`, but no token; its owner gets a notice.
    pub async fn request_email_change(
        self: &Arc<Self>,
        caller: Caller,
        current: &Password,
        new_email: EmailAddress,
        origin: &Origin,
    ) -> Result<(), Error> {
        if self.live_caller(caller).await?.user.email == new_email {
            let fault = Fault::new(Rule::SameAsPresent, "is the present address");
            return Err(Error::invalid("new_email", fault));
        }
        let (user, guess) = self.begin_proof(caller, origin).await?;
        let came = self.request_email_change_by(&guess, &user, caller, current, new_email).await;
        self.settle_guess(&guess, came).await
    }

    async fn request_email_change_by(
        self: &Arc<Self>,
        guess: &Guess,
        user: &UserRow,
        caller: Caller,
        current: &Password,
        new_email: EmailAddress,
    ) -> Result<(), Error> {
        self.prove(user, caller, current).await?;
        let mut change = self.change_as_proven(caller, user).await?;
        let now = change.now();
        let room = self.has_room(change.tx(), &new_email, now).await?;
        let owner = change.tx().find_user_by_email(&new_email).await?;
        change.tx().spend_tokens_for(caller.user, TokenPurpose::ChangeEmail, now).await?;
        let token = OneTimeToken {
            id: TokenId::new(),
            // A taken address gets a token of nobody, which is none, with the same work.
            user: if owner.is_none() { caller.user } else { UserId::new() },
            purpose: TokenPurpose::ChangeEmail,
            new_email: Some(new_email.clone()),
            created_at: now,
            expires_at: now.after(self.lifetimes.one_time_token),
        };
        change.tx().insert_token(&token).await?;
        let letter = match owner {
            Some(owner) => Letter { to: owner.email, locale: owner.locale, content: Content::EmailTaken },
            None => {
                let content = Content::ConfirmEmailChange { token: token.id };
                Letter { to: new_email.clone(), locale: user.locale, content }
            }
        };
        self.queue_letter(change.tx(), &new_email, Some(letter).filter(|_| room), now).await?;
        let mut profile = change.user().profile();
        if profile.pending_email.as_ref() != Some(&new_email) {
            profile.pending_email = Some(new_email);
            change.change_profile(profile).await?;
        }
        change.tx().update_pending_email_until(caller.user, token.expires_at).await?;
        let requested = SecurityEventType::EmailChangeRequested;
        Self::resolve_guess(change.tx(), guess, requested, Some(caller.session)).await?;
        change.keep();
        self.commit(change).await?;
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "email_change_requested");
        Ok(())
    }

    /// Spends a link that confirms a new address: the account has it from then on, every session ends, the
    /// old address is told. [`Error::Conflict`] if an account has the new one by then.
    pub async fn confirm_email_change(self: &Arc<Self>, token: &str, origin: &Origin) -> Result<EmailAddress, Error> {
        let (id, _) = self.opaque_tokens.open(Purpose::ChangeEmail, token).ok_or(Error::InvalidToken)?;
        let (id, purpose) = (TokenId(id), TokenPurpose::ChangeEmail);
        let mut tx = self.store.write().await?;
        // Found by the token, then locked, then spent.
        let found = tx.find_token(id, purpose, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let change = AccountChange::begin(tx, found.user, None, &self.clock).await?;
        let mut change = change.filter(|change| change.user().disabled_at.is_none()).ok_or(Error::InvalidToken)?;
        let now = change.now();
        let token = change.tx().spend_token(id, purpose, now).await?.ok_or(Error::InvalidToken)?;
        let new_email = token.new_email.ok_or(Error::InvalidToken)?;
        if change.tx().find_user_by_email(&new_email).await?.is_some() {
            return Err(Error::Conflict("email"));
        }
        change.tx().update_email(token.user, &new_email).await.map_err(|error| match error {
            store::Error::Unique(_) => Error::Conflict("email"),
            other => other.into(),
        })?;
        let reason = EndReason::EmailChanged;
        let ended = change.tx().end_all_sessions(token.user, reason, now).await?;
        change.sessions().ended.extend(ended.into_iter().map(|session_id| EndedSession { session_id, reason }));
        change.tx().spend_all_tokens(token.user, now).await?;
        let old = change.user().profile();
        let notice = Letter {
            to: old.email.clone(),
            locale: old.locale,
            content: Content::EmailChanged { new_email: new_email.clone() },
        };
        change.tx().insert_letter(&notice, now).await?;
        change.change_profile(Profile { email: new_email.clone(), pending_email: None, ..old }).await?;
        let changed = SecurityEventType::EmailChanged;
        Self::note(change.tx(), token.user, changed, now, Some((None, origin)), json!({})).await?;
        self.commit(change).await?;
        tracing::info!(target: "security", user = %token.user, ip = %origin.ip, "email_changed");
        Ok(new_email)
    }

    /// Drops, through the log, the changes whose link is no longer good: they wait for nothing.
    pub async fn end_overdue_email_changes(&self) -> Result<(), Error> {
        loop {
            let users = self.store.find_overdue_email_changes(self.clock.now(), BATCH).await?;
            for user in &users {
                let tx = self.store.write().await?;
                let Some(mut change) = AccountChange::begin(tx, *user, None, &self.clock).await? else { continue };
                let now = change.now();
                // A newer request may have been quicker.
                if !change.tx().end_pending_email(*user, now).await? {
                    continue;
                }
                let mut profile = change.user().profile();
                if profile.pending_email.take().is_some() {
                    change.change_profile(profile).await?;
                }
                change.keep();
                self.commit(change).await?;
            }
            if users.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }

    /// Drops a pending change and its token.
    pub async fn cancel_email_change(self: &Arc<Self>, caller: Caller, origin: &Origin) -> Result<Profile, Error> {
        let mut change = self.change(caller).await?;
        let now = change.now();
        let mut profile = change.user().profile();
        if profile.pending_email.take().is_none() {
            return Ok(profile);
        }
        change.tx().spend_tokens_for(caller.user, TokenPurpose::ChangeEmail, now).await?;
        let profile = change.change_profile(profile).await?;
        let (cancelled, by) = (SecurityEventType::EmailChangeCancelled, Some((Some(caller.session), origin)));
        Self::note(change.tx(), caller.user, cancelled, now, by, json!({})).await?;
        self.commit(change).await?;
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "email_change_cancelled");
        Ok(profile)
    }
}
