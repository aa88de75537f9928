//! The sign-in methods of an account, read together.

use super::{
    Error, LockedAccount, Tx, UserRow,
    import::{ROWS, where_in},
    in_tx,
};
use crate::domain::{
    email::EmailAddress,
    ids::{PasskeyId, UserId},
    sign_in_methods::{
        Passkey, PasskeyName, ProviderLabel, ProviderLink, ProviderName, RegisteredPasskey, SignInMethods,
    },
    time::Timestamp,
};
use sqlx::QueryBuilder;
use std::collections::HashMap;

/// A passkey or a link to a provider: one statement reads both, since every snapshot does.
#[derive(sqlx::FromRow)]
struct MethodRow {
    passkey: Option<PasskeyId>,
    name: String,
    label: Option<String>,
    email: Option<EmailAddress>,
    since: Timestamp,
    last_used_at: Option<Timestamp>,
    backed_up: Option<bool>,
}

#[derive(sqlx::FromRow)]
struct OwnedMethodRow {
    user_id: UserId,
    #[sqlx(flatten)]
    method: MethodRow,
}

/// Passkeys are in the order of their ids, which does not depend on a clock that is set back.
const LIST: &str = "SELECT id AS passkey, name, NULL AS label, NULL AS email, created_at AS since, last_used_at, backed_up \
     FROM passkeys WHERE user_id = $1 \
     UNION ALL SELECT NULL, provider, label, email, linked_at, NULL, NULL FROM provider_links WHERE user_id = $1 \
     ORDER BY passkey, since, name";
const COUNT_RECOVERY_CODES: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_codes WHERE user_id = $1";
const SAVE_REVISION: &str = "UPDATE users SET sign_in_methods_revision = $2, \
     second_factor = EXISTS (SELECT 1 FROM totp WHERE user_id = $1), credentials_version = credentials_version + 1 \
     WHERE id = $1";

impl Tx {
    /// The sign-in methods of an account.
    pub async fn sign_in_methods(&mut self, user: &UserRow) -> Result<SignInMethods, Error> {
        let id = user.user_id;
        let rows: Vec<MethodRow> = in_tx!(&mut *self, c => sqlx::query_as(LIST).bind(id).fetch_all(c).await)?;
        let recovery_codes_left = match user.second_factor {
            true => Some(in_tx!(self, c => sqlx::query_scalar(COUNT_RECOVERY_CODES).bind(id).fetch_one(c).await)?),
            false => None,
        };
        Ok(assembled(user, recovery_codes_left, rows))
    }

    /// Records the changed sign-in methods of a locked account, and returns them.
    pub(super) async fn save_sign_in_methods(&mut self, user: UserId, revision: i64) -> Result<SignInMethods, Error> {
        in_tx!(&mut *self, c => sqlx::query(SAVE_REVISION).bind(user).bind(revision).execute(c).await.map(drop))?;
        let row = self.find_user(user).await?.ok_or(Error::Broken(sqlx::Error::RowNotFound))?;
        self.sign_in_methods(&row).await
    }
}

impl Tx {
    /// The sign-in methods of each of these accounts, in three statements.
    pub async fn sign_in_methods_of(&mut self, users: &[&UserRow]) -> Result<Vec<SignInMethods>, Error> {
        let ids: Vec<UserId> = users.iter().map(|user| user.user_id).collect();
        let with_factor: Vec<UserId> =
            users.iter().filter(|user| user.second_factor).map(|user| user.user_id).collect();
        let passkeys: Vec<OwnedMethodRow> = where_in!(
            self,
            "SELECT user_id, id AS passkey, name, NULL AS label, NULL AS email, created_at AS since, last_used_at, \
             backed_up FROM passkeys WHERE user_id IN (",
            ids,
            ") ORDER BY passkey"
        );
        let links: Vec<OwnedMethodRow> = where_in!(
            self,
            "SELECT user_id, NULL AS passkey, provider AS name, label, email, linked_at AS since, NULL AS last_used_at, \
             NULL AS backed_up FROM provider_links WHERE user_id IN (",
            ids,
            ") ORDER BY since, name"
        );
        let codes: Vec<(UserId, i64)> = where_in!(
            self,
            "SELECT user_id, CAST(COUNT(*) AS BIGINT) FROM recovery_codes WHERE user_id IN (",
            with_factor,
            ") GROUP BY user_id"
        );
        let codes: HashMap<UserId, i64> = codes.into_iter().collect();
        let mut rows: HashMap<UserId, Vec<MethodRow>> = HashMap::new();
        for owned in passkeys.into_iter().chain(links) {
            rows.entry(owned.user_id).or_default().push(owned.method);
        }
        let methods = |user: &&UserRow| {
            let left = user.second_factor.then(|| codes.get(&user.user_id).copied().unwrap_or_default());
            assembled(user, left, rows.remove(&user.user_id).unwrap_or_default())
        };
        Ok(users.iter().map(methods).collect())
    }
}

impl LockedAccount {
    /// The sign-in methods as they were when the account was locked, with the passkeys, links and codes that this
    /// change has written so far.
    pub async fn sign_in_methods(&mut self) -> Result<SignInMethods, Error> {
        self.tx.sign_in_methods(&self.user).await
    }
}

fn assembled(user: &UserRow, recovery_codes_left: Option<i64>, rows: Vec<MethodRow>) -> SignInMethods {
    let mut methods = SignInMethods {
        password: user.password_hash.is_some(),
        totp: user.second_factor,
        recovery_codes_left,
        passkeys: Vec::new(),
        providers: Vec::new(),
        revision: user.sign_in_methods_revision,
    };
    for row in rows {
        match row.passkey {
            Some(id) => methods.passkeys.extend(row.passkey(id)),
            None => methods.providers.extend(row.provider_link()),
        }
    }
    methods
}

impl MethodRow {
    fn passkey(self, id: PasskeyId) -> Option<Passkey> {
        Some(Passkey {
            registered: RegisteredPasskey {
                id,
                name: PasskeyName::cut(&self.name)?,
                created_at: self.since,
                backed_up: self.backed_up?,
            },
            last_used_at: self.last_used_at,
        })
    }

    fn provider_link(self) -> Option<ProviderLink> {
        Some(ProviderLink {
            provider: ProviderName::cut(&self.name)?,
            label: ProviderLabel::cut(&self.label?)?,
            email: self.email,
            linked_at: self.since,
        })
    }
}
