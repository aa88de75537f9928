//! The profile.

use super::{Accounts, Actor, Current, Error};
use crate::domain::{
    client::Client,
    profile::{Profile, ProfilePatch},
    session::Caller,
};
use std::sync::Arc;

impl Accounts {
    /// The caller's profile.
    pub async fn get_profile(self: &Arc<Self>, caller: Caller) -> Result<Profile, Error> {
        self.live_profile(caller).await
    }

    /// Edits the caller's profile. An edit that changes nothing writes nothing.
    pub async fn update_profile(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        patch: ProfilePatch,
        expected_revision: Option<i64>,
    ) -> Result<Profile, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let present = change.user().profile();
        if expected_revision.is_some_and(|expected| present.revision > expected) {
            return Err(Error::StaleRevision(Current::Profile(Box::new(present))));
        }
        let edited = patch.applied_to(&present);
        if edited == present {
            return Ok(present);
        }
        let profile = change.save_profile(edited);
        change.commit().await?;
        Ok(profile)
    }
}
