//! Staying signed in: pairs of access token and refresh token.

use super::finish::SignedIn;
use crate::{
    account::{Accounts, Actor, Error, Sessions},
    crypto::opaque_token::{Purpose, Secret},
    domain::{
        client::Client,
        ids::SessionId,
        security_event::SecurityEventType,
        session::{Caller, CredentialFault, EndReason},
        time::Timestamp,
    },
    store::SessionRow,
};
use serde_json::json;
use std::sync::Arc;

/// An access token and the refresh token that gets the next one.
#[derive(Debug)]
pub struct TokenPair {
    /// A JWT.
    pub access_token: String,
    /// When it expires.
    pub access_expires_at: Timestamp,
    /// Valid for one refresh.
    pub refresh_token: Secret,
    /// When the session ends if it is not used again.
    pub refresh_expires_at: Timestamp,
}

impl Accounts {
    /// The first tokens of a session.
    pub fn first_tokens(&self, signed_in: &SignedIn) -> TokenPair {
        self.tokens(signed_in.caller(), 0, signed_in.session.expires_at)
    }

    /// Exchanges a refresh token for a new pair. Repeating the last one within the grace period returns the same
    /// successor; any other use of a superseded one ends the session.
    pub async fn refresh(self: &Arc<Self>, refresh_token: &str, client: &Client) -> Result<TokenPair, Error> {
        let Some((id, generation)) = self.opaque_tokens.open(Purpose::Refresh, refresh_token) else {
            return Err(Error::Unauthenticated(CredentialFault::Invalid));
        };
        let session = SessionId(id);
        let now = self.clock.now();
        let lifetimes = &self.session_lifetimes;
        let mut tx = self.store.write().await?;
        let rotated = tx
            .rotate_refresh_token(session, generation, now, now.before(lifetimes.idle), now.before(lifetimes.absolute))
            .await?;
        let Some(row) = tx.find_session(session).await? else {
            drop(tx);
            return Err(self.unknown_session(session).await);
        };
        if rotated {
            tx.commit().await?;
        } else {
            drop(tx);
            row.life().standing(lifetimes, now).map_err(Error::SessionEnded)?;
            if generation < row.renewed_generation {
                return Err(Error::Unauthenticated(CredentialFault::Renewed));
            }
            let repeated =
                row.refresh_generation == generation + 1 && now.is_near(row.refreshed_at, self.lifetimes.refresh_grace);
            if !repeated {
                return Err(self.end_reused(&row, client).await?);
            }
        }
        let caller = Caller { user: row.session_user_id, session, version: row.version };
        Ok(self.tokens(caller, generation + 1, row.expires_at(lifetimes, now)))
    }

    /// Ends a session whose superseded refresh token was presented: somebody has a copy.
    async fn end_reused(self: &Arc<Self>, row: &SessionRow, client: &Client) -> Result<Error, Error> {
        let (session, reason) = (row.session_id, EndReason::RefreshTokenReuse);
        let mut change = match self.change(row.session_user_id, Actor::Stranger(session, client)).await {
            Err(Error::NotFound) => return Ok(self.unknown_session(session).await),
            change => change?,
        };
        if change.end_sessions(Sessions::One(session), reason).await? == 1 {
            change.record(SecurityEventType::RefreshTokenReuse, json!({ "session_id": session })).await?;
            change.commit().await?;
        }
        Ok(Error::SessionEnded(reason))
    }

    pub(crate) fn tokens(&self, caller: Caller, generation: i64, session_expires: Timestamp) -> TokenPair {
        let (access_token, access_expires_at) = self.access_tokens.issue(caller);
        TokenPair {
            access_token,
            access_expires_at,
            refresh_token: self.opaque_tokens.make(Purpose::Refresh, caller.session.0, generation),
            refresh_expires_at: session_expires,
        }
    }
}
