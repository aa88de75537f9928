//! The end of every sign-in: a session is opened for a user whose identity is proved.

use super::{guesses::Guess, passkeys::UsedPasskey, second_factor::AnsweredChallenge, tickets::PresentedTicket};
use crate::{
    account::{Accounts, Actor, Change, Error, Sessions},
    crypto::{device_token::DeviceToken, opaque_token::Purpose},
    domain::{
        client::Client,
        ids::{DeviceId, RegistrationId, SessionId},
        letter::Content,
        network::family,
        profile::Profile,
        security_event::SecurityEventType,
        session::{AuthenticationMethod, Caller, DeviceName, EndReason, OpenedSession, Session},
        time::Timestamp,
    },
    limits::KNOWN_DEVICES,
    store::{NewSession, UserRow},
};
use serde_json::json;
use std::sync::Arc;

/// The proof of a sign-in.
#[derive(Debug)]
pub struct Proof {
    /// The account, as it was when this was proved.
    pub user: UserRow,
    /// The methods of the proof.
    pub methods: Vec<AuthenticationMethod>,
    /// The password's hash by the current parameters, if the stored one uses others.
    pub new_hash: Option<String>,
    /// The guess that turned out to be right.
    pub guess: Option<Guess>,
    /// The registration that this sign-in uses up.
    pub registration: Option<RegistrationId>,
    /// The second factor that completes it.
    pub second_factor: Option<AnsweredChallenge>,
    /// The passkey's assertion that this sign-in uses up.
    pub passkey: Option<UsedPasskey>,
    /// The ticket of a provider's flow, which is used up even if the sign-in still lacks the second factor.
    pub ticket: Option<PresentedTicket>,
}

impl Proof {
    /// A proof with nothing else.
    pub(super) fn of(user: UserRow, methods: Vec<AuthenticationMethod>) -> Self {
        Self {
            user,
            methods,
            new_hash: None,
            guess: None,
            registration: None,
            second_factor: None,
            passkey: None,
            ticket: None,
        }
    }
}

/// The device that signs in.
#[derive(Debug)]
pub struct Device {
    /// The owner's name for it.
    pub name: Option<DeviceName>,
    /// The token that shows that it has signed in before.
    pub token: Option<DeviceToken>,
    /// The client of the call.
    pub client: Client,
    /// The session whose cookie the new one replaces.
    pub replaced: Option<Caller>,
}

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The profile of its user.
    pub profile: Profile,
    /// The token that identifies the device from now on.
    pub device_token: DeviceToken,
}

impl SignedIn {
    /// The caller that acts for the new session.
    pub fn caller(&self) -> Caller {
        Caller { user: self.profile.id, session: self.session.opened.id, version: 0 }
    }
}

impl Accounts {
    /// Opens a session, for every method of signing in. `None` if the proof is outdated: after a reset that ended every
    /// session, the old password must not open another one.
    ///
    /// # Errors
    /// [`Error::SecondFactorRequired`] if the account has a second factor that was not given, [`Error::InvalidToken`]
    /// for a ticket or challenge that was used.
    pub(crate) async fn finish_sign_in(
        self: &Arc<Self>,
        proof: &Proof,
        device: &Device,
    ) -> Result<Option<SignedIn>, Error> {
        let (user, session) = (proof.user.user_id, SessionId::new());
        let mut change = match self.change(user, Actor::SignIn(session, &device.client)).await {
            Err(Error::NotFound) => return Ok(None),
            change => change?,
        };
        if change.user().credentials_version != proof.user.credentials_version {
            return Ok(None);
        }
        if let Some(hash) = &proof.new_hash {
            change.account().upgrade_password_hash(hash).await?;
        }
        if let Some(ticket) = proof.ticket {
            change.use_ticket(ticket).await?;
        }
        if !proof.is_complete(change.user()) {
            return Err(self.demand_second_factor(change, proof, device).await?);
        }
        let mut methods = proof.methods.clone();
        if let Some(answered) = &proof.second_factor {
            methods.push(self.answer_challenge(&mut change, answered).await?);
        }
        let now = change.now();
        if let Some(registration) = proof.registration
            && !change.tx().spend_registration_sign_in(registration, now).await?
        {
            return Ok(None);
        }
        if let Some(passkey) = &proof.passkey
            && !change.use_passkey(passkey).await?
        {
            drop(change);
            return Err(self.refuse_passkey(passkey, &device.client).await);
        }
        let replaced = device.replaced.filter(|replaced| replaced.user == user);
        if let Some(replaced) = replaced {
            change.end_sessions(Sessions::One(replaced.session), EndReason::Replaced).await?;
        }
        let device_token = self.recognise(&mut change, device).await?;
        let opened = self.open_session(&mut change, session, methods, device, device_token.key.id).await?;
        match &proof.guess {
            Some(guess) => guess.resolve(&mut change, SecurityEventType::SignIn, Some(session)).await?,
            None => change.record(SecurityEventType::SignIn, json!({})).await?,
        }
        let profile = change.user().profile();
        change.commit().await?;
        if let Some(other) = device.replaced.filter(|other| other.user != user) {
            self.end_replaced(other, &device.client).await;
        }
        Ok(Some(SignedIn { session: self.as_seen_by_itself(opened, now), profile, device_token }))
    }

    fn as_seen_by_itself(&self, opened: OpenedSession, now: Timestamp) -> Session {
        Session {
            last_seen_at: now,
            proven_at: now,
            expires_at: self.session_lifetimes.expiry(now, now),
            current: true,
            connected: false,
            opened,
        }
    }

    /// Keeps a known device known; records a new one, and sends the owner a letter about it.
    async fn recognise(&self, change: &mut Change<'_>, device: &Device) -> Result<DeviceToken, Error> {
        if let Some(token) = &device.token
            && change.account().use_device(&token.key).await?
        {
            return Ok(token.clone());
        }
        let token = DeviceToken::new();
        change.account().add_device(&token.key, true, KNOWN_DEVICES).await?;
        // The first sign-in of all is revision 1 and needs no letter.
        if change.user().revision > 1 {
            let (user_agent, network) = (device.client.user_agent.clone(), family(device.client.ip));
            let at = change.now();
            change.tell_owner(Content::NewDevice { user_agent, network, at }).await?;
        }
        Ok(token)
    }

    /// Adds the session, and ends the oldest ones beyond the limit.
    async fn open_session(
        &self,
        change: &mut Change<'_>,
        id: SessionId,
        methods: Vec<AuthenticationMethod>,
        device: &Device,
        device_id: DeviceId,
    ) -> Result<OpenedSession, Error> {
        let (user, now, client) = (change.user().user_id, change.now(), &device.client);
        let opened = OpenedSession {
            id,
            device_name: device.name.clone(),
            user_agent: client.user_agent.clone(),
            ip: client.ip.to_string(),
            methods,
            created_at: now,
        };
        let kept = self.sessions_per_user.saturating_sub(1);
        for oldest in change.tx().list_live_sessions_beyond(user, kept).await? {
            change.end_sessions(Sessions::One(oldest), EndReason::SessionLimit).await?;
        }
        change.account().open_session(&NewSession { opened: opened.clone(), device: device_id }).await?;
        Ok(opened)
    }

    /// Ends another user's session whose cookie was replaced. The sign-in has happened, and a failure here must not
    /// undo it.
    async fn end_replaced(self: &Arc<Self>, replaced: Caller, client: &Client) {
        let (user, session) = (replaced.user, replaced.session);
        if let Err(error) = self.end_session(user, session, Actor::Stranger(session, client), EndReason::Replaced).await
        {
            tracing::warn!(?error, %session, "a replaced session could not be ended");
        }
    }

    /// The session of a refresh token, which may be used up.
    pub fn session_of_refresh_token(&self, refresh_token: &str) -> Option<SessionId> {
        self.opaque_tokens.open(Purpose::Refresh, refresh_token).map(|(id, _)| SessionId(id))
    }
}
