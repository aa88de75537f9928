//! The second factor of a sign-in (docs/protocol.md, "Second factor").

use super::{
    finish::{Device, Proof, SignedIn},
    guesses::GuessFrom,
    passkeys::{PasskeyAnswer, UsedPasskey},
};
use crate::{
    account::{Accounts, Change, Error, PasskeyCeremony, SecondFactorChallenge},
    crypto::{
        device_token::DeviceToken,
        recovery_code::recovery_code_hash,
        ticket::{Ticket, TicketPurpose},
        totp::TotpSecret,
    },
    domain::{
        client::Client,
        ids::{RegistrationId, TicketId, UserId},
        letter::Content,
        security_event::{SecurityEvent, SecurityEventType},
        session::{AuthenticationMethod, DeviceName},
    },
    limits::CHALLENGE_FAILURES,
    store::{Outcome, TotpRow, UserRow},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// The lifetime of a challenge (docs/protocol.md, "Second factor").
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A presented second factor, as typed.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    /// A code from the authenticator app.
    Totp(TypedCode),
    /// A recovery code.
    RecoveryCode(TypedCode),
    /// A passkey's answer to a ceremony of the challenge, or of the session.
    Passkey(Box<PasskeyAnswer>),
}

/// A second factor, checked as far as that needs no lock.
#[derive(Debug)]
pub(super) enum Factor {
    /// A code from the authenticator app.
    Totp(TypedCode),
    /// A recovery code.
    RecoveryCode(TypedCode),
    /// A valid assertion.
    Passkey(UsedPasskey),
}

/// The purpose that a passkey's ceremony must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct CeremonyOf<'a> {
    pub(super) purpose: TicketPurpose,
    /// The challenge or the session that it is bound to.
    pub(super) holder: &'a [u8],
    pub(super) user: UserId,
}

/// A code as typed. It must not be printed.
#[derive(Clone)]
pub struct TypedCode(pub String);

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedCode")
    }
}

/// The content of a challenge: a sign-in after its first step. Any change of the account's sign-in methods makes it
/// invalid.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Challenge {
    user: UserId,
    credentials_version: i64,
    methods: Vec<AuthenticationMethod>,
    registration: Option<RegistrationId>,
    device_name: Option<DeviceName>,
    device_token: Option<String>,
}

/// The second factor of a sign-in, and the challenge that it answers.
#[derive(Debug)]
pub struct AnsweredChallenge {
    ticket: Ticket<()>,
    factor: Factor,
}

impl Accounts {
    /// Refuses, under the lock, a sign-in that lacks the second factor, with a challenge that holds its first step.
    /// What the change has written so far (a new hash of the right password) is committed, and the owner can read about
    /// it.
    pub(super) async fn demand_second_factor(
        &self,
        mut change: Change<'_>,
        proof: &Proof,
        device: &Device,
    ) -> Result<Error, Error> {
        let methods = change.account().sign_in_methods().await?;
        let (user, now) = (change.user(), change.now());
        let ticket = Ticket {
            id: TicketId::at(now),
            expires_at: now.after(CHALLENGE_LIFETIME),
            data: Challenge {
                user: user.user_id,
                credentials_version: user.credentials_version,
                methods: proof.methods.clone(),
                registration: proof.registration,
                device_name: device.name.clone(),
                device_token: device.token.as_ref().map(|token| token.expose().to_owned()),
            },
        };
        let challenge = self.issue_ticket(TicketPurpose::SecondFactor, &[], &ticket)?;
        let (purpose, id) = (TicketPurpose::PasskeySecondFactor, ticket.id);
        let passkey = self.begin_ceremony_of(change.tx(), ticket.data.user, purpose, id.0.as_bytes()).await?;
        let passkey = passkey.map(|started| {
            let (ceremony, options) = started.into_parts();
            PasskeyCeremony { ceremony, options }
        });
        let mut factors = methods.second_factors();
        factors.retain(|factor| *factor != AuthenticationMethod::Passkey || passkey.is_some());
        // Without a session, because none is opened yet. The entry shows the owner if somebody else has the password.
        let (user, client) = (ticket.data.user, &device.client);
        let what = SecurityEventType::SecondFactorRequired;
        let event = SecurityEvent::now(what, change.now(), None, Some(client), json!({}));
        change.tx().insert_security_event(user, &event).await?;
        change.account().must_commit();
        change.commit().await?;
        tracing::info!(target: "security", %user, ip = %client.ip, "second_factor_required");
        Ok(Error::SecondFactorRequired(Box::new(SecondFactorChallenge {
            challenge,
            expires_at: ticket.expires_at,
            factors,
            passkey,
        })))
    }

    /// Opens the session of a sign-in that lacked its second factor. The device's name and token are those of the first
    /// step.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a challenge that is invalid, used or expired, or was made before the sign-in methods
    /// changed. [`Error::InvalidCredentials`] for a wrong second factor, of which a challenge allows five.
    pub async fn complete_sign_in(
        self: &Arc<Self>,
        challenge: &str,
        factor: SecondFactor,
        device: Device,
    ) -> Result<SignedIn, Error> {
        let now = self.clock.now();
        let ticket = self.sealer.open_ticket::<Challenge>(TicketPurpose::SecondFactor, &[], challenge, now);
        let Ticket { id, expires_at, data } = ticket.ok_or(Error::InvalidToken)?;
        let mut tx = self.store.write().await?;
        let user = tx.find_user(data.user).await?.ok_or(Error::InvalidToken)?;
        if user.credentials_version != data.credentials_version
            || !tx.count_ticket_failure(id, expires_at, CHALLENGE_FAILURES).await?
        {
            return Err(Error::InvalidToken);
        }
        tx.commit().await?;
        let proof = Proof { registration: data.registration, ..Proof::of(user, data.methods) };
        let token = data.device_token.as_deref().and_then(DeviceToken::parse);
        let device = Device { name: data.device_name, token: token.or(device.token), ..device };
        let came = self.complete_sign_in_by(proof, Ticket { id, expires_at, data: () }, factor, &device).await;
        // A right answer has used up the challenge; if the outcome is unknown, it may have been wrong.
        let stays_counted = matches!(
            came,
            Ok(_) | Err(Error::InvalidCredentials | Error::Unavailable { outcome: Outcome::Unknown, .. })
        );
        if !stays_counted {
            self.withdraw_ticket_failure(id).await;
        }
        came
    }

    async fn complete_sign_in_by(
        self: &Arc<Self>,
        mut proof: Proof,
        ticket: Ticket<()>,
        factor: SecondFactor,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        let user = proof.user.user_id;
        let from = GuessFrom::Anybody(device.token.as_ref());
        let recorded_as = SecurityEventType::SecondFactorFailed;
        let guess = self.begin_guess(&proof.user.email, recorded_as, from, &device.client).await?;
        proof.guess = Some(guess.clone());
        let came = async {
            let id = ticket.id;
            let (purpose, holder) = (TicketPurpose::PasskeySecondFactor, id.0.as_bytes());
            let ceremony = CeremonyOf { purpose, holder, user };
            let factor = self.check_factor(factor, ceremony, &device.client).await?;
            proof.second_factor = Some(AnsweredChallenge { ticket, factor });
            self.finish_sign_in(&proof, device).await?.ok_or(Error::InvalidToken)
        };
        let came = came.await;
        if matches!(came, Err(Error::InvalidCredentials)) {
            tracing::info!(target: "security", %user, ip = %device.client.ip, "second_factor_failed");
        }
        self.settle_guess(&guess, came).await
    }

    async fn withdraw_ticket_failure(&self, id: TicketId) {
        let withdrawn = async {
            let mut tx = self.store.write().await?;
            tx.withdraw_ticket_failure(id).await?;
            tx.commit().await
        };
        if let Err(error) = withdrawn.await {
            tracing::warn!(?error, "an answer that was not wrong stays counted as such");
        }
    }

    /// Checks the part of a second factor that needs no lock: a passkey's signature.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a ceremony that is used, expired or another session's, [`Error::InvalidCredentials`]
    /// for an invalid assertion.
    pub(super) async fn check_factor(
        &self,
        factor: SecondFactor,
        ceremony: CeremonyOf<'_>,
        client: &Client,
    ) -> Result<Factor, Error> {
        match factor {
            SecondFactor::Totp(code) => Ok(Factor::Totp(code)),
            SecondFactor::RecoveryCode(code) => Ok(Factor::RecoveryCode(code)),
            SecondFactor::Passkey(answer) => {
                let CeremonyOf { purpose, holder, user } = ceremony;
                let (_, used) = self.check_passkey(purpose, holder, &answer, Some(user), client).await?;
                Ok(Factor::Passkey(used))
            }
        }
    }

    /// Uses up a challenge and the second factor that answers it, under the lock; returns the method.
    pub(super) async fn answer_challenge(
        &self,
        change: &mut Change<'_>,
        answered: &AnsweredChallenge,
    ) -> Result<AuthenticationMethod, Error> {
        let Ticket { id, expires_at, .. } = answered.ticket;
        if !change.tx().spend_ticket(id, expires_at).await? {
            return Err(Error::InvalidToken);
        }
        self.use_second_factor(change, &answered.factor).await
    }

    /// Checks a second factor and uses it up, under the lock; returns the method.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] if it is wrong or was used.
    pub(super) async fn use_second_factor(
        &self,
        change: &mut Change<'_>,
        factor: &Factor,
    ) -> Result<AuthenticationMethod, Error> {
        match factor {
            Factor::Totp(code) => {
                let (user, now) = (change.user().user_id, change.now());
                let row = change.tx().find_totp(user).await?.ok_or(Error::InvalidCredentials)?;
                let step = self.open_totp(&row)?.step_of(&code.0, now, row.last_step);
                let step = step.ok_or(Error::InvalidCredentials)?;
                if !change.account().use_totp_step(step).await? {
                    return Err(Error::InvalidCredentials);
                }
                Ok(AuthenticationMethod::Totp)
            }
            Factor::RecoveryCode(code) => {
                if !change.account().use_recovery_code(&recovery_code_hash(&code.0)).await? {
                    return Err(Error::InvalidCredentials);
                }
                let left = change.account().sign_in_methods().await?.recovery_codes_left.unwrap_or_default();
                change.tell_owner(Content::RecoveryCodeUsed { left }).await?;
                change.record(SecurityEventType::RecoveryCodeUsed, json!({ "left": left })).await?;
                Ok(AuthenticationMethod::RecoveryCode)
            }
            Factor::Passkey(used) => match change.use_passkey(used).await? {
                true => Ok(AuthenticationMethod::Passkey),
                false => Err(Error::InvalidCredentials),
            },
        }
    }

    /// The secret of an account's second factor.
    pub(super) fn open_totp(&self, row: &TotpRow) -> Result<TotpSecret, Error> {
        TotpSecret::unseal(&self.sealer, row.user_id, &row.sealed()).ok_or_else(|| {
            let why = "a second factor is sealed under a token secret that is not among MARBELLE_TOKEN_SECRET";
            Error::Internal(why.into())
        })
    }
}

impl Proof {
    /// Whether no further factor is required, as the account is under the lock. A passkey verifies its user by itself.
    pub(super) fn is_complete(&self, user: &UserRow) -> bool {
        !user.second_factor || self.second_factor.is_some() || self.methods.contains(&AuthenticationMethod::Passkey)
    }
}
