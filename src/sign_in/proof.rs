//! Proving again that a session is its user's (docs/protocol.md, "Proof").

use super::{
    guesses::GuessFrom,
    second_factor::{CeremonyOf, SecondFactor},
};
use crate::{
    account::{Accounts, Actor, Change, Error},
    crypto::ticket::TicketPurpose,
    domain::{client::Client, password::Password, security_event::SecurityEventType, session::Caller, time::Timestamp},
    store::UserRow,
};
use std::sync::Arc;

/// The proof of a session.
#[derive(Debug)]
pub enum SessionProof<'a> {
    /// The password, for accounts without a second factor.
    Password(&'a Password),
    /// The second factor; a passkey also for accounts without one.
    SecondFactor(SecondFactor),
}

impl SessionProof<'_> {
    /// Whether it is the strongest method of the account.
    fn suffices(&self, user: &UserRow) -> bool {
        match self {
            Self::Password(_) => !user.second_factor && user.password_hash.is_some(),
            Self::SecondFactor(SecondFactor::Passkey(_)) => true,
            Self::SecondFactor(_) => user.second_factor,
        }
    }
}

impl Accounts {
    /// Records that the caller's session is proven from now on; returns the time.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] for a wrong or used proof; [`Error::ProofRequired`] for one that is not the
    /// strongest of the account, with those that are.
    pub async fn prove(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        proof: SessionProof<'_>,
    ) -> Result<Timestamp, Error> {
        let (mut tx, row) = self.read(caller).await?;
        if !proof.suffices(&row.user) {
            return Err(Error::ProofRequired(tx.sign_in_methods(&row.user).await?.proofs()));
        }
        tx.end_read().await?;
        let from = GuessFrom::Session(row.session.device_id);
        let guess = self.begin_guess(&row.user.email, SecurityEventType::ProofFailed, from, client).await?;
        let came = async {
            let mut change = self.change_as_proven(caller, client, &row.user, proof).await?;
            change.account().prove_session(caller.session).await?;
            guess.resolve(&mut change, SecurityEventType::SessionProven, Some(caller.session)).await?;
            let proven_at = change.now();
            change.commit().await?;
            Ok(proven_at)
        };
        let came = came.await;
        if matches!(came, Err(Error::InvalidCredentials)) {
            let Caller { user, session, .. } = caller;
            tracing::info!(target: "security", %user, %session, ip = %client.ip, "proof_failed");
        }
        self.settle_guess(&guess, came).await
    }

    async fn change_as_proven<'a>(
        self: &'a Arc<Self>,
        caller: Caller,
        client: &'a Client,
        user: &UserRow,
        proof: SessionProof<'_>,
    ) -> Result<Change<'a>, Error> {
        let actor = Actor::Session(caller, client);
        match proof {
            SessionProof::Password(password) => {
                self.check_password(user, caller, password).await?;
                self.change_as_checked(actor, user).await
            }
            SessionProof::SecondFactor(factor) => {
                let (purpose, holder) = (TicketPurpose::PasskeyProof, caller.session.0.as_bytes());
                let ceremony = CeremonyOf { purpose, holder, user: user.user_id };
                let factor = self.check_factor(factor, ceremony, client).await?;
                let mut change = self.change_as_checked(actor, user).await?;
                self.use_second_factor(&mut change, &factor).await?;
                Ok(change)
            }
        }
    }
}
