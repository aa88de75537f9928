//! Devices that have signed in to an account (docs/protocol.md, "Known devices").

use super::{Error, LockedAccount, Tx, in_tx};
use crate::domain::{
    device::{DeviceKey, KnownDevice},
    email::EmailAddress,
    ids::{DeviceId, SessionId, UserId},
    session::EndReason,
    time::Timestamp,
};

const FIND: &str = "SELECT d.id, d.signed_in FROM known_devices d JOIN users u ON u.id = d.user_id \
     WHERE d.id = $1 AND d.secret_hash = $2 AND u.email = $3";
// Never earlier than the other devices of the account: if the clock was set back, the device in use must not count as
// the least recently used one.
const USE: &str = "UPDATE known_devices SET signed_in = TRUE, last_used_at = (SELECT CASE WHEN MAX(d.last_used_at) > $4 \
     THEN MAX(d.last_used_at) ELSE $4 END FROM known_devices d WHERE d.user_id = $3) \
     WHERE id = $1 AND secret_hash = $2 AND user_id = $3";
const INSERT: &str = "INSERT INTO known_devices (id, user_id, secret_hash, created_at, last_used_at, signed_in) \
     SELECT $1, $2, $3, $4, CASE WHEN MAX(d.last_used_at) > $4 THEN MAX(d.last_used_at) ELSE $4 END, $5 \
     FROM known_devices d WHERE d.user_id = $2";
const PRUNE: &str = "DELETE FROM known_devices WHERE id IN \
     (SELECT id FROM known_devices WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2)";
const LIST: &str = "SELECT id, created_at, last_used_at FROM known_devices WHERE user_id = $1 ORDER BY id";
const FORGET_BEYOND: &str = "DELETE FROM known_devices WHERE user_id = $1 AND id NOT IN \
     (SELECT id FROM known_devices WHERE user_id = $1 ORDER BY last_used_at DESC, id DESC LIMIT $2)";
const FORGET_ALL: &str = "DELETE FROM known_devices WHERE user_id = $1";
const FORGET_ALL_BUT: &str = "DELETE FROM known_devices WHERE user_id = $1 AND NOT EXISTS \
     (SELECT 1 FROM sessions s WHERE s.id = $2 AND s.device_id = known_devices.id)";
const FORGET_OF: &str = "DELETE FROM known_devices WHERE user_id = $1 AND EXISTS \
     (SELECT 1 FROM sessions s WHERE s.id = $2 AND s.device_id = known_devices.id)";
const FORGET_OF_ENDED: &str = "DELETE FROM known_devices WHERE user_id = $1 AND EXISTS \
     (SELECT 1 FROM sessions s WHERE s.user_id = $1 AND s.device_id = known_devices.id \
     AND s.ended_at = $2 AND s.end_reason = $3)";

/// A device that an account knows.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct FoundDevice {
    /// The device.
    pub id: DeviceId,
    /// Whether it has signed in, or was made known by a reset of the password.
    pub signed_in: bool,
}

impl Tx {
    /// The device with this key, if the account with this address knows it. The work is the same whether the address
    /// has an account, and whether the key belongs to another account or to none.
    pub async fn find_known_device(
        &mut self,
        email: &EmailAddress,
        key: &DeviceKey,
    ) -> Result<Option<FoundDevice>, Error> {
        let device = in_tx!(self, c => sqlx::query_as(FIND)
            .bind(key.id).bind(&key.secret_hash[..]).bind(email).fetch_optional(c).await)?;
        Ok(device)
    }

    /// The known devices of an account.
    pub async fn list_known_devices(&mut self, user: UserId) -> Result<Vec<KnownDevice>, Error> {
        let rows = in_tx!(self, c => sqlx::query_as(LIST).bind(user).fetch_all(c).await)?;
        Ok(rows)
    }

    /// Deletes at most `limit` devices that were not used since `before`; returns their number.
    pub async fn prune_known_devices(&mut self, before: Timestamp, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}

impl LockedAccount {
    /// Records a sign-in of a known device; `false` if the key is not one of the account.
    pub async fn use_device(&mut self, key: &DeviceKey) -> Result<bool, Error> {
        let (user, now) = (self.user.user_id, self.now());
        let done = in_tx!(&mut self.tx, c => sqlx::query(USE)
            .bind(key.id).bind(&key.secret_hash[..]).bind(user).bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Adds a device that signs in, or has reset the password. Beyond `limit`, the least recently used ones are deleted.
    pub async fn add_device(&mut self, key: &DeviceKey, signed_in: bool, limit: i64) -> Result<(), Error> {
        let (user, now) = (self.user.user_id, self.now());
        in_tx!(&mut self.tx, c => sqlx::query(FORGET_BEYOND)
            .bind(user).bind(limit - 1).execute(c).await.map(drop))?;
        in_tx!(&mut self.tx, c => sqlx::query(INSERT)
            .bind(key.id).bind(user).bind(&key.secret_hash[..]).bind(now).bind(signed_in).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Deletes every device.
    pub async fn forget_all_devices(&mut self) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(FORGET_ALL).bind(user).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Deletes every device except that of a session.
    pub async fn forget_other_devices(&mut self, keep: SessionId) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(FORGET_ALL_BUT).bind(user).bind(keep).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Deletes the device of a session.
    pub async fn forget_device_of(&mut self, session: SessionId) -> Result<(), Error> {
        let user = self.user.user_id;
        in_tx!(&mut self.tx, c => sqlx::query(FORGET_OF).bind(user).bind(session).execute(c).await.map(drop))?;
        self.must_commit();
        Ok(())
    }

    /// Deletes the devices of the sessions that this change has ended for this reason.
    pub async fn forget_devices_of_ended(&mut self, reason: EndReason) -> Result<(), Error> {
        let (user, now) = (self.user.user_id, self.now());
        in_tx!(&mut self.tx, c => sqlx::query(FORGET_OF_ENDED)
            .bind(user).bind(now).bind(reason).execute(c).await.map(drop))?;
        Ok(())
    }
}
