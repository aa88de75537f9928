//! What the operator does to an account, from the command line; through the log, so that open sockets of
//! running nodes are told.

use super::Error;
use crate::{
    domain::{
        email::EmailAddress,
        ids::UserId,
        security_event::{SecurityEvent, SecurityEventType},
        session::{EndReason, EndedSession},
        time::Clock,
    },
    store::{AccountChange, Store},
};
use serde_json::json;

/// Disables an account and ends its sessions. Nothing but [`enable`] brings it back.
pub async fn disable(store: &Store, email: &EmailAddress, clock: &Clock) -> Result<(), Error> {
    let mut change = begin(store, email, clock).await?;
    let (user, now) = (change.user().user_id, change.now());
    change.tx().update_disabled_at(user, Some(now)).await?;
    change.tx().spend_all_tokens(user, now).await?;
    let reason = EndReason::AccountDisabled;
    let ended = change.tx().end_all_sessions(user, reason, now).await?;
    change.sessions().ended.extend(ended.into_iter().map(|session_id| EndedSession { session_id, reason }));
    let mut profile = change.user().profile();
    if profile.pending_email.take().is_some() {
        // Its token is spent: it cannot be confirmed any more.
        change.change_profile(profile).await?;
    }
    finish(change, user, SecurityEventType::AccountDisabled).await
}

/// Lets a disabled account sign in again.
pub async fn enable(store: &Store, email: &EmailAddress, clock: &Clock) -> Result<(), Error> {
    let mut change = begin(store, email, clock).await?;
    let user = change.user().user_id;
    change.tx().update_disabled_at(user, None).await?;
    finish(change, user, SecurityEventType::AccountEnabled).await
}

/// Deletes an account, what was guessed at it, and the letters to its address. Only the ids of its live
/// sessions stay for a while, so that they can be told why they ended; running nodes find out by their sweep.
pub async fn delete(store: &Store, email: &EmailAddress, clock: &Clock) -> Result<(), Error> {
    let mut tx = store.write().await?;
    let user = tx.find_user_by_email(email).await?.ok_or(Error::NotFound)?.user_id;
    tx.lock_user_quietly(user).await?;
    // The counts first: who counts a guess holds its row and then asks for the user's.
    tx.delete_password_failures(email).await?;
    tx.keep_deleted_sessions(user, clock.now()).await?;
    tx.delete_user(user).await?;
    tx.delete_registrations(email).await?;
    tx.delete_letters_to(email).await?;
    tx.commit().await?;
    tracing::info!(target: "security", user = %user, "account_deleted");
    Ok(())
}

async fn begin(store: &Store, email: &EmailAddress, clock: &Clock) -> Result<AccountChange, Error> {
    let mut tx = store.write().await?;
    let user = tx.find_user_by_email(email).await?.ok_or(Error::NotFound)?;
    AccountChange::begin(tx, user.user_id, None, clock).await?.ok_or(Error::NotFound)
}

async fn finish(mut change: AccountChange, user: UserId, what: SecurityEventType) -> Result<(), Error> {
    let event = SecurityEvent::now(what, change.now(), None, None, json!({}));
    change.tx().insert_security_event(user, &event).await?;
    change.keep();
    // Running nodes learn of it by their sweep: this process has no followers.
    let _ = change.commit().await?;
    tracing::info!(target: "security", user = %user, "{}", what.as_str());
    Ok(())
}
