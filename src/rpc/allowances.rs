//! Rate limits for a bounded number of keys. The algorithm is governor's; the bound on keys is ours.

use dashmap::DashMap;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use parking_lot::Mutex;
use std::{hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

/// Keys that are counted separately, some 10 MB of them; all others share one count. Only a stranger with a large part
/// of an address space gets that far.
const KEYS: usize = 100_000;
/// The interval between attempts to make room when the table is full.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);

/// `times` per `period`, all of them at once if need be.
pub fn quota(times: NonZeroU32, period: Duration) -> Quota {
    let interval = (period / times.get()).max(Duration::from_nanos(1));
    Quota::with_period(interval).expect("an interval of at least a nanosecond").allow_burst(times)
}

/// Counts by key.
pub struct Allowances<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    limiter: RateLimiter<K, Shared<K>, C, NoOpMiddleware<C::Instant>>,
    counts: Shared<K>,
    /// The time that one use takes to be restored.
    interval: Duration,
    clock: C,
    room_looked_for: Mutex<C::Instant>,
}

/// The counts, which the limiter and its owner share.
struct Shared<K>(Arc<Counts<K>>);

/// The time at which the allowance of each key is full again.
struct Counts<K> {
    most: usize,
    whole_at: DashMap<K, Nanos>,
    /// The same for all keys for which there is no room.
    others: Mutex<Option<Nanos>>,
}

impl<K: Hash + Eq + Clone> Allowances<K> {
    /// Grants this quota to each key.
    pub fn new(quota: Quota) -> Self {
        Self::counting(quota, KEYS, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Allowances<K, C> {
    fn counting(quota: Quota, most: usize, clock: C) -> Self {
        let counts = Arc::new(Counts { most, whole_at: DashMap::new(), others: Mutex::default() });
        Self {
            limiter: RateLimiter::new(quota, Shared(counts.clone()), clock.clone()),
            counts: Shared(counts),
            interval: quota.replenish_interval(),
            room_looked_for: Mutex::new(clock.now()),
            clock,
        }
    }

    /// Counts one use.
    ///
    /// # Errors
    /// The time until there is room for it.
    pub fn take(&self, key: K) -> Result<(), Duration> {
        let counts = &self.counts.0;
        if counts.whole_at.len() >= counts.most && !counts.whole_at.contains_key(&key) {
            self.make_room();
        }
        self.limiter
            .check_key(&key)
            .map_err(|early| early.wait_time_from(self.clock.now()).max(Duration::from_nanos(1)))
    }

    /// Restores the last use that was counted.
    pub fn give_back(&self, key: &K) {
        if let Some(mut whole_at) = self.counts.0.whole_at.get_mut(key) {
            let interval = Nanos::from(self.interval).as_u64();
            *whole_at = Nanos::new(whole_at.as_u64().saturating_sub(interval));
        }
    }

    /// Drops the keys whose allowance is full.
    pub fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    /// Not at every call: in a flood each of them would search through all keys.
    fn make_room(&self) {
        {
            let (now, mut looked) = (self.clock.now(), self.room_looked_for.lock());
            if Duration::from(now.duration_since(*looked)) < LOOK_FOR_ROOM {
                return;
            }
            *looked = now;
        }
        self.limiter.retain_recent();
    }
}

impl<K: Hash + Eq + Clone> StateStore for Shared<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let counts = &self.0;
        if let Some(mut whole_at) = counts.whole_at.get_mut(key) {
            let (outcome, next) = measure(Some(*whole_at))?;
            *whole_at = next;
            return Ok(outcome);
        }
        if counts.whole_at.len() >= counts.most {
            let mut others = counts.others.lock();
            let (outcome, next) = measure(*others)?;
            *others = Some(next);
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        // Another call with this key may have been first: it counts as well.
        match counts.whole_at.entry(key.clone()) {
            dashmap::Entry::Vacant(entry) => drop(entry.insert(next)),
            dashmap::Entry::Occupied(mut entry) => *entry.get_mut() = measure(Some(*entry.get()))?.1,
        }
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Shared<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.whole_at.retain(|_, whole_at| *whole_at > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.whole_at.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.whole_at.len()
    }

    fn is_empty(&self) -> bool {
        self.0.whole_at.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn times(times: u32) -> NonZeroU32 {
        NonZeroU32::new(times).unwrap()
    }

    fn per_minute(n: u32, most: usize) -> (Allowances<u32, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Allowances::counting(quota(times(n), 60 * SECOND), most, clock.clone()), clock)
    }

    #[test]
    fn each_key_has_an_allowance_that_is_restored() {
        let (allowances, clock) = per_minute(3, KEYS);
        for _ in 0..3 {
            allowances.take(1).unwrap();
        }
        assert_eq!(allowances.take(1), Err(20 * SECOND));
        clock.advance(5 * SECOND);
        assert_eq!(allowances.take(1), Err(15 * SECOND), "a refused one is not counted");
        allowances.take(2).unwrap();
        clock.advance(15 * SECOND);
        allowances.take(1).unwrap();
        assert_eq!(allowances.take(1), Err(20 * SECOND));
        allowances.give_back(&1);
        allowances.take(1).unwrap();
        clock.advance(600 * SECOND);
        for _ in 0..3 {
            allowances.take(1).unwrap();
        }
        assert!(allowances.take(1).is_err(), "what is not used is not saved up");
    }

    #[test]
    fn a_burst_may_be_more_than_the_rate() {
        let clock = FakeRelativeClock::default();
        let quota = quota(times(2), SECOND).allow_burst(times(4));
        let allowances: Allowances<u32, _> = Allowances::counting(quota, KEYS, clock.clone());
        assert_eq!((0..10).filter(|_| allowances.take(1).is_ok()).count(), 4);
        clock.advance(SECOND);
        assert_eq!((0..10).filter(|_| allowances.take(1).is_ok()).count(), 2);
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let (allowances, clock) = per_minute(3, 100);
        let counted = (0..1000).filter(|key| allowances.take(*key).is_ok()).count();
        assert_eq!(counted, 100 + 3, "those for which there is no room share one allowance");
        assert_eq!(allowances.limiter.len(), 100);
        allowances.take(5).unwrap();
        clock.advance(60 * SECOND);
        allowances.take(1000).unwrap();
        assert!(allowances.limiter.len() < 5, "{} keys: room is made", allowances.limiter.len());
    }
}
