//! The check before a change of the password or the e-mail address: the present password, or a proven session if there
//! is none or it is not given; both if the account has a second factor (docs/protocol.md, "Proof").

use super::guesses::{Guess, GuessFrom};
use crate::{
    account::{Accounts, Actor, Change, Error},
    domain::{
        client::Client,
        password::Password,
        security_event::SecurityEventType,
        session::{Caller, ProvenCaller},
    },
    store::UserRow,
};
use serde_json::json;
use std::sync::Arc;

/// A check under way.
#[derive(Debug)]
pub(super) struct OwnerCheck<'a> {
    /// The account, as it was before the check.
    pub(super) user: UserRow,
    /// The actor of the change; whether the session is proven is checked again under the lock.
    pub(super) actor: Actor<'a>,
    /// The present password, counted until it turns out to be right.
    guess: Option<Guess>,
}

impl Accounts {
    /// Checks that the session is proven, if it must be, and counts a guess at the caller's own password, on the device
    /// of the session, before it is checked.
    pub(super) async fn begin_owner_check<'a>(
        self: &Arc<Self>,
        caller: Caller,
        client: &'a Client,
        current: Option<&Password>,
    ) -> Result<OwnerCheck<'a>, Error> {
        let (mut tx, row) = self.read(caller).await?;
        let needs_proof = current.is_none() || row.user.second_factor;
        if needs_proof {
            self.check_proof(&row.session, self.clock.now(), tx.sign_in_methods(&row.user)).await?;
        }
        tx.end_read().await?;
        let actor = match needs_proof {
            true => Actor::Proven(ProvenCaller(caller), client),
            false => Actor::Session(caller, client),
        };
        let guess = match current {
            Some(_) => {
                let from = GuessFrom::Session(row.session.device_id);
                let recorded_as = SecurityEventType::PasswordCheckFailed;
                Some(self.begin_guess(&row.user.email, recorded_as, from, client).await?)
            }
            None => None,
        };
        Ok(OwnerCheck { user: row.user, actor, guess })
    }

    /// Passes on the result; see [`Accounts::settle_guess`].
    pub(super) async fn settle_owner_check<T>(
        &self,
        check: &OwnerCheck<'_>,
        came: Result<T, Error>,
    ) -> Result<T, Error> {
        match &check.guess {
            Some(guess) => self.settle_guess(guess, came).await,
            None => came,
        }
    }
}

impl OwnerCheck<'_> {
    /// The change is made: records it, in the place of the wrong password if one was counted.
    pub(super) async fn resolve(&self, change: &mut Change<'_>, became: SecurityEventType) -> Result<(), Error> {
        match &self.guess {
            Some(guess) => guess.resolve(change, became, self.actor.session()).await,
            None => change.record(became, json!({})).await,
        }
    }
}
