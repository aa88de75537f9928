//! Access tokens for the shop's other backends: given to sessions, and looked at for backends that ask.

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

/// Whom a good access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    /// Who.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// What another system knows the user by.
    pub external_id: Option<ExternalId>,
    /// From when on the token is no longer good.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// A token of the caller's session for another backend of the shop; it is no good here.
    ///
    /// # Errors
    /// [`Error::InvalidParams`] for an audience that is none of the operator's list.
    pub async fn access_token_for(
        self: &Arc<Self>,
        caller: Caller,
        audience: &str,
    ) -> Result<(String, Timestamp), Error> {
        self.live_caller(caller).await?;
        self.access_tokens.issue_for(audience, caller).ok_or_else(|| {
            Error::invalid(
                "audience",
                Fault::new(Rule::NotAllowed, "is none of the backends that there are tokens for"),
            )
        })
    }

    /// Whether an access token is good at this moment, for this server or for the backend with this audience. That a
    /// backend asks is no use of the session.
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
