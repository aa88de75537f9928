//! Rate-limited log lines for events that clients can cause: at most one a minute per subject, for a bounded number of
//! subjects.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// The interval between two lines of one subject.
pub const INTERVAL: Duration = Duration::from_secs(60);

/// Decides which occurrences are logged.
pub struct Notices<K> {
    most: usize,
    state: Mutex<State<K>>,
}

struct State<K> {
    subjects: HashMap<K, Logged>,
    /// Occurrences of subjects for which there was no room.
    further: u64,
}

struct Logged {
    at: Instant,
    /// Occurrences since then.
    unlogged: u64,
}

/// Occurrences that are not logged yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Unlogged<K> {
    /// The occurrences of each subject since its last line.
    pub subjects: Vec<(K, u64)>,
    /// Occurrences of subjects for which there was no room.
    pub further: u64,
}

impl<K: Hash + Eq> Notices<K> {
    /// Counts at most `most` subjects separately.
    pub fn new(most: usize) -> Self {
        Self { most, state: Mutex::new(State { subjects: HashMap::new(), further: 0 }) }
    }

    /// Records an occurrence of `subject`. Returns the number of occurrences since its last line if one is due now.
    pub fn record(&self, subject: K) -> Option<u64> {
        self.record_at(subject, Instant::now())
    }

    fn record_at(&self, subject: K, now: Instant) -> Option<u64> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if let Some(logged) = state.subjects.get_mut(&subject) {
            logged.unlogged += 1;
            if now.duration_since(logged.at) < INTERVAL {
                return None;
            }
            logged.at = now;
            return Some(std::mem::take(&mut logged.unlogged));
        }
        if state.subjects.len() >= self.most {
            state.forget(now);
        }
        if state.subjects.len() >= self.most {
            state.further += 1;
            return None;
        }
        state.subjects.insert(subject, Logged { at: now, unlogged: 0 });
        Some(1)
    }

    /// The unlogged occurrences of subjects whose interval is over. To be called from time to time where it matters
    /// how often a subject occurred.
    pub fn unlogged(&self) -> Unlogged<K>
    where
        K: Clone,
    {
        self.unlogged_at(Instant::now())
    }

    fn unlogged_at(&self, now: Instant) -> Unlogged<K>
    where
        K: Clone,
    {
        let mut state = self.state.lock();
        let mut subjects = Vec::new();
        state.subjects.retain(|subject, logged| {
            if now.duration_since(logged.at) < INTERVAL {
                return true;
            }
            let unlogged = std::mem::take(&mut logged.unlogged);
            logged.at = now;
            if unlogged > 0 {
                subjects.push((subject.clone(), unlogged));
            }
            unlogged > 0
        });
        Unlogged { subjects, further: std::mem::take(&mut state.further) }
    }
}

impl<K> State<K> {
    /// Drops the subjects whose interval is over.
    fn forget(&mut self, now: Instant) {
        let further = &mut self.further;
        self.subjects.retain(|_, logged| {
            let silent = now.duration_since(logged.at) < INTERVAL;
            if !silent {
                *further += logged.unlogged;
            }
            silent
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_logged_once_a_minute_with_its_occurrences() {
        let (notices, started) = (Notices::new(2), Instant::now());
        assert_eq!(notices.record_at("ann", started), Some(1));
        assert_eq!(notices.record_at("bob", started), Some(1));
        for _ in 0..9 {
            assert_eq!(notices.record_at("ann", started + INTERVAL / 2), None);
        }
        assert_eq!(notices.unlogged_at(started + INTERVAL / 2), Unlogged { subjects: vec![], further: 0 });
        assert_eq!(notices.record_at("ann", started + INTERVAL), Some(10));
        assert_eq!(notices.record_at("ann", started + INTERVAL), None);
        let unlogged = notices.unlogged_at(started + 2 * INTERVAL);
        assert_eq!(unlogged, Unlogged { subjects: vec![("ann", 1)], further: 0 });
        assert_eq!(notices.record_at("ann", started + 2 * INTERVAL), None, "it has just been logged");
    }

    #[test]
    fn the_number_of_subjects_is_bounded() {
        let (notices, started) = (Notices::new(100), Instant::now());
        let logged = (0..1000).filter(|n| notices.record_at(*n, started).is_some()).count();
        assert_eq!(logged, 100);
        assert_eq!(notices.unlogged_at(started).further, 900);
        assert_eq!(notices.record_at(1001, started + INTERVAL), Some(1), "the first ones have made room");
    }
}
