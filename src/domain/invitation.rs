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

/// The lifetime of an invitation.
pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// An invitation as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Invitation {
    /// Identifies it for `invitations.withdraw`.
    pub id: InvitationId,
    /// The only address that can register with it.
    pub email: EmailAddress,
    /// When the address was first invited.
    pub created_at: Timestamp,
    /// When its newest link expires.
    pub expires_at: Timestamp,
    /// When an account was created with it; `null` until then.
    pub used_at: Option<Timestamp>,
}

/// A person whom an operator invites.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The address that can register.
    pub email: EmailAddress,
    /// Used in the letter, and for a registration by a provider that gives no name.
    pub first_name: Option<Name>,
    /// Used like the first name.
    pub last_name: Option<Name>,
    /// The language of the letter.
    pub locale: Locale,
}

/// The content of the token of an invitation's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLink {
    /// The invitation.
    pub id: InvitationId,
    /// The number of the link; only the newest is valid.
    pub generation: i64,
}
