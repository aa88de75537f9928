//! The second factor of a sign-in (docs/protocol.md, "Second factor").

use super::finish::{Device, Proof};
use crate::{
    account::{Accounts, Change, Error, SecondFactorChallenge},
    crypto::ticket::{Ticket, TicketPurpose},
    domain::{
        ids::{RegistrationId, TicketId, UserId},
        session::{AuthenticationMethod, DeviceName},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a challenge is good (docs/protocol.md, "Second factor").
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What a challenge carries: a sign-in as far as it has come. It dies with any change of the account's ways in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Challenge {
    user: UserId,
    credentials_version: i64,
    methods: Vec<AuthenticationMethod>,
    registration: Option<RegistrationId>,
    device_name: Option<DeviceName>,
    device_token: Option<String>,
}

impl Accounts {
    /// Refuses, under the lock, a sign-in that lacks the second factor; what it has come to is in the challenge. What
    /// the change has written so far (a new hash of the right password) is committed.
    pub(super) async fn demand_second_factor(
        &self,
        mut change: Change<'_>,
        proof: &Proof,
        device: &Device,
    ) -> Result<Error, Error> {
        let methods = change.account().sign_in_methods().await?;
        let user = change.user();
        let ticket = Ticket {
            id: TicketId::new(),
            expires_at: change.now().after(CHALLENGE_LIFETIME),
            data: Challenge {
                user: user.user_id,
                credentials_version: user.credentials_version,
                methods: proof.methods.clone(),
                registration: proof.registration,
                device_name: device.name.clone(),
                device_token: device.token.as_ref().map(|token| token.expose().to_owned()),
            },
        };
        let challenge = self.sealer.issue_ticket(TicketPurpose::SecondFactor, &[], &ticket);
        let challenge = challenge.map_err(|error| Error::Internal(error.to_string().into()))?;
        change.commit().await?;
        Ok(Error::SecondFactorRequired(Box::new(SecondFactorChallenge {
            challenge,
            expires_at: ticket.expires_at,
            factors: methods.second_factors(),
            passkey: None,
        })))
    }
}

impl Proof {
    /// Whether nothing further is to be shown. A passkey verifies its user by itself.
    pub(super) fn is_complete(&self) -> bool {
        use AuthenticationMethod::{Passkey, RecoveryCode, Totp};
        !self.user.second_factor || self.methods.iter().any(|method| matches!(method, Passkey | RecoveryCode | Totp))
    }
}
