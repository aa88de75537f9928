//! Changing the password with the present one, or from a proven session.

use super::{owner_check::OwnerCheck, refresh::TokenPair};
use crate::{
    account::{Accounts, Actor, Change, Error, Sessions},
    crypto::password::Queue,
    domain::{
        client::Client,
        fault::{Fault, Faults, Rule},
        letter::Content,
        password::Password,
        security_event::SecurityEventType,
        session::{Caller, CredentialFault, EndReason},
    },
    store::UserRow,
};
use std::sync::Arc;

/// The parameter of faults of the new password.
const FIELD: &str = "new_password";

/// The result of a change of the password.
#[derive(Debug)]
pub struct PasswordChanged {
    /// The number of other sessions that ended.
    pub sessions_ended: usize,
    /// The caller with the renewed credentials.
    pub caller: Caller,
    /// The renewed tokens.
    pub tokens: TokenPair,
}

impl Accounts {
    /// Sets a new password, or the first one, with the present password or from a proven session; ends every other
    /// session, and renews the credentials of the caller's: all former ones are void from the commit on
    /// (docs/protocol.md, renewal).
    pub async fn change_password(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        current: Option<&Password>,
        new_password: &Password,
    ) -> Result<PasswordChanged, Error> {
        let check = self.begin_owner_check(caller, client, current).await?;
        let came = self.change_password_by(&check, caller, current, new_password).await;
        self.settle_owner_check(&check, came).await
    }

    async fn change_password_by(
        self: &Arc<Self>,
        check: &OwnerCheck<'_>,
        caller: Caller,
        current: Option<&Password>,
        new_password: &Password,
    ) -> Result<PasswordChanged, Error> {
        let user = &check.user;
        if let Some(current) = current {
            self.check_password(user, caller, current).await?;
        }
        self.check_new_password(new_password, user).await?;
        let is_present = match (current, &user.password_hash) {
            (Some(current), _) => new_password.expose() == current.expose(),
            (None, Some(hash)) => self.verify_password(new_password, &user.email, Some(hash), Queue::Known).await?.ok,
            (None, None) => false,
        };
        if is_present {
            return Err(same_as_present());
        }
        let hash = self.passwords.hash(new_password, Queue::Known).await?;
        let mut change = self.change_as_checked(check.actor, user).await?;
        let ended = change.end_sessions(Sessions::AllBut(caller.session), EndReason::PasswordChanged).await?;
        change.spend_links().await?;
        change.account().set_password(&hash).await?;
        let renewed = change.account().renew_session(caller.session).await?;
        let renewed = renewed.ok_or(Error::Unauthenticated(CredentialFault::Invalid))?;
        let letter = if user.password_hash.is_some() { Content::PasswordChanged } else { Content::PasswordSet };
        change.tell_owner(letter).await?;
        check.resolve(&mut change, SecurityEventType::PasswordChanged).await?;
        let session = change.tx().find_session(caller.session).await?;
        let expires_at =
            session.map_or(change.now(), |session| session.expires_at(&self.session_lifetimes, change.now()));
        change.commit().await?;
        let caller = Caller { version: renewed.version, ..caller };
        let tokens = self.tokens(caller, renewed.refresh_generation, expires_at);
        Ok(PasswordChanged { sessions_ended: ended, caller, tokens })
    }

    /// Whether `current` is the caller's password; for an account without one it never is.
    pub(crate) async fn check_password(&self, user: &UserRow, caller: Caller, current: &Password) -> Result<(), Error> {
        if self.verify_password(current, &user.email, user.password_hash.as_deref(), Queue::Known).await?.ok {
            return Ok(());
        }
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "password_check_failed");
        Err(Error::InvalidCredentials)
    }

    /// A change by a caller who was verified before the lock: if the credentials have changed since, the verification
    /// is outdated.
    pub(crate) async fn change_as_checked<'a>(
        self: &'a Arc<Self>,
        actor: Actor<'a>,
        checked: &UserRow,
    ) -> Result<Change<'a>, Error> {
        let change = self.change(checked.user_id, actor).await?;
        let unchanged = change.user().credentials_version == checked.credentials_version;
        if unchanged { Ok(change) } else { Err(Error::InvalidCredentials) }
    }

    /// Refuses a new password that is based on the user's data, or is a breached one.
    pub(crate) async fn check_new_password(&self, password: &Password, user: &UserRow) -> Result<(), Error> {
        let mut context = vec![self.shop_name.clone(), user.email.to_string()];
        let names = [Some(&user.first_name), user.last_name.as_ref(), user.company_name.as_ref()];
        context.extend(names.into_iter().flatten().map(ToString::to_string));
        let (chosen, min_length) = (password.clone(), self.password_min_length);
        let estimate = move || {
            let context: Vec<&str> = context.iter().map(String::as_str).collect();
            Password::chosen(chosen.expose(), min_length, &context).map(drop)
        };
        self.passwords.estimate(Queue::Known, estimate).await?.map_err(|refused| {
            let mut faults = Faults::default();
            refused.into_iter().for_each(|fault| faults.add(FIELD, fault));
            Error::InvalidParams(faults)
        })?;
        self.check_breached(FIELD, password).await
    }
}

pub(crate) fn same_as_present() -> Error {
    Error::invalid(FIELD, Fault::new(Rule::SameAsPresent, "is the current password"))
}
