//! So many times in so long, for each of a bounded number of keys, by the generic cell rate algorithm.

use dashmap::DashMap;
use parking_lot::Mutex;
use std::{
    hash::Hash,
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// Keys that are counted apart, some 10 MB of them; all others together. Only a stranger with a large part of an
/// address space gets that far.
const KEYS: usize = 100_000;
/// How often room is looked for when it is lacking.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);

/// How often something may be done.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// What one time takes up.
    interval: Duration,
    /// How far ahead of time one may be.
    tolerance: Duration,
}

impl Quota {
    /// `times` in `period`, all of them at once if need be.
    pub fn new(times: NonZeroU32, period: Duration) -> Self {
        let interval = period / times.get();
        Self { interval, tolerance: interval * (times.get() - 1) }
    }

    /// The same, and `burst` times at once.
    pub fn with_burst(self, burst: NonZeroU32) -> Self {
        Self { tolerance: self.interval * (burst.get() - 1), ..self }
    }

    /// Moves the time at which the allowance is whole again on by one more, or says when there is room for one.
    fn take(self, whole_at: &mut Instant, now: Instant) -> Result<(), Duration> {
        let start = (*whole_at).max(now);
        let wait = start.duration_since(now).saturating_sub(self.tolerance);
        if !wait.is_zero() {
            return Err(wait);
        }
        *whole_at = start + self.interval;
        Ok(())
    }
}

/// Counts by key.
pub struct Allowances<K> {
    quota: Quota,
    most: usize,
    /// When each key's allowance is whole again.
    whole_at: DashMap<K, Instant>,
    /// Of all keys for which there is no room.
    others: Mutex<Instant>,
    room_looked_for: Mutex<Instant>,
}

impl<K: Hash + Eq> Allowances<K> {
    /// So often for each key.
    pub fn new(quota: Quota) -> Self {
        let now = Instant::now();
        let (others, room_looked_for) = (Mutex::new(now), Mutex::new(now));
        Self { quota, most: KEYS, whole_at: DashMap::new(), others, room_looked_for }
    }

    /// Counts one time.
    ///
    /// # Errors
    /// How long until there is room for it.
    pub fn take(&self, key: K) -> Result<(), Duration> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: K, now: Instant) -> Result<(), Duration> {
        if let Some(mut whole_at) = self.whole_at.get_mut(&key) {
            return self.quota.take(&mut whole_at, now);
        }
        if self.whole_at.len() >= self.most && !self.has_made_room(now) {
            return self.quota.take(&mut self.others.lock(), now);
        }
        self.quota.take(&mut self.whole_at.entry(key).or_insert(now), now)
    }

    /// Takes back the last time that was counted.
    pub fn give_back(&self, key: &K) {
        if let Some(mut whole_at) = self.whole_at.get_mut(key)
            && let Some(earlier) = whole_at.checked_sub(self.quota.interval)
        {
            *whole_at = earlier;
        }
    }

    /// Forgets the keys whose allowance is whole.
    pub fn forget_idle(&self) {
        self.forget(Instant::now());
        self.whole_at.shrink_to_fit();
    }

    fn forget(&self, now: Instant) {
        self.whole_at.retain(|_, whole_at| *whole_at > now);
    }

    /// Not at every call: a flood would make each of them look through all keys.
    fn has_made_room(&self, now: Instant) -> bool {
        {
            let mut looked = self.room_looked_for.lock();
            if now.duration_since(*looked) < LOOK_FOR_ROOM {
                return false;
            }
            *looked = now;
        }
        self.forget(now);
        self.whole_at.len() < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn per_minute(times: u32) -> Allowances<u32> {
        Allowances::new(Quota::new(NonZeroU32::new(times).unwrap(), 60 * SECOND))
    }

    #[test]
    fn each_key_has_an_allowance_that_fills_again() {
        let (allowances, now) = (per_minute(3), Instant::now());
        for _ in 0..3 {
            allowances.take_at(1, now).unwrap();
        }
        assert_eq!(allowances.take_at(1, now), Err(20 * SECOND));
        assert_eq!(allowances.take_at(1, now + 5 * SECOND), Err(15 * SECOND), "a refused one is not counted");
        allowances.take_at(2, now).unwrap();
        allowances.take_at(1, now + 20 * SECOND).unwrap();
        assert_eq!(allowances.take_at(1, now + 20 * SECOND), Err(20 * SECOND));
        allowances.give_back(&1);
        allowances.take_at(1, now + 20 * SECOND).unwrap();
        for _ in 0..3 {
            allowances.take_at(1, now + 600 * SECOND).unwrap();
        }
        assert!(allowances.take_at(1, now + 600 * SECOND).is_err(), "what is not used is not saved up");
    }

    #[test]
    fn a_burst_may_be_more_than_the_rate() {
        let two = NonZeroU32::new(2).unwrap();
        let allowances = Allowances::new(Quota::new(two, SECOND).with_burst(NonZeroU32::new(4).unwrap()));
        let now = Instant::now();
        assert_eq!((0..10).filter(|_| allowances.take_at(1, now).is_ok()).count(), 4);
        assert_eq!((0..10).filter(|_| allowances.take_at(1, now + SECOND).is_ok()).count(), 2);
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let allowances = Allowances { most: 100, ..per_minute(3) };
        let now = Instant::now();
        let counted = (0..1000).filter(|key| allowances.take_at(*key, now).is_ok()).count();
        assert_eq!(counted, 100 + 3, "those for which there is no room share one allowance");
        assert_eq!(allowances.whole_at.len(), 100);
        allowances.take_at(5, now).unwrap();
        allowances.take_at(1000, now + 60 * SECOND).unwrap();
        assert!(allowances.whole_at.len() < 5, "{} keys: room is made", allowances.whole_at.len());
    }
}
