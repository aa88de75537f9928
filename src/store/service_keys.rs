//! Service keys.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::KeyId,
    service_key::{KeyCredential, KeyName, Scopes, ServiceKey},
    time::Timestamp,
};
use sqlx::QueryBuilder;

#[derive(sqlx::FromRow)]
struct Row {
    id: KeyId,
    name: KeyName,
    scopes: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl From<Row> for ServiceKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: Scopes::from_stored(&row.scopes),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

macro_rules! columns {
    () => {
        "id, name, scopes, created_at, expires_at, last_used_at, revoked_at"
    };
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM service_keys WHERE id = $1 AND secret_hash = $2");
const FIND_BY_ID: &str = concat!("SELECT ", columns!(), " FROM service_keys WHERE id = $1");
const LIST: &str = concat!("SELECT ", columns!(), " FROM service_keys ORDER BY id DESC");
const INSERT: &str = "INSERT INTO service_keys (id, name, secret_hash, scopes, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const REVOKE: &str = "UPDATE service_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
const TOUCH: &str =
    "UPDATE service_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
const IS_LIVE: &str = "SELECT EXISTS (SELECT 1 FROM service_keys WHERE id = $1 AND revoked_at IS NULL \
     AND (expires_at IS NULL OR expires_at > $2))";

impl Store {
    /// The key with this secret, including revoked and expired ones.
    pub async fn find_service_key(&self, credential: &KeyCredential) -> Result<Option<ServiceKey>, Error> {
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(FIND)
            .bind(credential.id).bind(&credential.secret_hash[..]).fetch_optional(pool).await)?;
        Ok(row.map(ServiceKey::from))
    }

    /// Every key, newest first.
    pub async fn list_service_keys(&self) -> Result<Vec<ServiceKey>, Error> {
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(LIST).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(ServiceKey::from).collect())
    }

    /// Which of these keys are neither revoked nor expired.
    pub async fn live_service_keys(&self, keys: &[KeyId], now: Timestamp) -> Result<Vec<KeyId>, Error> {
        let live = on_pool!(self, pool => {
            let mut query = QueryBuilder::new("SELECT id FROM service_keys WHERE revoked_at IS NULL \
                 AND (expires_at IS NULL OR expires_at > ");
            query.push_bind(now).push(") AND id IN (");
            let mut list = query.separated(", ");
            for key in keys {
                list.push_bind(*key);
            }
            list.push_unseparated(")");
            query.build_query_scalar().fetch_all(pool).await
        })?;
        Ok(live)
    }
}

impl Tx {
    /// A key.
    pub async fn find_service_key(&mut self, key: KeyId) -> Result<Option<ServiceKey>, Error> {
        let row: Option<Row> = in_tx!(self, c => sqlx::query_as(FIND_BY_ID).bind(key).fetch_optional(c).await)?;
        Ok(row.map(ServiceKey::from))
    }

    /// Whether a key is neither revoked nor expired.
    pub async fn is_service_key_live(&mut self, key: KeyId, now: Timestamp) -> Result<bool, Error> {
        Ok(in_tx!(self, c => sqlx::query_scalar(IS_LIVE).bind(key).bind(now).fetch_one(c).await)?)
    }

    /// Creates a key.
    pub async fn insert_service_key(&mut self, key: &ServiceKey, secret_hash: &[u8; 32]) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(key.id).bind(&key.name).bind(&secret_hash[..]).bind(key.scopes.to_string())
            .bind(key.created_at).bind(key.expires_at).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Ends a key; `false` if it was ended before.
    pub async fn revoke_service_key(&mut self, key: KeyId, now: Timestamp) -> Result<bool, Error> {
        let done = in_tx!(self, c => sqlx::query(REVOKE).bind(key).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Records the use of a key.
    pub async fn touch_service_key(&mut self, key: KeyId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(TOUCH).bind(key).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }
}
