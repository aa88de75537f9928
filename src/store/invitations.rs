//! Invitations to register.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{InvitationId, UserId},
    invitation::{Invitation, InvitationLink, Invitee},
    profile::{Locale, Name},
    time::Timestamp,
};

/// A valid invitation, with what it says about the person.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns")]
pub struct ValidInvitation {
    pub id: InvitationId,
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub locale: Locale,
}

/// The invitation and generation that a new link is derived from.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct IssuedRow {
    id: InvitationId,
    generation: i64,
}

const ISSUE: &str = "INSERT INTO invitations (id, email, first_name, last_name, locale, generation, created_at, \
     expires_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7) ON CONFLICT (email) WHERE used_at IS NULL DO UPDATE SET \
     first_name = excluded.first_name, last_name = excluded.last_name, locale = excluded.locale, \
     generation = invitations.generation + 1, expires_at = excluded.expires_at RETURNING id, generation";
const FIND_VALID: &str = "SELECT id, first_name, last_name, locale FROM invitations WHERE id = $1 \
     AND generation = $2 AND email = $3 AND used_at IS NULL AND expires_at > $4";
// The expiry was checked when the registration was started.
const SPEND: &str = "UPDATE invitations SET used_at = $4, user_id = $3, first_name = NULL, last_name = NULL \
     WHERE id = $1 AND email = $2 AND used_at IS NULL";
const LIST: &str = "SELECT id, email, created_at, expires_at, used_at FROM invitations ORDER BY id DESC";
const IS_THERE: &str = "SELECT EXISTS (SELECT 1 FROM invitations WHERE id = $1)";
const WITHDRAW: &str = "DELETE FROM invitations WHERE id = $1 AND used_at IS NULL";
const DELETE_UNUSED: &str = "DELETE FROM invitations WHERE email = $1 AND used_at IS NULL";
const DELETE_ALL_UNUSED: &str = "DELETE FROM invitations WHERE id IN \
     (SELECT id FROM invitations WHERE used_at IS NULL LIMIT $1)";
const PRUNE: &str = "DELETE FROM invitations WHERE id IN \
     (SELECT id FROM invitations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

impl Store {
    /// The invitation of a link, if it is valid for this address.
    pub async fn find_valid_invitation(
        &self,
        link: InvitationLink,
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<Option<ValidInvitation>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(FIND_VALID)
            .bind(link.id).bind(link.generation).bind(email).bind(now).fetch_optional(pool).await)?)
    }

    /// Every invitation, newest first.
    pub async fn list_invitations(&self) -> Result<Vec<Invitation>, Error> {
        Ok(on_pool!(self, pool => sqlx::query_as(LIST).fetch_all(pool).await)?)
    }
}

impl Tx {
    /// Invites an address, and returns the link to send. An address with an open invitation keeps it; only its new link
    /// is valid.
    pub async fn issue_invitation(
        &mut self,
        invitee: &Invitee,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<InvitationLink, Error> {
        let IssuedRow { id, generation } = in_tx!(self, c => sqlx::query_as(ISSUE)
            .bind(InvitationId::new()).bind(&invitee.email).bind(&invitee.first_name).bind(&invitee.last_name)
            .bind(invitee.locale).bind(now).bind(expires_at).fetch_one(c).await)?;
        Ok(InvitationLink { id, generation })
    }

    /// Uses up an invitation for the account that is created with it; `false` if it was used or withdrawn.
    pub async fn spend_invitation(
        &mut self,
        invitation: InvitationId,
        email: &EmailAddress,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(SPEND).bind(invitation).bind(email).bind(user).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Whether this invitation exists, used or not.
    pub async fn is_invitation(&mut self, invitation: InvitationId) -> Result<bool, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(IS_THERE).bind(invitation).fetch_one(c).await)?)
    }

    /// Deletes an unused invitation; `false` if there is none.
    pub async fn withdraw_invitation(&mut self, invitation: InvitationId) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(WITHDRAW).bind(invitation)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Deletes the unused invitation of an address, if there is one.
    pub async fn delete_unused_invitation(&mut self, email: &EmailAddress) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(DELETE_UNUSED).bind(email).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes at most `limit` unused invitations; returns their number.
    pub async fn delete_unused_invitations(&mut self, limit: i64) -> Result<u64, Error> {
        Ok(in_tx!(self, c => sqlx::query(DELETE_ALL_UNUSED).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Deletes at most `limit` invitations that expired before `before`; returns their number.
    pub async fn prune_invitations(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }
}
