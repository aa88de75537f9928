//! A new password by who knows the present one.

use super::{
    guesses::{Guess, GuessFrom},
    refresh::TokenPair,
};
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

/// The parameter that a refused new password is a fault of.
const FIELD: &str = "new_password";

/// What became of a change of the password.
#[derive(Debug)]
pub struct PasswordChanged {
    /// How many other sessions ended.
    pub sessions_ended: usize,
    /// The caller by the renewed credentials.
    pub caller: Caller,
    /// The renewed tokens.
    pub tokens: TokenPair,
}

impl Accounts {
    /// Sets a new password for who knows the present one, ends every other session, and renews the credentials of the
    /// caller's: all former ones are void from the commit on (docs/protocol.md, renewal).
    pub async fn change_password(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        current: &Password,
        new_password: &Password,
    ) -> Result<PasswordChanged, Error> {
        let (user, guess) = self.begin_password_check(caller, client).await?;
        let came = self.change_password_by(&guess, &user, caller, client, current, new_password).await;
        self.settle_guess(&guess, came).await
    }

    async fn change_password_by(
        self: &Arc<Self>,
        guess: &Guess,
        user: &UserRow,
        caller: Caller,
        client: &Client,
        current: &Password,
        new_password: &Password,
    ) -> Result<PasswordChanged, Error> {
        self.check_password(user, caller, current).await?;
        self.check_new_password(new_password, user).await?;
        if new_password.expose() == current.expose() {
            return Err(same_as_present());
        }
        let hash = self.passwords.hash(new_password, Queue::Known).await?;
        let mut change = self.change_as_checked(caller, client, user).await?;
        let ended = change.end_sessions(Sessions::AllBut(caller.session), EndReason::PasswordChanged).await?;
        change.spend_links().await?;
        change.account().set_password(&hash).await?;
        let renewed = change.account().renew_session(caller.session).await?;
        let renewed = renewed.ok_or(Error::Unauthenticated(CredentialFault::Invalid))?;
        change.tell_owner(Content::PasswordChanged).await?;
        guess.resolve(&mut change, SecurityEventType::PasswordChanged, Some(caller.session)).await?;
        let session = change.tx().find_session(caller.session).await?;
        let expires_at =
            session.map_or(change.now(), |session| session.expires_at(&self.session_lifetimes, change.now()));
        change.commit().await?;
        let caller = Caller { version: renewed.version, ..caller };
        let tokens = self.tokens(caller, renewed.refresh_generation, expires_at);
        Ok(PasswordChanged { sessions_ended: ended, caller, tokens })
    }

    /// Counts a guess at the caller's own password, before it is looked at, on the device of the session.
    pub(crate) async fn begin_password_check(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
    ) -> Result<(UserRow, Guess), Error> {
        let row = self.live_caller(caller).await?;
        let (user, from) = (row.user, GuessFrom::Session(row.session.device_id));
        let guess = self.begin_guess(&user.email, SecurityEventType::PasswordCheckFailed, from, client).await?;
        Ok((user, guess))
    }

    /// Whether `current` is the caller's password; nothing is that of an account without one.
    pub(crate) async fn check_password(&self, user: &UserRow, caller: Caller, current: &Password) -> Result<(), Error> {
        if self.verify_password(current, &user.email, user.password_hash.as_deref(), Queue::Known).await?.ok {
            return Ok(());
        }
        tracing::info!(target: "security", user = %caller.user, session = %caller.session, "password_check_failed");
        Err(Error::InvalidCredentials)
    }

    /// A change by a caller whose password was verified before the lock: if the credentials are others by now, what
    /// was verified proves nothing.
    pub(crate) async fn change_as_checked<'a>(
        self: &'a Arc<Self>,
        caller: Caller,
        client: &'a Client,
        checked: &UserRow,
    ) -> Result<Change<'a>, Error> {
        let change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let unchanged = change.user().credentials_version == checked.credentials_version;
        if unchanged { Ok(change) } else { Err(Error::InvalidCredentials) }
    }

    /// Whether a new password leans on what is known of its user.
    pub(crate) async fn check_new_password(&self, password: &Password, user: &UserRow) -> Result<(), Error> {
        let mut context = vec![self.shop_name.clone(), user.email.to_string()];
        let names = [Some(&user.first_name), user.last_name.as_ref(), user.company_name.as_ref()];
        context.extend(names.into_iter().flatten().map(ToString::to_string));
        let (password, min_length) = (password.clone(), self.password_min_length);
        let estimate = move || {
            let context: Vec<&str> = context.iter().map(String::as_str).collect();
            Password::chosen(password.expose(), min_length, &context).map(drop)
        };
        self.passwords.estimate(Queue::Known, estimate).await?.map_err(|refused| {
            let mut faults = Faults::default();
            refused.into_iter().for_each(|fault| faults.add(FIELD, fault));
            Error::InvalidParams(faults)
        })
    }
}

pub(crate) fn same_as_present() -> Error {
    Error::invalid(FIELD, Fault::new(Rule::SameAsPresent, "is the present password"))
}
