//! Signing in, and staying signed in.

use super::guesses::Guess;
use crate::{
    account::{Accounts, Error, sessions::end},
    crypto::opaque_token::{Purpose, Secret},
    domain::{
        email::EmailAddress,
        ids::{SessionId, UserId},
        letter::{AddressFamily, Content, Letter},
        network::{family, network},
        password::Password,
        profile::Profile,
        security_event::{Origin, SecurityEventType},
        session::{Caller, CredentialFault, DeviceName, EndReason, OpenedSession, Session},
        time::Timestamp,
    },
    store::{AccountChange, NewSession, SessionRow, UserRow},
};
use serde_json::json;
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
}

impl Accounts {
    /// Opens a session. Exactly one hash is computed whether the address is known, pending or unknown;
    /// only who knows the password is told more than that it did not work. `replaced` is the session whose
    /// cookie the new one takes the place of.
    pub async fn sign_in(
        self: &Arc<Self>,
        credentials: Credentials,
        origin: &Origin,
        replaced: Option<Caller>,
    ) -> Result<SignedIn, Error> {
        let guess = self.begin_guess(&credentials.email, SecurityEventType::SignInFailed, origin).await?;
        let came = self.sign_in_by(&guess, &credentials, origin, replaced).await;
        self.settle_guess(&guess, came).await
    }

    async fn sign_in_by(
        self: &Arc<Self>,
        guess: &Guess,
        credentials: &Credentials,
        origin: &Origin,
        replaced: Option<Caller>,
    ) -> Result<SignedIn, Error> {
        for _ in 0..ATTEMPTS {
            let (user, new_hash) = self.verified_user(credentials, origin).await?;
            let tx = self.store.write().await?;
            let session = SessionId::new();
            let Some(mut change) = AccountChange::begin(tx, user.user_id, Some(session), &self.clock).await? else {
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
            if let Some(replaced) = replaced.filter(|replaced| replaced.user == user.user_id) {
                end(&mut change, replaced.session, EndReason::Replaced).await?;
            }
            let opened = self.open_session(&mut change, session, credentials, origin).await?;
            Self::resolve_guess(change.tx(), guess, SecurityEventType::SignIn, Some(session)).await?;
            let profile = change.user().profile();
            let now = change.now();
            self.commit(change).await?;
            tracing::info!(target: "security", user = %user.user_id, session = %session, ip = %origin.ip, "sign_in");
            if let Some(replaced) = replaced.filter(|replaced| replaced.user != user.user_id) {
                self.end_replaced(replaced).await;
            }
            let session = Session {
                last_seen_at: now,
                expires_at: self.session_lifetimes.expiry(now, now),
                current: true,
                connected: false,
                opened,
            };
            return Ok(SignedIn { session, profile });
        }
        // Somebody changes the password as fast as we hash; whoever it is, this one is not it any more.
        Err(Error::InvalidCredentials)
    }

    /// The first tokens of a session.
    pub fn bearer_tokens(&self, signed_in: &SignedIn) -> TokenPair {
        let session = &signed_in.session;
        self.tokens(signed_in.profile.id, session.opened.id, 0, session.expires_at)
    }

    /// The session whose refresh token this is, good or spent.
    pub fn session_of_refresh_token(&self, refresh_token: &str) -> Option<SessionId> {
        self.opaque_tokens.open(Purpose::Refresh, refresh_token).map(|(id, _)| SessionId(id))
    }

    /// The active account with these credentials, and its password's new hash if the stored one is not as we make them now.
    async fn verified_user(
        &self,
        credentials: &Credentials,
        origin: &Origin,
    ) -> Result<(UserRow, Option<String>), Error> {
        let user = self.store.find_user_by_email(&credentials.email).await?;
        let registration = self.store.find_newest_registration(&credentials.email).await?;
        let stored = match (&user, &registration) {
            (Some(user), _) => user.password_hash.as_deref(),
            (None, Some(registration)) => registration.password_hash.as_deref(),
            (None, None) => None,
        };
        let verified = self.verify_password(&credentials.password, &credentials.email, stored).await?;
        if !verified.ok {
            let user = user.map(|user| user.user_id.to_string());
            tracing::info!(target: "security", user, ip = %origin.ip, "sign_in_failed");
            return Err(Error::InvalidCredentials);
        }
        let user = user.ok_or(Error::EmailNotVerified)?;
        if user.disabled_at.is_some() {
            return Err(Error::AccountDisabled);
        }
        let new_hash = if verified.outdated { Some(self.passwords.hash(&credentials.password).await?) } else { None };
        Ok((user, new_hash))
    }

    /// Adds the session, ends the oldest ones beyond the limit, tells the owner of a new device.
    async fn open_session(
        &self,
        change: &mut AccountChange,
        id: SessionId,
        credentials: &Credentials,
        origin: &Origin,
    ) -> Result<OpenedSession, Error> {
        let (user, now) = (change.user().clone(), change.now());
        let opened = OpenedSession {
            id,
            device_name: credentials.device_name.clone(),
            user_agent: origin.user_agent.clone(),
            ip: origin.ip.to_string(),
            created_at: now,
        };
        let live = change.tx().list_live_sessions(user.user_id, now).await?;
        for oldest in live.iter().skip(self.sessions_per_user.saturating_sub(1)) {
            end(change, oldest.session.session_id, EndReason::SessionLimit).await?;
        }
        let family = family(origin.ip);
        let is_ipv6 = family == AddressFamily::Ipv6;
        // The first sign-in of all is revision 1: nobody needs to be told of that.
        if user.revision > 1 && change.tx().is_new_device(user.user_id, origin.user_agent.as_ref(), is_ipv6).await? {
            let content = Content::NewDevice { user_agent: origin.user_agent.clone(), network: family, at: now };
            let letter = Letter { to: user.email, locale: user.locale, content };
            change.tx().insert_letter(&letter, now).await?;
        }
        let network = network(origin.ip).to_string();
        change.tx().insert_session(&NewSession { user: user.user_id, opened: opened.clone(), network }).await?;
        change.sessions().opened = Some(opened.clone());
        Ok(opened)
    }

    /// Ends another user's session whose cookie was replaced. The sign-in has happened: a failure here must
    /// not undo it.
    async fn end_replaced(&self, replaced: Caller) {
        if let Err(error) = self.end_one(replaced.user, replaced.session, None, EndReason::Replaced).await {
            tracing::warn!(?error, session = %replaced.session, "a replaced session could not be ended");
        }
    }

    /// Spends a refresh token for a new pair. Whoever repeats the last one within the grace period gets
    /// the same successor; a superseded one presented otherwise ends the session.
    pub async fn refresh(&self, refresh_token: &str, origin: &Origin) -> Result<TokenPair, Error> {
        let Some((id, generation)) = self.opaque_tokens.open(Purpose::Refresh, refresh_token) else {
            tracing::info!(target: "security", "refresh_refused");
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
            let repeated =
                row.refresh_generation == generation + 1 && now.since(row.refreshed_at) < self.lifetimes.refresh_grace;
            if !repeated {
                return Err(self.end_reused(&row, origin).await?);
            }
        }
        Ok(self.tokens(row.session_user_id, session, generation + 1, row.expires_at(lifetimes)))
    }

    /// Ends a session whose superseded refresh token was presented: somebody has a copy.
    async fn end_reused(&self, row: &SessionRow, origin: &Origin) -> Result<Error, Error> {
        let (user, session) = (row.session_user_id, row.session_id);
        let reason = EndReason::RefreshTokenReuse;
        let tx = self.store.write().await?;
        if let Some(mut change) = AccountChange::begin(tx, user, None, &self.clock).await?
            && end(&mut change, session, reason).await?
        {
            let event = SecurityEventType::RefreshTokenReuse;
            let now = change.now();
            Self::note(change.tx(), user, event, now, Some((Some(session), origin)), json!({})).await?;
            self.commit(change).await?;
        }
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
