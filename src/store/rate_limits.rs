//! Rate limits for all nodes together: one row per subject, by the generic cell rate algorithm.

use super::{Error, Store, Tx, in_tx, on_pool};

/// The quota of a subject: once every `interval_ms`, and `burst` times at once.
#[derive(Clone, Copy, Debug)]
pub struct SharedQuota {
    /// The time in milliseconds that one use takes to be restored.
    pub interval_ms: i64,
    /// Uses at once.
    pub burst: i64,
}

const COUNT: &str = "INSERT INTO rate_limits (subject, arrival_ms) VALUES ($1, $2 + $3) \
     ON CONFLICT (subject) DO UPDATE SET arrival_ms = CASE WHEN rate_limits.arrival_ms <= $2 THEN $2 + $3 \
     ELSE rate_limits.arrival_ms + $3 END WHERE rate_limits.arrival_ms <= $2 + $4 RETURNING arrival_ms";
const FIND: &str = "SELECT arrival_ms FROM rate_limits WHERE subject = $1";
const CAP: &str = "UPDATE rate_limits SET arrival_ms = $2 WHERE subject = $1 AND arrival_ms > $2";
const PRUNE: &str = "DELETE FROM rate_limits WHERE subject IN \
     (SELECT subject FROM rate_limits WHERE arrival_ms < $1 ORDER BY arrival_ms LIMIT $2)";

impl Store {
    /// Counts a use at `now_ms` (milliseconds since 1970) if the quota has room for it; otherwise returns after how
    /// many milliseconds it will. One statement decides, so concurrent callers on several nodes get no more than the
    /// quota. A refused caller waits no longer than the whole quota takes to be restored, even if a node whose clock
    /// was ahead has counted.
    pub async fn count_shared(&self, subject: &str, quota: SharedQuota, now_ms: i64) -> Result<Result<(), i64>, Error> {
        let tolerance = quota.interval_ms * (quota.burst - 1);
        let mut tx = self.write().await?;
        let counted: Option<i64> = in_tx!(&mut tx, c => sqlx::query_scalar(COUNT)
            .bind(subject).bind(now_ms).bind(quota.interval_ms).bind(tolerance).fetch_optional(c).await)?;
        tx.commit().await?;
        if counted.is_some() {
            return Ok(Ok(()));
        }
        let arrival: Option<i64> =
            on_pool!(self, pool => sqlx::query_scalar(FIND).bind(subject).fetch_optional(pool).await)?;
        let (arrival, latest) = (arrival.unwrap_or(now_ms), now_ms + quota.interval_ms * quota.burst);
        if arrival > latest {
            let mut tx = self.write().await?;
            in_tx!(&mut tx, c => sqlx::query(CAP).bind(subject).bind(latest).execute(c).await.map(drop))?;
            tx.commit().await?;
        }
        Ok(Err((arrival.min(latest) - tolerance - now_ms).max(1)))
    }
}

impl Tx {
    /// Deletes at most `limit` subjects whose arrival time is before `before_ms`; returns their number.
    pub async fn prune_rate_limits(&mut self, before_ms: i64, limit: i64) -> Result<u64, Error> {
        let done = in_tx!(self, c => sqlx::query(PRUNE).bind(before_ms).bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Database;

    #[tokio::test(flavor = "multi_thread")]
    async fn callers_that_race_get_no_more_than_the_quota() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("limits.db"))).await.unwrap();
        let quota = SharedQuota { interval_ms: 20_000, burst: 3 };
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.count_shared("sign_in 192.0.2.1", quota, 1_000_000).await.unwrap() })
            })
            .collect();
        let mut granted = 0;
        for caller in callers {
            match caller.await.unwrap() {
                Ok(()) => granted += 1,
                Err(wait) => assert_eq!(wait, 20_000, "the next one comes free after an interval"),
            }
        }
        assert_eq!(granted, 3);
        assert!(store.count_shared("sign_in 192.0.2.2", quota, 1_000_000).await.unwrap().is_ok());
        assert!(store.count_shared("sign_in 192.0.2.1", quota, 1_019_999).await.unwrap().is_err());
        assert!(store.count_shared("sign_in 192.0.2.1", quota, 1_020_000).await.unwrap().is_ok());
        assert!(store.count_shared("sign_in 192.0.2.1", quota, 1_020_000).await.unwrap().is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_clock_that_was_ahead_delays_nobody_for_longer_than_the_quota() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("limits.db"))).await.unwrap();
        let quota = SharedQuota { interval_ms: 20_000, burst: 3 };
        let count = async |now_ms| store.count_shared("sign_in 192.0.2.1", quota, now_ms).await.unwrap();
        let ahead = 1_000_000 + 120_000;
        for _ in 0..3 {
            assert_eq!(count(ahead).await, Ok(()));
        }
        assert_eq!(count(1_000_000).await, Err(20_000));
        assert_eq!(count(1_010_000).await, Err(10_000));
        assert_eq!(count(1_020_000).await, Ok(()));
        assert_eq!(count(1_020_000).await, Err(20_000));
    }
}
