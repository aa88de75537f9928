//! Access tokens for the shop's other backends: issued to sessions, and verified for backends that ask.

use super::{Accounts, Error};
use crate::{
    crypto::access_token::TokenError,
    domain::{
        fault::{Fault, Rule},
        ids::{SessionId, UserId},
        profile::ExternalId,
        session::{Caller, InactiveReason},
        time::Timestamp,
    },
};
use std::sync::Arc;

/// The holder of a valid access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// A token of the caller's session for another backend of the shop; this server does not accept it.
    ///
    /// # Errors
    /// [`Error::InvalidParams`] for an audience that is not on the operator's list.
    pub async fn access_token_for(
        self: &Arc<Self>,
        caller: Caller,
        audience: &str,
    ) -> Result<(String, Timestamp), Error> {
        self.live_caller(caller).await?;
        self.access_tokens
            .issue_for(audience, caller)
            .ok_or_else(|| Error::invalid("audience", Fault::new(Rule::NotAllowed, "is not a configured backend")))
    }

    /// Verifies an access token for this server, or for the backend with this audience, at present. A verification does
    /// not count as a use of the session.
    pub async fn verify_access_token(
        &self,
        token: &str,
        audience: Option<&str>,
    ) -> Result<Result<TokenHolder, InactiveReason>, Error> {
        let claims = match audience {
            None => self.access_tokens.verify(token),
            Some(audience) => self.access_tokens.verify_for(audience, token),
        };
        let claims = match claims {
            Ok(claims) => claims,
            Err(TokenError::Invalid) => return Ok(Err(InactiveReason::Invalid)),
            Err(TokenError::Expired) => return Ok(Err(InactiveReason::Expired)),
        };
        let Some(row) = self.store.find_caller(claims.session).await? else {
            return Ok(Err(InactiveReason::SessionEnded));
        };
        let life = row.session.life();
        if life.user != claims.user || life.standing(&self.session_lifetimes, self.clock.now()).is_err() {
            return Ok(Err(InactiveReason::SessionEnded));
        }
        if life.version != claims.version {
            return Ok(Err(InactiveReason::Renewed));
        }
        Ok(Ok(TokenHolder {
            user: claims.user,
            session: claims.session,
            external_id: self.store.find_external_id(claims.user).await?,
            expires_at: claims.expires,
        }))
    }
}
