//! Invitations to register (docs/protocol.md, "Service keys").

use super::{
    email::EmailAddress,
    ids::InvitationId,
    profile::{Locale, Name},
    time::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an invitation is good.
pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// An invitation as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Invitation {
    /// Names it for `invitations.withdraw`.
    pub id: InvitationId,
    /// The one address that can register with it.
    pub email: EmailAddress,
    /// When the address was invited first.
    pub created_at: Timestamp,
    /// Until when its newest link is good.
    pub expires_at: Timestamp,
    /// When an account was made with it; `null` before.
    pub used_at: Option<Timestamp>,
}

/// Whom an operator invites.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The address that can register.
    pub email: EmailAddress,
    /// What the operator says of the person: for the letter, and for a sign-up by a provider that tells no name.
    pub first_name: Option<Name>,
    /// Likewise.
    pub last_name: Option<Name>,
    /// The language of the letter.
    pub locale: Locale,
}

/// What the link of an invitation says: which, and the number of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLink {
    /// The invitation.
    pub id: InvitationId,
    /// Only the newest is good.
    pub generation: i64,
}
