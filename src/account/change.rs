//! One change of one account: the only way to write an account.

use super::{Accounts, Actor, Error};
use crate::{
    domain::{
        audit::AuditEntry,
        email::EmailAddress,
        ids::{SessionId, UserId},
        letter::{Content, Letter},
        one_time_token::TokenPurpose,
        profile::Profile,
        security_event::{SecurityEvent, SecurityEventType},
        session::{Caller, CredentialFault, EndReason, ProvenCaller},
        time::Timestamp,
    },
    store::{self, LockedAccount, NewUser, SessionRow, Tx, UserRow},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A change under way. If it is dropped without [`Change::commit`], nothing happens.
///
/// A decision made before the lock must be checked again under it: `credentials_version` of [`Change::user`] has risen
/// if the password, the e-mail address or the state of the account has changed since.
pub struct Change<'a> {
    accounts: &'a Arc<Accounts>,
    account: LockedAccount,
    actor: Actor<'a>,
    /// The lines for the process's security log, written once the change is committed.
    recorded: Vec<(SecurityEventType, Value)>,
}

/// A selection of an account's sessions.
#[derive(Clone, Copy, Debug)]
pub enum Sessions {
    /// Every one.
    All,
    /// Every one except this.
    AllBut(SessionId),
    /// This one.
    One(SessionId),
}

impl Accounts {
    /// Locks an account and checks that the actor may change it, in a separate statement under the lock: on PostgreSQL
    /// that statement sees what was committed while the lock was awaited.
    pub async fn change<'a>(self: &'a Arc<Self>, user: UserId, actor: Actor<'a>) -> Result<Change<'a>, Error> {
        let tx = self.store.write().await?;
        self.change_in(tx, user, actor).await
    }

    /// The same in a transaction that has only read so far.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a deleted account; for a session, the reason why it ended; for a link,
    /// [`Error::InvalidToken`], also if the account is disabled.
    pub async fn change_in<'a>(
        self: &'a Arc<Self>,
        tx: Tx,
        user: UserId,
        actor: Actor<'a>,
    ) -> Result<Change<'a>, Error> {
        let locked = LockedAccount::lock(tx, user, actor.session(), &self.clock).await?;
        match (locked, actor) {
            (Some(account), _) => {
                let mut change = Change { accounts: self, account, actor, recorded: Vec::new() };
                change.check_actor().await?;
                Ok(change)
            }
            (None, Actor::Session(caller, _) | Actor::Proven(ProvenCaller(caller), _)) => {
                Err(self.unknown_session(caller.session).await)
            }
            (None, Actor::Link(_)) => Err(Error::InvalidToken),
            (None, _) => Err(Error::NotFound),
        }
    }

    /// Creates an account, and uses up the invitation that it is created with. Any other open invitation of its address
    /// is deleted.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the address or the external id belongs to another account; [`Error::SignUpClosed`] if the
    /// invitation was withdrawn.
    pub async fn create_account<'a>(
        self: &'a Arc<Self>,
        tx: Tx,
        new: &NewUser,
        actor: Actor<'a>,
    ) -> Result<Change<'a>, Error> {
        let created = LockedAccount::create(tx, new).await.map_err(external_id_conflict)?;
        let mut account = created.ok_or(Error::Conflict("email"))?;
        account.tx().adopt_letters(new.id, &new.email).await?;
        match new.invitation {
            Some(invitation) => {
                if !account.tx().spend_invitation(invitation, &new.email, new.id, new.created_at).await? {
                    return Err(Error::SignUpClosed);
                }
            }
            None => account.tx().delete_unused_invitation(&new.email).await?,
        }
        Ok(Change { accounts: self, account, actor, recorded: Vec::new() })
    }
}

impl Change<'_> {
    async fn check_actor(&mut self) -> Result<(), Error> {
        match self.actor {
            Actor::Session(caller, _) => self.check_session(caller).await.map(drop),
            Actor::Proven(ProvenCaller(caller), _) => {
                let session = self.check_session(caller).await?;
                self.accounts.check_proof(&session, self.account.now(), self.account.sign_in_methods()).await
            }
            Actor::Link(_) if self.user().disabled_at.is_some() => Err(Error::InvalidToken),
            _ => Ok(()),
        }
    }

    async fn check_session(&mut self, caller: Caller) -> Result<SessionRow, Error> {
        let session = self.account.tx().find_session(caller.session).await?;
        let session = session.ok_or(Error::Unauthenticated(CredentialFault::Invalid))?;
        self.accounts.check(session.life(), caller, self.now())?;
        Ok(session)
    }

    /// The account as it was when it was locked.
    pub fn user(&self) -> &UserRow {
        self.account.user()
    }

    /// The time of this change.
    pub fn now(&self) -> Timestamp {
        self.account.now()
    }

    /// The transaction, for rows that are not part of the account's log.
    pub fn tx(&mut self) -> &mut Tx {
        self.account.tx()
    }

    /// The account; each write stages its event.
    pub fn account(&mut self) -> &mut LockedAccount {
        &mut self.account
    }

    /// Ends live sessions, and deletes the devices that must not stay known when sessions end for this reason; returns
    /// the number of sessions.
    pub async fn end_sessions(&mut self, which: Sessions, reason: EndReason) -> Result<usize, Error> {
        let ended = match which {
            Sessions::All => self.account.end_all_sessions(reason).await?,
            Sessions::AllBut(keep) => self.account.end_other_sessions(keep, reason).await?,
            Sessions::One(session) => usize::from(self.account.end_session(session, reason).await?),
        };
        self.forget_devices(which, reason, ended).await?;
        self.drop_email_change_of_ended_session().await?;
        Ok(ended)
    }

    /// Deletes known devices by docs/protocol.md, "Known devices": after a new password those that the former one made
    /// known, and after misuse of a session its device.
    async fn forget_devices(&mut self, which: Sessions, reason: EndReason, ended: usize) -> Result<(), Error> {
        match (reason, which) {
            (EndReason::PasswordReset | EndReason::PasswordChanged, Sessions::AllBut(keep)) => {
                self.account.forget_other_devices(keep).await?;
            }
            (EndReason::PasswordReset | EndReason::PasswordChanged, _) => self.account.forget_all_devices().await?,
            (EndReason::Revoked | EndReason::RefreshTokenReuse, _) if ended > 0 => {
                self.account.forget_devices_of_ended(reason).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A change of the e-mail address does not outlive the session that requested it: ending a thief's session also
    /// ends the change that the thief requested.
    async fn drop_email_change_of_ended_session(&mut self) -> Result<(), Error> {
        let Some(asked_by) = self.user().pending_email_session else { return Ok(()) };
        let ended = self.account.staged_sessions();
        if ended.is_some_and(|sessions| sessions.ended.iter().any(|ended| ended.session_id == asked_by)) {
            let (user, now) = (self.user().user_id, self.now());
            self.tx().spend_tokens_for(user, TokenPurpose::ChangeEmail, now).await?;
            self.drop_pending_email();
        }
        Ok(())
    }

    /// Uses up every outstanding link, and drops the change of the e-mail address that waits for one.
    pub async fn spend_links(&mut self) -> Result<(), Error> {
        let (user, now) = (self.user().user_id, self.now());
        self.tx().spend_all_tokens(user, now).await?;
        self.account.must_commit();
        self.drop_pending_email();
        Ok(())
    }

    /// Drops the pending change of the e-mail address, if there is one. The caller must use up its link as well.
    pub fn drop_pending_email(&mut self) {
        let mut profile = self.account.profile();
        if profile.pending_email.take().is_some() {
            self.account.save_profile(profile);
        }
    }

    /// Ends all sessions, uses up all links, and drops what waits for a link. Returns the number of sessions.
    pub async fn end_everything(&mut self, reason: EndReason) -> Result<usize, Error> {
        let ended = self.end_sessions(Sessions::All, reason).await?;
        self.spend_links().await?;
        Ok(ended)
    }

    /// Sets the profile.
    pub fn save_profile(&mut self, profile: Profile) -> Profile {
        self.account.save_profile(profile)
    }

    /// Records the actor's action in the account's security log, with the operator if there is one, and in the
    /// process's log once it is committed.
    pub async fn record(&mut self, r#type: SecurityEventType, detail: Value) -> Result<(), Error> {
        let (user, now, actor) = (self.user().user_id, self.now(), self.actor);
        let mut detail = detail;
        if let (Some(operator), Some(detail)) = (actor.operator(), detail.as_object_mut()) {
            detail.insert("actor".to_owned(), operator.name().into());
        }
        let event = SecurityEvent::now(r#type, now, actor.recorded_session(), actor.client(), detail.clone());
        self.tx().insert_security_event(user, &event).await?;
        self.log(r#type, detail);
        Ok(())
    }

    /// Records an operator's action in the audit log, and nothing for other actors. `method` is the name of the service
    /// method that does the same.
    pub async fn audit(&mut self, method: &'static str, detail: Value) -> Result<(), Error> {
        let Some(operator) = self.actor.operator() else { return Ok(()) };
        let entry = AuditEntry::of(operator, method, Some(self.user().user_id), detail, self.now());
        self.tx().insert_audit_entry(&entry).await?;
        self.account.must_commit();
        Ok(())
    }

    /// Adds a line to the process's log once the change is committed, for an action that the security log has already.
    pub fn log(&mut self, r#type: SecurityEventType, detail: Value) {
        self.account.must_commit();
        self.recorded.push((r#type, detail));
    }

    /// Queues a letter to the owner.
    pub async fn tell_owner(&mut self, content: Content) -> Result<(), Error> {
        let to = self.user().email.clone();
        self.write_to(to, content).await
    }

    /// Queues a letter about the account, in its owner's language, to an address that need not be the account's.
    pub async fn write_to(&mut self, to: EmailAddress, content: Content) -> Result<(), Error> {
        let (user, now) = (self.user(), self.now());
        let letter = Letter { user: Some(user.user_id), to, locale: user.locale, content };
        self.tx().insert_letter(&letter, None, now).await?;
        self.account.must_commit();
        Ok(())
    }

    /// Deletes the account, and commits. Of operators' actions on it, only the time and the method are kept. The last
    /// letter, if there is one, does not belong to the account any more, and its row is deleted as soon as it is sent.
    pub async fn delete(mut self, last_letter: Option<Content>) -> Result<(), Error> {
        let (user, now) = (self.user().user_id, self.now());
        self.audit("users.delete", json!({})).await?;
        self.tx().empty_audit_entries_of(user, now).await?;
        let emails = [Some(self.user().email.clone()), self.user().pending_email.clone()];
        for email in emails.iter().flatten() {
            self.tx().delete_letters_to(email).await?;
            self.tx().delete_password_failures(email).await?;
            self.tx().delete_registrations(email).await?;
            self.tx().delete_unused_invitation(email).await?;
        }
        self.tx().delete_letters_of(user).await?;
        if let Some(content) = last_letter {
            let (to, locale) = (self.user().email.clone(), self.user().locale);
            let letter = Letter { user: None, to, locale, content };
            self.tx().insert_letter(&letter, None, now).await?;
        }
        let committed = self.account.delete(&self.accounts.receivers).await?;
        self.accounts.hub.announce(committed);
        tracing::info!(target: "security", %user, "account_deleted");
        Ok(())
    }

    /// Commits, wakes the followers of the account, and writes the log lines. A change without effect is rolled back.
    pub async fn commit(self) -> Result<(), Error> {
        let Self { accounts, account, actor, recorded } = self;
        let user = account.user().user_id;
        let ended = account.staged_sessions().map(|sessions| sessions.ended.clone()).unwrap_or_default();
        if let Some(committed) = account.commit(accounts.events_per_user, &accounts.receivers).await? {
            accounts.hub.announce(committed);
        }
        for session in ended {
            let (session, reason) = (session.session_id, session.reason.as_str());
            tracing::info!(target: "security", %user, %session, reason, "session_ended");
        }
        for (what, detail) in recorded {
            let session = actor.recorded_session().map(tracing::field::display);
            let ip = actor.client().map(|client| tracing::field::display(client.ip));
            tracing::info!(target: "security", %user, session, ip, %detail, "{}", what.as_str());
        }
        Ok(())
    }
}

/// The unique index decides about external ids.
pub(super) fn external_id_conflict(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::Conflict("external_id"),
        other => other.into(),
    }
}
