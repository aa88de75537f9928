//! A caller's profile: one statement that reads nothing else, for the most frequent call.

use super::{Error, Store, on_pool};
use crate::domain::{
    email::EmailAddress,
    ids::{SessionId, UserId},
    phone::Phone,
    profile::{Locale, Name, Profile},
    session::{EndReason, SessionLife},
    time::Timestamp,
};

/// The columns of [`FIND`], read by position: looking each up by name costs more than reading it.
type Row = (
    UserId,
    i64,
    Timestamp,
    Timestamp,
    Option<EndReason>,
    EmailAddress,
    Name,
    Option<Name>,
    Option<Name>,
    Option<Phone>,
    Locale,
    Option<EmailAddress>,
    i64,
    Timestamp,
    Timestamp,
);

const FIND: &str = "SELECT s.user_id, s.version, s.created_at, s.last_seen_at, s.end_reason, u.email, u.first_name, \
     u.last_name, u.company_name, u.phone, u.locale, u.pending_email, u.profile_revision, u.created_at, u.updated_at \
     FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";

impl Store {
    /// The profile of a session's user, and the state that decides whether the session may act.
    pub async fn find_profile(&self, session: SessionId) -> Result<Option<(SessionLife, Profile)>, Error> {
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(FIND).bind(session).fetch_optional(pool).await)?;
        Ok(row.map(
            |(
                user,
                version,
                opened_at,
                last_seen_at,
                end_reason,
                email,
                first_name,
                last_name,
                company_name,
                phone,
                locale,
                pending_email,
                revision,
                created_at,
                updated_at,
            )| {
                let profile = Profile {
                    id: user,
                    email,
                    first_name,
                    last_name,
                    is_business_customer: company_name.is_some(),
                    company_name,
                    phone,
                    locale,
                    pending_email,
                    revision,
                    created_at,
                    updated_at,
                };
                (SessionLife { user, version, created_at: opened_at, last_seen_at, end_reason }, profile)
            },
        ))
    }
}
