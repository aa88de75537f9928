//! The version of each session's credentials (docs/protocol.md, renewal).

use super::{Error, LockedAccount, Store, in_tx, on_pool};
use crate::domain::ids::{SessionId, UserId};

/// The versions that the live sessions of an account require of their callers.
#[derive(Clone, Debug)]
pub struct SessionVersions {
    /// The version of the account.
    pub credentials_version: i64,
    /// Each session and the version of its credentials.
    pub sessions: Vec<(SessionId, i64)>,
}

/// The credentials of a session after a renewal.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct RenewedSession {
    /// Their version.
    pub version: i64,
    /// The generation of the refresh token.
    pub refresh_generation: i64,
}

const VERSIONS: &str = "SELECT u.credentials_version, s.id, s.version FROM users u \
     LEFT JOIN sessions s ON s.user_id = u.id AND s.ended_at IS NULL WHERE u.id = $1";
const RENEW: &str = "UPDATE sessions SET version = version + 1, refresh_generation = refresh_generation + 1, \
     renewed_generation = refresh_generation + 1, refreshed_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL \
     RETURNING version, refresh_generation";

impl Store {
    /// The `credentials_version` of an account, and the version of each live session's credentials, as one consistent
    /// read.
    pub async fn session_versions(&self, user: UserId) -> Result<SessionVersions, Error> {
        let rows: Vec<(i64, Option<SessionId>, Option<i64>)> =
            on_pool!(self, pool => sqlx::query_as(VERSIONS).bind(user).fetch_all(pool).await)?;
        Ok(SessionVersions {
            credentials_version: rows.first().map_or(0, |row| row.0),
            sessions: rows.into_iter().filter_map(|(_, session, version)| session.zip(version)).collect(),
        })
    }
}

impl LockedAccount {
    /// Raises the version of a session's credentials, which makes all former ones void from the commit on. `None` if it
    /// is not a live session of the account.
    pub async fn renew_session(&mut self, session: SessionId) -> Result<Option<RenewedSession>, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let renewed: Option<RenewedSession> = in_tx!(&mut self.tx, c => sqlx::query_as(RENEW)
            .bind(user).bind(session).bind(now).fetch_optional(c).await)?;
        self.must_commit();
        if let Some(renewed) = &renewed {
            self.renews(session, renewed.version);
        }
        Ok(renewed)
    }
}
