//! Resetting the password by a mailed link.

use super::password_change::same_as_present;
use crate::{
    account::{Accounts, Actor, Error, LetterRequest, Operator},
    crypto::{device_token::DeviceToken, opaque_token::Purpose, password::Queue},
    domain::{
        client::Client,
        email::EmailAddress,
        ids::{TokenId, UserId},
        letter::{Content, Letter, LetterKind},
        one_time_token::{OneTimeToken, TokenPurpose},
        password::Password,
        security_event::{SecurityEvent, SecurityEventType},
        session::EndReason,
    },
    limits::KNOWN_DEVICES,
};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Mails a link that sets a new password, and makes it the only valid one. The answer is the same, after the same
    /// work, if there is no such account, or a disabled one. A known device has an allowance of letters of its own, so
    /// that strangers cannot use up the owner's.
    pub async fn request_password_reset(
        &self,
        email: &EmailAddress,
        device: Option<&DeviceToken>,
        client: &Client,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let device = match device {
            Some(token) => tx.find_known_device(email, &token.key).await?.map(|device| device.id),
            None => None,
        };
        // Read, locked, and read again: in the meantime the address may have got another account, or the account may
        // have been disabled or deleted.
        let found = tx.find_user_by_email(email).await?.map(|user| user.user_id);
        tx.lock_user_quietly(found.unwrap_or_else(UserId::new)).await?;
        let user = tx.find_user_by_email(email).await?;
        let (asked, room) = match device {
            Some(device) => {
                let asked = LetterRequest::of_known_device(email, LetterKind::ResetPassword, now);
                (asked, self.has_room_for_device(&mut tx, device, now).await?)
            }
            None => {
                let asked = LetterRequest::new(email, LetterKind::ResetPassword, client, now);
                let room = self.has_room(&mut tx, &asked).await?;
                (asked, room)
            }
        };
        let user = user.filter(|user| room && user.disabled_at.is_none() && found == Some(user.user_id));
        let token = OneTimeToken {
            id: TokenId::new(),
            user: user.as_ref().map_or_else(UserId::new, |user| user.user_id),
            purpose: TokenPurpose::ResetPassword,
            new_email: None,
            created_at: now,
            expires_at: now.after(self.lifetimes.one_time_token),
        };
        // Of concurrent requests, the last to get the lock has the valid token.
        tx.spend_tokens_for(token.user, token.purpose, now).await?;
        tx.insert_token(&token, device).await?;
        let event = SecurityEvent::now(SecurityEventType::PasswordResetRequested, now, None, Some(client), json!({}));
        tx.insert_security_event(token.user, &event).await?;
        let known = user.as_ref().map(|user| user.user_id.to_string());
        let letter = user.map(|user| Letter {
            user: Some(user.user_id),
            to: user.email,
            locale: user.locale,
            content: Content::ResetPassword { token: token.id },
        });
        self.queue_letter(&mut tx, &asked, letter).await?;
        tx.commit().await?;
        tracing::info!(target: "security", user = known, ip = %client.ip, "password_reset_requested");
        Ok(())
    }

    /// Mails a user a link that sets a new password, on behalf of an operator, and makes it the only valid one.
    ///
    /// # Errors
    /// [`Error::AccountDisabled`], [`Error::NotFound`], and [`Error::RateLimited`] by the operators' own allowance.
    pub async fn send_password_reset(self: &Arc<Self>, user: UserId, operator: Operator<'_>) -> Result<(), Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        if change.user().disabled_at.is_some() {
            return Err(Error::AccountDisabled);
        }
        let (now, to, locale) = (change.now(), change.user().email.clone(), change.user().locale);
        let asked = LetterRequest::of_operator(&to, LetterKind::ResetPassword, now);
        self.check_room_for_operator(change.tx(), &asked).await?;
        let token = OneTimeToken {
            id: TokenId::new(),
            user,
            purpose: TokenPurpose::ResetPassword,
            new_email: None,
            created_at: now,
            expires_at: now.after(self.lifetimes.one_time_token),
        };
        change.tx().spend_tokens_for(user, token.purpose, now).await?;
        change.tx().insert_token(&token, None).await?;
        let content = Content::ResetPassword { token: token.id };
        let letter = Letter { user: Some(user), to: to.clone(), locale, content };
        self.queue_letter(change.tx(), &asked, Some(letter)).await?;
        change.record(SecurityEventType::PasswordResetRequested, json!({})).await?;
        change.audit("users.send_password_reset", json!({})).await?;
        change.commit().await
    }

    /// Uses up a reset link for a new password, ends every session and forgets every known device; the caller's device
    /// is known from then on, by the returned token. A refused password uses up nothing.
    pub async fn confirm_password_reset(
        self: &Arc<Self>,
        token: &str,
        new_password: &Password,
        client: &Client,
    ) -> Result<DeviceToken, Error> {
        let (id, _) = self.opaque_tokens.open(Purpose::ResetPassword, token).ok_or(Error::InvalidToken)?;
        let (id, purpose) = (TokenId(id), TokenPurpose::ResetPassword);
        // One consistent read: of concurrent callers with the same password, none may be told that it is the present
        // one because another was faster.
        let mut tx = self.store.read().await?;
        let token = tx.find_token(id, purpose, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let user = tx.find_user(token.user).await?.ok_or(Error::InvalidToken)?;
        tx.end_read().await?;
        self.check_new_password(new_password, &user).await?;
        if self.verify_password(new_password, &user.email, user.password_hash.as_deref(), Queue::Known).await?.ok {
            return Err(same_as_present());
        }
        let hash = self.passwords.hash(new_password, Queue::Known).await?;

        let mut change = self.change(token.user, Actor::Link(client)).await?;
        let now = change.now();
        change.tx().spend_token(id, purpose, now).await?.ok_or(Error::InvalidToken)?;
        change.end_everything(EndReason::PasswordReset).await?;
        change.account().set_password(&hash).await?;
        let other_ways = change.account().sign_in_methods().await?.other_ways();
        change.tell_owner(Content::PasswordWasReset { other_ways }).await?;
        // Strangers' guesses were at the old password: the owner can sign in at once. Guesses at a second factor still
        // count, because it has not changed.
        if !change.user().second_factor {
            let email = change.user().email.clone();
            change.tx().delete_password_failures(&email).await?;
        }
        change.record(SecurityEventType::PasswordReset, json!({})).await?;
        let device = DeviceToken::new();
        change.account().add_device(&device.key, false, KNOWN_DEVICES).await?;
        change.commit().await?;
        Ok(device)
    }
}
