//! An account under its lock: the only way to write users, sessions, addresses and sign-in methods, and to append to
//! their log.

use super::{
    Error, NewUser, Receivers, Tx, UserRow,
    append::{Append, LogEntry, OutgoingEvent},
    outgoing_events::{json, outgoing_event},
    users::LockedUser,
};
use crate::domain::{
    event::{AddressesChanged, EventData, SessionsChanged},
    ids::{SessionId, UserId},
    outgoing_event::OutgoingType,
    profile::Profile,
    time::{Clock, Timestamp},
};
use uuid::Uuid;

/// Proof that a change is committed: the followers of the user's log may be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "followers wait to be woken"]
pub struct Committed {
    /// The user whose log has grown.
    pub user: UserId,
    /// The new revision.
    pub revision: i64,
    /// The version of the account's credentials.
    pub credentials_version: i64,
    /// Whether it revokes access tokens that have not expired.
    pub revokes: bool,
}

/// A transaction that holds the lock of one account and numbers its events.
///
/// Every method that writes a part of the account stages the event of that change, so that no change can lack its
/// event. The statements themselves are private to the store.
#[derive(Debug)]
pub struct LockedAccount {
    pub(super) tx: Tx,
    pub(super) user: UserRow,
    now: Timestamp,
    actor: Option<SessionId>,
    next_revision: i64,
    sessions: Option<Staged<SessionsChanged>>,
    profile: Option<Staged<Profile>>,
    addresses: Option<Staged<AddressesChanged>>,
    /// Whether the sign-in methods changed. Their event is the last, and is made from their state at the commit.
    sign_in_methods_changed: bool,
    /// Whether this change creates the account: its initial state needs no events.
    is_new: bool,
    must_commit: bool,
    /// The version of the account's credentials after this change.
    credentials_version: i64,
    /// The session whose credentials were renewed, and their new version.
    renewed: Option<(SessionId, i64)>,
    /// Whether the account was disabled or enabled by this change.
    disabled: Option<bool>,
    /// The version of the webhooks.
    webhooks_version: Option<Uuid>,
}

/// An event that [`LockedAccount::commit`] appends.
#[derive(Debug)]
struct Staged<T> {
    revision: i64,
    data: T,
}

impl LockedAccount {
    /// Locks the account; `None` if it does not exist. `actor` is the session that the events name. The time of the
    /// change is read once the lock is held, so that times rise with revisions.
    pub async fn lock(
        mut tx: Tx,
        user: UserId,
        actor: Option<SessionId>,
        clock: &Clock,
    ) -> Result<Option<Self>, Error> {
        let locked = tx.lock_user(user).await?;
        let now = clock.now();
        Ok(locked.map(|locked| Self::of(tx, locked, now, actor)))
    }

    /// Creates an account, which is locked by that; `None` if its address has one already.
    pub async fn create(mut tx: Tx, new: &NewUser) -> Result<Option<Self>, Error> {
        if !tx.insert_user(new).await? {
            return Ok(None);
        }
        let made = tx.find_new_user(new.id).await?;
        Ok(made.map(|made| {
            let next_revision = made.user.revision + 1;
            let account = Self::of(tx, made, new.created_at, None);
            Self { next_revision, is_new: true, must_commit: true, ..account }
        }))
    }

    fn of(tx: Tx, locked: LockedUser, now: Timestamp, actor: Option<SessionId>) -> Self {
        let LockedUser { user, webhooks_version } = locked;
        Self {
            tx,
            next_revision: user.revision,
            credentials_version: user.credentials_version,
            renewed: None,
            user,
            now,
            actor,
            sessions: None,
            profile: None,
            addresses: None,
            sign_in_methods_changed: false,
            is_new: false,
            must_commit: false,
            disabled: None,
            webhooks_version,
        }
    }

    /// The account as it was before the change. Only `revision` is newer: it is the one of the change's first event.
    pub fn user(&self) -> &UserRow {
        &self.user
    }

    /// The time of this change.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The transaction, for rows that are not part of the log: links, letters, the security log.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Marks the transaction as having something to commit even without an event.
    pub fn must_commit(&mut self) {
        self.must_commit = true;
    }

    /// Records that the account's credentials changed.
    pub(super) fn credentials_changed(&mut self) {
        self.credentials_version += 1;
        self.must_commit = true;
    }

    /// Records that a session's credentials were renewed: its sockets must be checked even without an event.
    pub(super) fn renews(&mut self, session: SessionId, version: i64) {
        self.renewed = Some((session, version));
    }

    /// The session whose credentials were renewed, and their new version.
    pub(super) fn renewed(&self) -> Option<(SessionId, i64)> {
        self.renewed
    }

    /// The staged event of sessions. It is the first event of a change.
    pub(super) fn sessions(&mut self) -> &mut SessionsChanged {
        let next = &mut self.next_revision;
        &mut self.sessions.get_or_insert_with(|| staged(next, SessionsChanged::default())).data
    }

    /// The revision of this change's event of sessions, also if there is none yet.
    pub(super) fn sessions_revision(&self) -> i64 {
        self.sessions.as_ref().map_or(self.next_revision, |staged| staged.revision)
    }

    /// The revision of the profile after this change.
    pub(super) fn profile_revision(&self) -> i64 {
        self.profile.as_ref().map_or(self.next_revision, |staged| staged.revision)
    }

    /// Stages the profile after this change.
    pub(super) fn stage_profile(&mut self, profile: Profile) {
        match &mut self.profile {
            Some(staged) => staged.data = profile,
            None => self.profile = Some(staged(&mut self.next_revision, profile)),
        }
    }

    /// The revision of addresses written by this change.
    pub fn addresses_revision(&self) -> i64 {
        self.addresses.as_ref().map_or(self.next_revision, |staged| staged.revision)
    }

    /// The staged event of addresses.
    pub(super) fn addresses(&mut self) -> &mut AddressesChanged {
        let next = &mut self.next_revision;
        &mut self.addresses.get_or_insert_with(|| staged(next, AddressesChanged::default())).data
    }

    /// Marks the sign-in methods as changed; their event is made once everything is written. Sign-ins and proofs may
    /// have been decided by the former ones, so the version of the credentials rises.
    pub(super) fn sign_in_methods_changed(&mut self) {
        self.must_commit = true;
        if !self.is_new && !self.sign_in_methods_changed {
            self.sign_in_methods_changed = true;
            self.credentials_version += 1;
        }
    }

    /// Stages that the account was disabled or enabled, if that is a change.
    pub(super) fn stage_disabled(&mut self, disabled: bool) {
        self.disabled = (disabled != self.user.disabled_at.is_some()).then_some(disabled);
    }

    /// The profile after the staged change.
    pub fn profile(&self) -> Profile {
        self.profile.as_ref().map_or_else(|| self.user.profile(), |staged| staged.data.clone())
    }

    /// The sessions that this change opens and ends.
    pub fn staged_sessions(&self) -> Option<&SessionsChanged> {
        self.sessions.as_ref().map(|staged| &staged.data)
    }

    /// Appends the staged events, queues the outgoing events for `receivers`, and commits. Without events the revision
    /// stays as it was and there is nothing to announce; a transaction with nothing to commit is rolled back. At most
    /// `kept` entries of the log are kept.
    pub async fn commit(mut self, kept: i64, receivers: &Receivers) -> Result<Option<Committed>, Error> {
        let (profile, written) = (self.profile(), self.profile.is_some());
        let revocations = self.revocations();
        let mut events: Vec<(i64, EventData)> = Vec::new();
        events.extend(self.sessions.take().map(|staged| (staged.revision, EventData::Sessions(staged.data))));
        events.extend(self.profile.take().map(|staged| (staged.revision, EventData::Profile(staged.data))));
        events.extend(self.addresses.take().map(|staged| (staged.revision, EventData::Addresses(staged.data))));
        let user = self.user.user_id;
        if self.sign_in_methods_changed {
            let revision = self.next_revision;
            self.next_revision += 1;
            let methods = self.tx.save_sign_in_methods(user, revision).await?;
            events.push((revision, EventData::SignInMethods(methods.into())));
        }
        if events.is_empty() && !self.must_commit {
            return Ok(None);
        }
        // Locking has raised the account's revision by one, for the first event.
        let last = self.next_revision - 1;
        let receivers = receivers.listening(&mut self.tx, self.webhooks_version).await?;
        let (mut log, mut outgoing) = (Vec::new(), Vec::new());
        if self.is_new && !receivers.is_empty() {
            let (r#type, revision) = (OutgoingType::UserCreated, self.user.revision);
            outgoing.extend(outgoing_event(&receivers, r#type, revision, &json(&profile)?));
        }
        for (revision, event) in &events {
            let (r#type, data) = (event.event_type(), json(event)?);
            let outgoing_type = OutgoingType::of(r#type);
            outgoing.extend(outgoing_type.and_then(|r#type| outgoing_event(&receivers, r#type, *revision, &data)));
            log.push(LogEntry { revision: *revision, r#type, data });
        }
        if let Some(disabled) = self.disabled
            && !receivers.is_empty()
        {
            let r#type = if disabled { OutgoingType::UserDisabled } else { OutgoingType::UserEnabled };
            outgoing.extend(outgoing_event(&receivers, r#type, last, &json(&profile)?));
        }
        let append = Append {
            user,
            at: self.now,
            actor: self.actor,
            credentials_version: self.credentials_version,
            revision: (last != self.user.revision).then_some(last),
            profile: written.then_some(&profile),
            log: &log,
            forgotten: (!log.is_empty() && last > kept).then_some(last - kept),
            outgoing: &outgoing,
        };
        let queued = self.tx.append(&append).await?;
        self.tx.bound_waiting_events(&queued, user, self.now, last).await?;
        for revocation in &revocations {
            self.tx.insert_revocation(revocation).await?;
        }
        self.tx.commit().await?;
        let credentials_version = self.credentials_version;
        let committed = Committed { user, revision: last, credentials_version, revokes: !revocations.is_empty() };
        Ok((!events.is_empty() || self.renewed.is_some()).then_some(committed))
    }

    /// Deletes the account with all its data, and commits. The ids of its live sessions are kept for a while, so that
    /// their clients get the reason: followers are woken by a revision that the log never reached. Of the outgoing
    /// events only `user.deleted` is kept.
    pub async fn delete(mut self, receivers: &Receivers) -> Result<Committed, Error> {
        let user = self.user.user_id;
        let receivers = receivers.listening(&mut self.tx, self.webhooks_version).await?;
        self.tx.drop_events_of(user, self.now).await?;
        // The revision of the lock is beyond every entry of the log.
        let deleted = outgoing_event(&receivers, OutgoingType::UserDeleted, self.user.revision, "null");
        let outgoing: Vec<OutgoingEvent> = deleted.into_iter().collect();
        self.tx.append(&Append::only_outgoing(user, self.now, self.actor, &outgoing)).await?;
        self.tx.keep_deleted_sessions(user, self.now).await?;
        self.tx.insert_revocations_of_deleted(user, self.now).await?;
        self.tx.delete_user(user).await?;
        self.tx.commit().await?;
        let credentials_version = self.credentials_version + 1;
        Ok(Committed { user, revision: self.next_revision, credentials_version, revokes: true })
    }
}

fn staged<T>(next_revision: &mut i64, data: T) -> Staged<T> {
    let revision = *next_revision;
    *next_revision += 1;
    Staged { revision, data }
}
