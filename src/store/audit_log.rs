//! The operators' audit log.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    audit::AuditEntry,
    ids::{AuditId, KeyId, UserId},
    time::Timestamp,
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    id: AuditId,
    at: Timestamp,
    actor: String,
    key_id: Option<KeyId>,
    method: String,
    user_id: Option<UserId>,
    detail: String,
}

const INSERT: &str = "INSERT INTO audit_log (id, at, actor, key_id, method, user_id, detail) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PAGE: &str = "SELECT id, at, actor, key_id, method, user_id, detail FROM audit_log WHERE id < $1 \
     ORDER BY id DESC LIMIT $2";
const EMPTY: &str = "UPDATE audit_log SET detail = '{}', user_deleted_at = $2 WHERE user_id = $1";
const FORGET_USERS: &str = "UPDATE audit_log SET user_id = NULL, user_deleted_at = NULL WHERE id IN \
     (SELECT id FROM audit_log WHERE user_deleted_at < $1 ORDER BY user_deleted_at LIMIT $2)";
const PRUNE: &str = "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 ORDER BY at LIMIT $2)";

impl Store {
    /// At most `limit` entries before `before`, newest first.
    pub async fn list_audit_entries(&self, before: Option<AuditId>, limit: i64) -> Result<Vec<AuditEntry>, Error> {
        let before = before.unwrap_or(AuditId(Uuid::max()));
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(PAGE).bind(before).bind(limit)
            .fetch_all(pool).await)?;
        rows.into_iter()
            .map(|row| {
                Ok(AuditEntry {
                    id: row.id,
                    at: row.at,
                    actor: row.actor,
                    key_id: row.key_id,
                    method: row.method,
                    user_id: row.user_id,
                    detail: serde_json::from_str(&row.detail).map_err(|e| Error::Broken(sqlx::Error::decode(e)))?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Records an action of an operator.
    pub async fn insert_audit_entry(&mut self, entry: &AuditEntry) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(INSERT)
            .bind(entry.id).bind(entry.at).bind(&entry.actor).bind(entry.key_id).bind(&entry.method)
            .bind(entry.user_id).bind(entry.detail.to_string()).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Clears the details of the entries about a user who is being deleted; the user's id stays for a while.
    pub async fn empty_audit_entries_of(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(EMPTY).bind(user).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Removes the user from at most `limit` entries about users who were deleted before `before`; returns the number
    /// of entries.
    pub async fn forget_audited_users(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(in_tx!(self, c => sqlx::query(FORGET_USERS).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Deletes at most `limit` entries from before `before`; returns their number.
    pub async fn prune_audit_log(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        Ok(in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }
}
