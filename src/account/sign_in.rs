//! Signing in, and staying signed in.

use super::{Accounts, Client, Error};
use crate::{
    crypto::opaque_token::{Purpose, Secret},
    domain::{
        email::EmailAddress,
        ids::{SessionId, UserId},
        password::Password,
        profile::Profile,
        session::{CredentialFault, DeviceName, EndReason, EndedSession, OpenedSession, Session, UserAgent},
        time::Timestamp,
    },
    store::{AccountChange, NewSession, SessionRow, UserRow},
};
use std::sync::Arc;

/// How often a sign-in starts over because the account changed while its password was verified.
const ATTEMPTS: usize = 3;

/// What somebody signs in with.
#[derive(Debug)]
pub struct Credentials {
    /// The address.
    pub email: EmailAddress,
    /// The password, right or wrong.
    pub password: Password,
    /// What the owner calls the device.
    pub device_name: Option<DeviceName>,
}

/// The tokens of a session.
#[derive(Debug)]
pub struct TokenPair {
    /// A JWT.
    pub access_token: String,
    /// When it expires.
    pub access_expires_at: Timestamp,
    /// Good for one refresh.
    pub refresh_token: Secret,
    /// When the session ends if it is not used again.
    pub refresh_expires_at: Timestamp,
}

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whose.
    pub profile: Profile,
    /// Its tokens.
    pub tokens: TokenPair,
}

impl Accounts {
    /// Opens a session. Exactly one hash is computed whether the address is known, pending or unknown;
    /// only who knows the password is told more than that it did not work.
    pub async fn sign_in(self: &Arc<Self>, credentials: Credentials, client: &Client) -> Result<SignedIn, Error> {
        for _ in 0..ATTEMPTS {
            let (user, new_hash) = self.verified_user(&credentials).await?;
            let tx = self.store.write().await?;
            let session = SessionId::new();
            let Some(mut change) = AccountChange::begin(tx, user.user_id, Some(session), self.clock.now()).await?
            else {
                continue;
            };
            // What was verified may be history by now: a reset that ended every session must not be
            // followed by one opened with the old password.
            let present = change.user();
            if (&present.password_hash, &present.email, present.disabled_at)
                != (&user.password_hash, &user.email, user.disabled_at)
            {
                continue;
            }
            if let Some(hash) = &new_hash {
                change.tx().update_password_hash(user.user_id, hash).await?;
            }
            let opened = self.open_session(&mut change, session, &credentials, client).await?;
            let profile = change.user().profile();
            let now = change.now();
            self.commit(change).await?;
            tracing::info!(target: "security", user = %user.user_id, session = %session, ip = %client.ip, "sign_in");
            let session = Session {
                last_seen_at: now,
                expires_at: self.session_lifetimes.expiry(now, now),
                current: true,
                connected: false,
                opened,
            };
            let tokens = self.tokens(user.user_id, session.opened.id, 0, session.expires_at);
            return Ok(SignedIn { session, profile, tokens });
        }
        // Somebody changes the password as fast as we hash; whoever it is, this one is not it any more.
        Err(Error::InvalidCredentials)
    }

    /// The active account with these credentials, and its password's new hash if the parameters changed.
    async fn verified_user(&self, credentials: &Credentials) -> Result<(UserRow, Option<String>), Error> {
        let user = self.store.find_user_by_email(&credentials.email).await?;
        let registration = self.store.find_newest_registration(&credentials.email).await?;
        let stored = match (&user, &registration) {
            (Some(user), _) => Some(user.password_hash.as_str()),
            (None, Some(registration)) => Some(registration.password_hash.as_str()),
            (None, None) => None,
        };
        let verified = self.passwords.verify(&credentials.password, stored).await?;
        if !verified.ok {
            let user = user.map(|user| user.user_id.to_string());
            tracing::info!(target: "security", user, "sign_in_failed");
            return Err(Error::InvalidCredentials);
        }
        let user = user.ok_or(Error::EmailNotVerified)?;
        if user.disabled_at.is_some() {
            return Err(Error::AccountDisabled);
        }
        let new_hash = if verified.outdated { Some(self.passwords.hash(&credentials.password).await?) } else { None };
        Ok((user, new_hash))
    }

    /// Adds the session, and ends the oldest ones beyond the limit.
    async fn open_session(
        &self,
        change: &mut AccountChange,
        id: SessionId,
        credentials: &Credentials,
        client: &Client,
    ) -> Result<OpenedSession, Error> {
        let (user, now) = (change.user().user_id, change.now());
        let opened = OpenedSession {
            id,
            device_name: credentials.device_name.clone(),
            user_agent: client.user_agent.as_deref().map(UserAgent::cut),
            ip: client.ip.to_string(),
            created_at: now,
        };
        let live = change.tx().list_live_sessions(user, now).await?;
        for oldest in live.iter().map(|row| &row.session).skip(self.sessions_per_user.saturating_sub(1)) {
            let reason = EndReason::SessionLimit;
            change.tx().end_session(user, oldest.session_id, reason, now).await?;
            change.sessions().ended.push(EndedSession { session_id: oldest.session_id, reason });
        }
        change.tx().insert_session(&NewSession { user, opened: opened.clone() }).await?;
        change.sessions().opened = Some(opened.clone());
        Ok(opened)
    }

    /// Spends a refresh token for a new pair. Whoever repeats the last one within the grace period gets
    /// the same successor; a superseded one presented otherwise ends the session.
    pub async fn refresh(self: &Arc<Self>, refresh_token: &str) -> Result<TokenPair, Error> {
        let invalid = Error::Unauthenticated(CredentialFault::Invalid);
        let Some((id, generation)) = self.opaque_tokens.open(Purpose::Refresh, refresh_token) else {
            tracing::info!(target: "security", "refresh_refused");
            return Err(invalid);
        };
        let session = SessionId(id);
        let now = self.clock.now();
        let lifetimes = &self.session_lifetimes;
        let mut tx = self.store.write().await?;
        let rotated = tx
            .rotate_refresh_token(session, generation, now, now.before(lifetimes.idle), now.before(lifetimes.absolute))
            .await?;
        let row = tx.find_session(session).await?.ok_or(invalid)?;
        if rotated {
            tx.commit().await?;
        } else {
            drop(tx);
            row.standing(lifetimes, now).map_err(Error::SessionEnded)?;
            let repeated =
                row.refresh_generation == generation + 1 && now.since(row.refreshed_at) < self.lifetimes.refresh_grace;
            if !repeated {
                return Err(self.end_reused(&row).await?);
            }
        }
        Ok(self.tokens(row.session_user_id, session, generation + 1, row.expires_at(lifetimes)))
    }

    /// Ends a session whose superseded refresh token was presented: somebody has a copy.
    async fn end_reused(self: &Arc<Self>, row: &SessionRow) -> Result<Error, Error> {
        let (user, session) = (row.session_user_id, row.session_id);
        let reason = EndReason::RefreshTokenReuse;
        self.end_one(user, session, None, reason).await?;
        tracing::info!(target: "security", user = %user, session = %session, "refresh_token_reuse");
        Ok(Error::SessionEnded(reason))
    }

    fn tokens(&self, user: UserId, session: SessionId, generation: i64, session_expires: Timestamp) -> TokenPair {
        let (access_token, access_expires_at) = self.access_tokens.issue(user, session);
        TokenPair {
            access_token,
            access_expires_at,
            refresh_token: self.opaque_tokens.make(Purpose::Refresh, session.0, generation),
            refresh_expires_at: session_expires,
        }
    }
}
