//! Users as operators and other services see them.

use super::{Accounts, Error, REGISTRATION_LIFETIME, security_log::security_log};
use crate::{
    domain::{
        address::Address,
        ids::{SecurityEventId, UserId},
        security_event::SecurityEvent,
        session::Session,
        user::{Query, SearchKey, User, UserCounts, UserRef, UserState},
    },
    limits::PAGE_BYTES,
    store::{ExternalUser, Tx, UserSearch},
};
use std::sync::Arc;

/// A search for users.
#[derive(Debug)]
pub struct FindUsers<'a> {
    /// The beginning of an address or a name; every user if absent.
    pub query: Option<&'a Query>,
    /// Their state.
    pub state: Option<UserState>,
    /// The users after this one, in the order of the pages.
    pub after: Option<UserId>,
    /// The most users.
    pub limit: i64,
}

/// Users, newest first.
#[derive(Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// The user after which the next page begins, if there is one.
    pub next: Option<UserId>,
}

impl Accounts {
    /// Users whose address or name has this prefix, newest first. A page ends early when it gets large.
    pub async fn find_users(self: &Arc<Self>, find: FindUsers<'_>) -> Result<UserPage, Error> {
        let key = find.query.map(SearchKey::new);
        if key.as_ref().is_some_and(Option::is_none) {
            // A blank query is a prefix of nothing visible.
            return Ok(UserPage { users: Vec::new(), next: None });
        }
        let search = UserSearch { key: key.flatten(), state: find.state, after: find.after, limit: find.limit + 1 };
        let mut tx = self.store.read().await?;
        let mut found = tx.find_users(&search).await?;
        let limit = usize::try_from(find.limit).unwrap_or(usize::MAX);
        let mut more = found.len() > limit;
        found.truncate(limit);
        let mut users = self.users_of(&mut tx, found).await?;
        tx.end_read().await?;
        let kept = fitting(&users)?;
        more |= kept < users.len();
        users.truncate(kept);
        let next = users.last().filter(|_| more).map(|user| user.profile.id);
        Ok(UserPage { users, next })
    }

    /// A user.
    pub async fn get_user(self: &Arc<Self>, user: &UserRef) -> Result<User, Error> {
        let mut tx = self.store.read().await?;
        let found = tx.find_external_user(user).await?.ok_or(Error::NotFound)?;
        let user = self.users_of(&mut tx, vec![found]).await?.pop();
        tx.end_read().await?;
        user.ok_or(Error::NotFound)
    }

    /// A user's addresses, as the owner sees them.
    pub async fn addresses_of(self: &Arc<Self>, user: UserId) -> Result<Vec<Address>, Error> {
        let mut tx = self.read_user(user).await?;
        let addresses = tx.list_addresses(user).await?;
        tx.end_read().await?;
        Ok(addresses)
    }

    /// A user's live sessions, none of them marked as current.
    pub async fn sessions_of(self: &Arc<Self>, user: UserId) -> Result<Vec<Session>, Error> {
        let mut tx = self.read_user(user).await?;
        let sessions = self.hub.live_sessions(&mut tx, user, None).await?;
        tx.end_read().await?;
        Ok(sessions)
    }

    /// A page of a user's security log, newest first, and whether there is more.
    pub async fn security_log_of(
        self: &Arc<Self>,
        user: UserId,
        before: Option<SecurityEventId>,
        limit: i64,
    ) -> Result<(Vec<SecurityEvent>, bool), Error> {
        security_log(self.read_user(user).await?, user, before, limit).await
    }

    /// The numbers of accounts and registrations.
    pub async fn count_users(&self) -> Result<UserCounts, Error> {
        Ok(self.store.count_accounts(self.clock.now().before(REGISTRATION_LIFETIME)).await?)
    }

    /// A consistent read of a user's data, if the user exists.
    async fn read_user(&self, user: UserId) -> Result<Tx, Error> {
        let mut tx = self.store.read().await?;
        tx.find_user(user).await?.ok_or(Error::NotFound)?;
        Ok(tx)
    }

    /// These users with a summary of each, in the same order.
    async fn users_of(&self, tx: &mut Tx, found: Vec<ExternalUser>) -> Result<Vec<User>, Error> {
        let rows: Vec<_> = found.iter().map(|found| &found.user).collect();
        let ids: Vec<UserId> = rows.iter().map(|row| row.user_id).collect();
        let methods = tx.sign_in_methods_of(&rows).await?;
        let sessions = tx.summarise_sessions(&ids, &self.session_lifetimes, self.clock.now()).await?;
        let users = found.iter().zip(methods).map(|(found, sign_in_methods)| {
            let sessions = sessions.get(&found.user.user_id).copied().unwrap_or_default();
            User {
                profile: found.user.profile(),
                external_id: found.external_id.clone(),
                disabled_at: found.user.disabled_at,
                sessions: sessions.live,
                last_seen_at: sessions.last_seen_at,
                sign_in_methods,
            }
        });
        Ok(users.collect())
    }
}

/// The number of these users that fit on a page, which is at least one.
fn fitting(users: &[User]) -> Result<usize, Error> {
    let mut bytes = 0;
    for (at, user) in users.iter().enumerate() {
        bytes += serde_json::to_vec(user).map_err(|error| Error::Internal(error.to_string().into()))?.len();
        if bytes > PAGE_BYTES && at > 0 {
            return Ok(at);
        }
    }
    Ok(users.len())
}
