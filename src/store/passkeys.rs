//! Passkeys.

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{
    ids::{PasskeyId, UserId},
    sign_in_methods::PasskeyName,
    time::Timestamp,
};

/// A row of `passkeys`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct PasskeyRow {
    pub id: PasskeyId,
    pub user_id: UserId,
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    #[sqlx(try_from = "i64")]
    pub counter: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub name: PasskeyName,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A passkey to store.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns; what they mean stands in the migration")]
pub struct NewPasskey {
    pub id: PasskeyId,
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub counter: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub name: PasskeyName,
}

/// The result of a valid assertion of a passkey.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyUse {
    /// The passkey.
    pub id: PasskeyId,
    /// Its signature counter.
    pub counter: u32,
    /// Whether its authenticator has backed it up by now.
    pub backed_up: bool,
    /// Whether it was backed up at the last use.
    pub was_backed_up: bool,
}

/// The columns of [`PasskeyRow`].
macro_rules! columns {
    () => {
        "id, user_id, credential_id, public_key, counter, backup_eligible, backed_up, name, created_at, last_used_at"
    };
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM passkeys WHERE credential_id = $1");
const LIST: &str = concat!("SELECT ", columns!(), " FROM passkeys WHERE user_id = $1 ORDER BY id");
const INSERT: &str = "INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, backup_eligible, \
     backed_up, name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential_id) DO NOTHING";
const USE: &str = "UPDATE passkeys SET counter = $3, backed_up = $4, last_used_at = $5 \
     WHERE user_id = $1 AND id = $2 AND (counter < $3 OR (counter = 0 AND $3 = 0))";
const RENAME: &str = "UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM passkeys WHERE user_id = $1 AND id = $2";

impl Tx {
    /// The passkey with this credential id.
    pub async fn find_passkey(&mut self, credential_id: &[u8]) -> Result<Option<PasskeyRow>, Error> {
        let row = in_tx!(self, c => sqlx::query_as(FIND).bind(credential_id).fetch_optional(c).await)?;
        Ok(row)
    }

    /// A user's passkeys, oldest first.
    pub async fn list_passkeys(&mut self, user: UserId) -> Result<Vec<PasskeyRow>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(LIST).bind(user).fetch_all(c).await)?;
        Ok(rows)
    }
}

/// Each of these stages the event `sign_in_methods.changed` if the sign-in methods changed.
impl LockedAccount {
    /// Stores a passkey; `false` if its credential is stored already, for whichever user.
    pub async fn insert_passkey(&mut self, new: &NewPasskey) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let done = in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(new.id).bind(user).bind(&new.credential_id).bind(&new.public_key).bind(i64::from(new.counter))
            .bind(new.backup_eligible).bind(new.backed_up).bind(&new.name).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }

    /// Records the use of a passkey; `false` if its counter has not increased since, or it was deleted.
    pub async fn use_passkey(&mut self, r#use: &PasskeyUse) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let done = in_tx!(&mut self.tx, c => sqlx::query(USE)
            .bind(user).bind(r#use.id).bind(i64::from(r#use.counter)).bind(r#use.backed_up).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        self.must_commit();
        if r#use.backed_up != r#use.was_backed_up {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }

    /// Renames a passkey; `false` if it does not exist.
    pub async fn rename_passkey(&mut self, id: PasskeyId, name: &PasskeyName) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(RENAME).bind(user).bind(id).bind(name)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }

    /// Deletes a passkey; `false` if it does not exist.
    pub async fn delete_passkey(&mut self, id: PasskeyId) -> Result<bool, Error> {
        let user = self.user.user_id;
        let done = in_tx!(&mut self.tx, c => sqlx::query(DELETE).bind(user).bind(id)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 {
            self.sign_in_methods_changed();
        }
        Ok(done == 1)
    }
}
