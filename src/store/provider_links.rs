//! Links to accounts at providers.

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{
    email::EmailAddress,
    ids::UserId,
    sign_in_methods::{ProviderLabel, ProviderName},
    time::Timestamp,
};

/// A link to create.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct NewProviderLink {
    pub issuer: String,
    pub subject: String,
    pub provider: ProviderName,
    pub label: ProviderLabel,
    pub email: Option<EmailAddress>,
}

/// A row of `provider_links`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct ProviderLinkRow {
    pub issuer: String,
    pub subject: String,
    pub user_id: UserId,
    pub provider: ProviderName,
    pub label: ProviderLabel,
    pub email: Option<EmailAddress>,
    pub linked_at: Timestamp,
}

const FIND: &str = "SELECT user_id FROM provider_links WHERE issuer = $1 AND subject = $2";
const INSERT: &str = "INSERT INTO provider_links (issuer, subject, user_id, provider, label, email, linked_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
const DELETE: &str = "DELETE FROM provider_links WHERE user_id = $1 AND provider = $2";

impl Tx {
    /// The user to whom `subject` of `issuer` is linked.
    pub async fn find_provider_link(&mut self, issuer: &str, subject: &str) -> Result<Option<UserId>, Error> {
        let user = in_tx!(self, c => sqlx::query_scalar(FIND).bind(issuer).bind(subject).fetch_optional(c).await)?;
        Ok(user)
    }
}

/// Each of these stages the event `sign_in_methods.changed`.
impl LockedAccount {
    /// Links an account at a provider; `false` if it is linked already, to any user, or if the user has a link to the
    /// same provider.
    pub async fn insert_provider_link(&mut self, link: &NewProviderLink) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let done = in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(&link.issuer).bind(&link.subject).bind(user).bind(&link.provider).bind(&link.label)
            .bind(&link.email).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }

    /// Removes the link to a provider; `false` if there is none.
    pub async fn delete_provider_link(&mut self, provider: &ProviderName) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(DELETE).bind(user).bind(provider)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }
}
