//! The second factor by an authenticator app: setting it up, turning it on and off, and its recovery codes.

use super::second_factor::TypedCode;
use crate::{
    account::{Accounts, Actor, BATCH, Error, Operator, Sessions},
    crypto::{
        opaque_token::Secret,
        recovery_code::{RecoveryCodeHash, new_recovery_code, recovery_code_hash},
        ticket::{Ticket, TicketPurpose},
        totp::{TotpSecret, qr_svg},
    },
    domain::{
        client::Client,
        ids::{TicketId, UserId},
        letter::Content,
        one_time_token::TokenPurpose,
        security_event::SecurityEventType,
        session::{Caller, EndReason, ProvenCaller},
        time::Timestamp,
    },
    meters::{meters, number},
    store,
};
use serde::Serialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// The lifetime of a setup (docs/protocol.md, "Second factor").
const SETUP_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// The number of new recovery codes (docs/protocol.md, "Second factor").
const RECOVERY_CODES: usize = 10;

/// A second factor that is not on yet.
#[derive(Debug)]
pub struct TotpSetup {
    /// Carries the secret to the call that turns it on.
    pub setup: Secret,
    /// The secret.
    pub secret: TotpSecret,
    /// The URI for apps.
    pub uri: String,
    /// The URI as a QR code.
    pub qr_svg: String,
    /// When the setup expires.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// A new secret for the caller's app. Nothing is stored: the setup holds it, which only this session can use.
    pub async fn begin_totp(self: &Arc<Self>, caller: ProvenCaller) -> Result<TotpSetup, Error> {
        let (tx, row) = self.read_proven(caller).await?;
        tx.end_read().await?;
        let secret = TotpSecret::new();
        let now = self.clock.now();
        let expires_at = now.after(SETUP_LIFETIME);
        let ticket = Ticket { id: TicketId::at(now), expires_at, data: secret.base32() };
        let setup = self.issue_ticket(TicketPurpose::TotpSetup, holder(&caller.0), &ticket)?;
        let uri = secret.uri(&self.shop_name, row.user.email.as_str());
        let qr_svg = qr_svg(&uri).map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(TotpSetup { setup, secret, uri, qr_svg, expires_at })
    }

    /// Turns the second factor on, by a code which proves that the app has the secret; returns the recovery codes.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a setup that is not this session's, or is used or expired; [`Error::Conflict`] if
    /// the second factor is on; [`Error::InvalidCredentials`] for a wrong code, after which the setup stays valid.
    pub async fn enable_totp(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        setup: &str,
        code: &TypedCode,
    ) -> Result<Vec<Secret>, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let now = change.now();
        let ticket = self.sealer.open_ticket::<String>(TicketPurpose::TotpSetup, holder(&caller), setup, now);
        let Ticket { id, expires_at, data } = ticket.ok_or(Error::InvalidToken)?;
        let secret = TotpSecret::parse(&data).ok_or(Error::InvalidToken)?;
        if change.user().second_factor {
            return Err(Error::Conflict("totp"));
        }
        let step = secret.step_of(&code.0, now, 0).ok_or(Error::InvalidCredentials)?;
        if !change.tx().spend_ticket(id, expires_at).await? {
            return Err(Error::InvalidToken);
        }
        change.account().insert_totp(&secret.seal(&self.sealer, caller.user), step).await?;
        let (codes, hashes) = recovery_codes();
        change.account().replace_recovery_codes(&hashes).await?;
        // A new e-mail address that was requested without the factor must be requested again: its link would bypass it.
        change.tx().spend_tokens_for(caller.user, TokenPurpose::ChangeEmail, now).await?;
        change.drop_pending_email();
        change.tell_owner(Content::TotpEnabled).await?;
        change.record(SecurityEventType::TotpEnabled, json!({})).await?;
        change.commit().await?;
        Ok(codes)
    }

    /// Turns the second factor off, and deletes its recovery codes.
    pub async fn disable_totp(self: &Arc<Self>, caller: ProvenCaller, client: &Client) -> Result<(), Error> {
        let mut change = self.change(caller.0.user, Actor::Proven(caller, client)).await?;
        if !change.account().delete_totp().await? {
            return Ok(());
        }
        change.account().replace_recovery_codes(&[]).await?;
        change.tell_owner(Content::TotpDisabled).await?;
        change.record(SecurityEventType::TotpDisabled, json!({})).await?;
        change.commit().await
    }

    /// Replaces the recovery codes by new ones.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a second factor.
    pub async fn renew_recovery_codes(
        self: &Arc<Self>,
        caller: ProvenCaller,
        client: &Client,
    ) -> Result<Vec<Secret>, Error> {
        let mut change = self.change(caller.0.user, Actor::Proven(caller, client)).await?;
        if !change.user().second_factor {
            return Err(Error::NotFound);
        }
        let (codes, hashes) = recovery_codes();
        change.account().replace_recovery_codes(&hashes).await?;
        change.tell_owner(Content::RecoveryCodesRenewed).await?;
        change.record(SecurityEventType::RecoveryCodesRenewed, json!({})).await?;
        change.commit().await?;
        Ok(codes)
    }

    /// Removes the second factor of an account whose owner has lost it, and ends every session; returns whether it was
    /// on.
    pub async fn reset_second_factor(self: &Arc<Self>, user: UserId, operator: Operator<'_>) -> Result<bool, Error> {
        let mut change = self.change(user, Actor::Operator(operator)).await?;
        if !change.account().delete_totp().await? {
            return Ok(false);
        }
        change.account().replace_recovery_codes(&[]).await?;
        change.end_sessions(Sessions::All, EndReason::Revoked).await?;
        change.tell_owner(Content::SecondFactorReset).await?;
        change.record(SecurityEventType::SecondFactorReset, json!({})).await?;
        change.audit("users.reset_second_factor", json!({})).await?;
        change.commit().await?;
        Ok(true)
    }

    /// Seals again what is sealed under an older secret than the present one. While any is left, the older secrets must
    /// stay in `MARBELLE_TOKEN_SECRET`.
    pub async fn reseal(&self) -> Result<(), Error> {
        let key = self.sealer.key();
        let mut last = None;
        loop {
            let rows = self.store.find_totp_sealed_by_others(key, last, BATCH).await?;
            let Some(end_of_page) = rows.last().map(|row| row.user_id) else { break };
            last = Some(end_of_page);
            for row in rows {
                let Some(secret) = TotpSecret::unseal(&self.sealer, row.user_id, &row.sealed()) else { continue };
                let mut tx = self.store.write().await?;
                tx.reseal_totp(row.user_id, &row.sealed(), &secret.seal(&self.sealer, row.user_id)).await?;
                tx.commit().await?;
            }
        }
        self.reseal_webhooks().await?;
        Ok(self.measure_sealed().await?)
    }

    /// Measures the number of secrets that are sealed under an older secret.
    pub async fn measure_sealed(&self) -> Result<(), store::Error> {
        let key = self.sealer.key();
        let factors = self.store.count_totp_sealed_by_others(key).await?;
        let webhooks = self.store.list_webhooks().await?;
        let webhooks = webhooks.iter().filter(|webhook| webhook.is_sealed_by_another(key)).count();
        let left = usize::try_from(factors).unwrap_or_default() + webhooks;
        meters().sealed_by_older_secrets.set(number(left));
        Ok(())
    }

    /// Issues a ticket.
    pub(super) fn issue_ticket<T: Serialize>(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        ticket: &Ticket<T>,
    ) -> Result<Secret, Error> {
        let issued = self.sealer.issue_ticket(purpose, holder, ticket);
        issued.map_err(|error| Error::Internal(error.to_string().into()))
    }
}

/// A setup is bound to the session that it was made for.
fn holder(caller: &Caller) -> &[u8] {
    caller.session.0.as_bytes()
}

/// New codes, and their hashes to store.
fn recovery_codes() -> (Vec<Secret>, Vec<RecoveryCodeHash>) {
    let codes: Vec<Secret> = (0..RECOVERY_CODES).map(|_| new_recovery_code()).collect();
    let hashes = codes.iter().map(|code| recovery_code_hash(code.expose())).collect();
    (codes, hashes)
}
