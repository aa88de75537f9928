//! Deleting one's account: requested by a proven session, confirmed by a mailed link.

use super::{Accounts, Actor, Error, LetterRequest};
use crate::{
    crypto::opaque_token::Purpose,
    domain::{
        client::Client,
        ids::TokenId,
        letter::{Content, Letter, LetterKind},
        one_time_token::{OneTimeToken, TokenPurpose},
        security_event::SecurityEventType,
        session::ProvenCaller,
    },
};
use serde_json::json;
use std::sync::Arc;

impl Accounts {
    /// Mails a link that deletes the caller's account to its address, and makes it the only valid one.
    pub async fn request_deletion(self: &Arc<Self>, caller: ProvenCaller, client: &Client) -> Result<(), Error> {
        let user = caller.0.user;
        let mut change = self.change(user, Actor::Proven(caller, client)).await?;
        let (now, to, locale) = (change.now(), change.user().email.clone(), change.user().locale);
        let asked = LetterRequest::new(&to, LetterKind::DeleteAccount, client, now);
        // If no further letter is allowed, the previous link stays valid.
        let letter = if self.has_room(change.tx(), &asked).await? {
            let token = OneTimeToken {
                id: TokenId::new(),
                user,
                purpose: TokenPurpose::DeleteAccount,
                new_email: None,
                created_at: now,
                expires_at: now.after(self.lifetimes.one_time_token),
            };
            change.tx().spend_tokens_for(user, token.purpose, now).await?;
            change.tx().insert_token(&token, None).await?;
            let content = Content::DeleteAccount { token: token.id };
            Some(Letter { user: Some(user), to: to.clone(), locale, content })
        } else {
            None
        };
        self.queue_letter(change.tx(), &asked, letter).await?;
        change.record(SecurityEventType::AccountDeletionRequested, json!({})).await?;
        change.commit().await
    }

    /// Deletes the account of such a link at once, with all data about its owner, who gets a last letter.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also for the account's second link and for a disabled account.
    pub async fn confirm_deletion(self: &Arc<Self>, token: &str, client: &Client) -> Result<(), Error> {
        let (id, _) = self.opaque_tokens.open(Purpose::DeleteAccount, token).ok_or(Error::InvalidToken)?;
        let (id, purpose) = (TokenId(id), TokenPurpose::DeleteAccount);
        let mut tx = self.store.write().await?;
        // The token is read first, then the account is locked, then the token is used up.
        let found = tx.find_token(id, purpose, self.clock.now()).await?.ok_or(Error::InvalidToken)?;
        let mut change = self.change_in(tx, found.user, Actor::Link(client)).await?;
        let now = change.now();
        change.tx().spend_token(id, purpose, now).await?.ok_or(Error::InvalidToken)?;
        change.delete(Some(Content::AccountDeleted)).await
    }
}
