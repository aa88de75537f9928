//! Changes of accounts by operators and other services.

use super::{Accounts, Actor, Current, Error, Operator, Sessions, change::external_id_conflict};
use crate::{
    crypto::legacy::Unusable,
    domain::{
        email::EmailAddress,
        fault::{Fault, Rule},
        ids::{SessionId, UserId},
        profile::{ExternalId, PersonalData, ProfilePatch},
        security_event::SecurityEventType,
        session::EndReason,
        text::Text,
        user::{User, UserRef},
    },
    store::NewUser,
};
use serde_json::json;
use std::sync::Arc;

/// An operator's reason for an action; recorded in the audit log only.
pub type Reason = Text<500>;

/// An account to create.
#[derive(Debug)]
pub struct NewAccount {
    /// The address, which counts as verified.
    pub email: EmailAddress,
    /// Names and the rest.
    pub person: PersonalData,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// A hash of another system; without one the user has no password yet.
    pub password_hash: Option<String>,
}

impl Accounts {
    /// Creates an account without a registration. Registrations of its address lapse.
    ///
    /// # Errors
    /// [`Error::Conflict`] for an address or external id that an account has; invalid parameters for a hash that an
    /// import would refuse as well.
    pub async fn create_user(self: &Arc<Self>, new: NewAccount, operator: Operator<'_>) -> Result<User, Error> {
        let cost = new.password_hash.as_deref().map(|hash| self.passwords.cost_of(hash)).transpose();
        let cost = cost.map_err(unusable_hash)?.flatten();
        let mut tx = self.store.write().await?;
        tx.delete_registrations(&new.email).await?;
        let user = NewUser {
            id: UserId::new(),
            email: new.email,
            password_hash: new.password_hash,
            imported_cost: cost.map(|cost| cost.to_string()),
            external_id: new.external_id,
            person: new.person,
            invitation: None,
            created_at: self.clock.now(),
        };
        let mut change = self.create_account(tx, &user, Actor::Operator(operator)).await?;
        change.record(SecurityEventType::AccountCreated, json!({})).await?;
        let password = if user.password_hash.is_some() { "imported" } else { "none" };
        change.audit("users.create", json!({ "external_id": user.external_id, "password": password })).await?;
        change.commit().await?;
        self.get_user(&UserRef::Id(user.id)).await
    }

    /// Edits a profile and the external id. An edit that changes nothing writes nothing.
    pub async fn update_user(
        self: &Arc<Self>,
        user: UserId,
        patch: ProfilePatch,
        external_id: Option<Option<ExternalId>>,
        expected_revision: Option<i64>,
        operator: Operator<'_>,
    ) -> Result<User, Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        let present = change.user().profile();
        if expected_revision.is_some_and(|expected| present.revision > expected) {
            return Err(Error::StaleRevision(Current::Profile(Box::new(present))));
        }
        let edited = patch.applied_to(&present);
        let mut fields = edited.differing(&present);
        if !fields.is_empty() {
            change.save_profile(edited);
        }
        let known_by = change.tx().find_external_id(user).await?;
        if let Some(external_id) = external_id.filter(|external_id| *external_id != known_by) {
            change.account().set_external_id(external_id.as_ref()).await.map_err(external_id_conflict)?;
            fields.push("external_id");
        }
        if fields.is_empty() {
            drop(change);
        } else {
            change.record(SecurityEventType::ProfileChanged, json!({ "fields": fields })).await?;
            change.audit("users.update", json!({ "fields": fields })).await?;
            change.commit().await?;
        }
        self.get_user(&UserRef::Id(user)).await
    }

    /// Disables an account and ends its sessions. Only [`Accounts::enable_user`] reverts it.
    pub async fn disable_user(
        self: &Arc<Self>,
        user: UserId,
        reason: Option<&Reason>,
        operator: Operator<'_>,
    ) -> Result<User, Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        if change.user().disabled_at.is_none() {
            change.account().set_disabled(true).await?;
            change.end_everything(EndReason::AccountDisabled).await?;
            change.record(SecurityEventType::AccountDisabled, json!({})).await?;
            change.audit("users.disable", json!({ "reason": reason.map(Reason::as_str) })).await?;
            change.commit().await?;
        } else {
            drop(change);
        }
        self.get_user(&UserRef::Id(user)).await
    }

    /// Allows a disabled account to sign in again.
    pub async fn enable_user(
        self: &Arc<Self>,
        user: UserId,
        reason: Option<&Reason>,
        operator: Operator<'_>,
    ) -> Result<User, Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        if change.user().disabled_at.is_some() {
            change.account().set_disabled(false).await?;
            change.record(SecurityEventType::AccountEnabled, json!({})).await?;
            change.audit("users.enable", json!({ "reason": reason.map(Reason::as_str) })).await?;
            change.commit().await?;
        } else {
            drop(change);
        }
        self.get_user(&UserRef::Id(user)).await
    }

    /// Ends a user's sessions, or one of them; returns their number.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for a session that is not a live one of this user.
    pub async fn end_sessions_of(
        self: &Arc<Self>,
        user: UserId,
        session: Option<SessionId>,
        operator: Operator<'_>,
    ) -> Result<usize, Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        let which = session.map_or(Sessions::All, Sessions::One);
        let ended = change.end_sessions(which, EndReason::Revoked).await?;
        if ended == 0 {
            return session.map_or(Ok(0), |_| Err(Error::NotFound));
        }
        let detail = json!({ "sessions_ended": ended, "session_id": session });
        change.record(SecurityEventType::SessionsEnded, detail.clone()).await?;
        change.audit("users.end_sessions", detail).await?;
        change.commit().await?;
        Ok(ended)
    }

    /// Deletes an account, the counts of guesses at it, and every letter about it, whatever address it went to. Only
    /// its id and those of its live sessions are kept for a while, so that clients get the reason.
    pub async fn delete_user(self: &Arc<Self>, user: UserId, operator: Operator<'_>) -> Result<(), Error> {
        self.change(user, Actor::Operator(operator)).await?.delete(None).await
    }
}

fn unusable_hash(why: Unusable) -> Error {
    let rule = match why {
        Unusable::TooCostly => Rule::OutOfRange,
        Unusable::NoPassword | Unusable::Unknown => Rule::Format,
    };
    Error::invalid("password_hash", Fault::new(rule, format!("is {why}")))
}
