//! New passwords: by a mailed link, or by who knows the present one.

use super::guesses::Guess;
use crate::{
    account::{Accounts, Error},
    crypto::opaque_token::Purpose,
    domain::{
        email::EmailAddress,
        fault::{Fault, Faults, Rule},
        ids::{TokenId, UserId},
        letter::{Content, Letter},
        one_time_token::{OneTimeToken, TokenPurpose},
        password::Password,
        security_event::{Origin, SecurityEventType},
        session::{Caller, EndReason, EndedSession},
    },
    store::{AccountChange, UserRow},
};
use serde_json::json;
use std::sync::Arc;

/// The parameter that a refused new password is a fault of.
const FIELD: &str = "new_password";

impl Accounts {
    /// Mails a link that sets a new password, and makes it the only good one. The same answer after the
    /// same work where there is no such account, or a disabled one.
    pub async fn request_password_reset(&self, email: &EmailAddress, origin: &Origin) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let room = self.has_room(&mut tx, email, now).await?;
        // Found, locked, and asked once more: meanwhile the address may have become another's, or the
        // account may have been disabled or deleted.
        let found = tx.find_user_by_email(email).await?.map(|user| user.user_id);
        tx.lock_user_quietly(found.unwrap_or_else(UserId::new)).await?;
        let user = tx.find_user_by_email(email).await?;
        let user = user.filter(|user| room && user.disabled_at.is_none() && found == Some(user.user_id));
        let token = OneTimeToken {
            id: TokenId::new(),
            user: user.as_ref().map_or_else(UserId::new, |user| user.user_id),
            purpose: TokenPurpose::ResetPassword,
            new_email: None,
            created_at: now,
            expires_at: now.after(self.lifetimes.one_time_token),
        };
        // Of requests that race, the last to get the lock has the good token.
        tx.spend_tokens_for(token.user, token.purpose, now).await?;
        tx.insert_token(&token).await?;
        let requested = SecurityEventType::PasswordResetRequested;
        Self::note(&mut tx, token.user, requested, now, Some((None, origin)), json!({})).await?;
        let known = user.as_ref().map(|user| user.user_id.to_string());
        let letter = user.map(|user| Letter {
            to: user.email,
            locale: user.locale,
            content: Content::ResetPassword { token: token.id },
        });
        self.queue_letter(&mut tx, email, letter, now).await?;
        tx.commit().await?;
        tracing::info!(target: "security", user = known, ip = %origin.ip, "password_reset_requested");
        Ok(())
    }

    /// Spends a reset link for a new password and ends every session. A refused password spends nothing.
    pub async fn confirm_password_reset(
        self: &Arc<Self>,
        token: &str,
        new_password: &Password,
        origin: &Origin,
    ) -> Result<(), Error> {
        let (id, _) = self.opaque_tokens.open(Purpose::ResetPassword, token).ok_or(Error::InvalidToken)?;
        let (id, purpose) = (TokenId(id), TokenPurpose::ResetPassword);
        // One consistent state: of callers that race with the same password, none is told that it is the
        // present one because another was faster.
        let mut tx = self.store.read().await?;
        let token = tx.find_token(id, purpose, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let user = tx.find_user(token.user).await?.ok_or(Error::InvalidToken)?;
        tx.end_read().await?;
        self.check_new_password(new_password, &user)?;
        if self.verify_password(new_password, &user.email, user.password_hash.as_deref()).await?.ok {
            return Err(same_as_present());
        }
        let hash = self.passwords.hash(new_password).await?;

        let tx = self.store.write().await?;
        let change = AccountChange::begin(tx, token.user, None, &self.clock).await?;
        let mut change = change.filter(|change| change.user().disabled_at.is_none()).ok_or(Error::InvalidToken)?;
        let now = change.now();
        change.tx().spend_token(id, purpose, now).await?.ok_or(Error::InvalidToken)?;
        let reason = EndReason::PasswordReset;
        let ended = change.tx().end_all_sessions(token.user, reason, now).await?;
        change.sessions().ended.extend(ended.into_iter().map(|session_id| EndedSession { session_id, reason }));
        set_password(&mut change, &hash, Content::PasswordWasReset).await?;
        // Whatever strangers guessed at was the old password: the owner can sign in at once.
        let email = change.user().email.clone();
        change.tx().delete_password_failures(&email).await?;
        let reset = SecurityEventType::PasswordReset;
        Self::note(change.tx(), token.user, reset, now, Some((None, origin)), json!({})).await?;
        self.commit(change).await?;
        tracing::info!(target: "security", user = %token.user, ip = %origin.ip, "password_reset");
        Ok(())
    }

    /// Sets a new password for who knows the present one, and ends every other session; says how many.
    pub async fn change_password(
        self: &Arc<Self>,
        caller: Caller,
        current: &Password,
        new_password: &Password,
        origin: &Origin,
    ) -> Result<usize, Error> {
        let (user, guess) = self.begin_proof(caller, origin).await?;
        let came = self.change_password_by(&guess, &user, caller, current, new_password).await;
        self.settle_guess(&guess, came).await
    }

    async fn change_password_by(
        self: &Arc<Self>,
        guess: &Guess,
        user: &UserRow,
        caller: Caller,
        current: &Password,
        new_password: &Password,
    ) -> Result<usize, Error> {
        self.prove(user, caller, current).await?;
        self.check_new_password(new_password, user)?;
        if new_password.expose() == current.expose() {
            return Err(same_as_present());
        }
        let hash = self.passwords.hash(new_password).await?;

        let mut change = self.change_as_proven(caller, user).await?;
        let (now, reason) = (change.now(), EndReason::PasswordChanged);
        let ended = change.tx().end_other_sessions(caller.user, caller.session, reason, now).await?;
        let count = ended.len();
        change.sessions().ended.extend(ended.into_iter().map(|session_id| EndedSession { session_id, reason }));
        set_password(&mut change, &hash, Content::PasswordChanged).await?;
        let changed = SecurityEventType::PasswordChanged;
        Self::resolve_guess(change.tx(), guess, changed, Some(caller.session)).await?;
        self.commit(change).await?;
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "password_changed");
        Ok(count)
    }

    /// Counts a guess at the caller's own password, before it is looked at.
    pub(crate) async fn begin_proof(
        self: &Arc<Self>,
        caller: Caller,
        origin: &Origin,
    ) -> Result<(UserRow, Guess), Error> {
        let user = self.live_caller(caller).await?.user;
        let guess = self.begin_guess(&user.email, SecurityEventType::PasswordCheckFailed, origin).await?;
        Ok((user, guess))
    }

    /// Whether `current` is the caller's password; nothing is that of an account without one.
    pub(crate) async fn prove(&self, user: &UserRow, caller: Caller, current: &Password) -> Result<(), Error> {
        if self.verify_password(current, &user.email, user.password_hash.as_deref()).await?.ok {
            return Ok(());
        }
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "password_check_failed");
        Err(Error::InvalidCredentials)
    }

    /// A change by a caller whose password was verified before the lock: if it is another by now, what was
    /// verified proves nothing.
    pub(crate) async fn change_as_proven(
        self: &Arc<Self>,
        caller: Caller,
        proven: &UserRow,
    ) -> Result<AccountChange, Error> {
        let change = self.change(caller).await?;
        if change.user().password_hash == proven.password_hash { Ok(change) } else { Err(Error::InvalidCredentials) }
    }

    /// Whether a new password leans on what is known of its user.
    fn check_new_password(&self, password: &Password, user: &UserRow) -> Result<(), Error> {
        let mut context = vec![self.shop_name.as_str(), user.email.as_str()];
        context.extend([user.first_name.as_str(), user.last_name.as_str()]);
        context.extend(user.company_name.as_ref().map(|name| name.as_str()));
        Password::chosen(password.expose(), self.password_min_length, &context).map(drop).map_err(|refused| {
            let mut faults = Faults::default();
            refused.into_iter().for_each(|fault| faults.add(FIELD, fault));
            Error::InvalidParams(faults)
        })
    }
}

fn same_as_present() -> Error {
    Error::invalid(FIELD, Fault::new(Rule::SameAsPresent, "is the present password"))
}

/// Sets the hash, spends every outstanding token, drops a pending change of e-mail, tells the owner. Note
/// ended sessions first: their event comes before the profile's.
async fn set_password(change: &mut AccountChange, hash: &str, notice: Content) -> Result<(), Error> {
    let (user, now) = (change.user().clone(), change.now());
    change.tx().update_password_hash(user.user_id, hash).await?;
    change.tx().spend_all_tokens(user.user_id, now).await?;
    let mut profile = user.profile();
    if profile.pending_email.take().is_some() {
        change.change_profile(profile).await?;
    }
    let letter = Letter { to: user.email, locale: user.locale, content: notice };
    change.tx().insert_letter(&letter, now).await?;
    change.keep();
    Ok(())
}
