//! Log lines that somebody else can cause: at most one a minute for each subject, of a bounded number of subjects.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// How long a subject is silent once it has been told of.
pub const SILENCE: Duration = Duration::from_secs(60);

/// Decides which occurrences are told of.
pub struct Notices<K> {
    most: usize,
    state: Mutex<State<K>>,
}

struct State<K> {
    subjects: HashMap<K, Told>,
    /// Occurrences of subjects for which there was no room.
    further: u64,
}

struct Told {
    at: Instant,
    /// Occurrences since.
    untold: u64,
}

/// What has not been told yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Untold<K> {
    /// How often each subject occurred since its last line.
    pub subjects: Vec<(K, u64)>,
    /// How often subjects occurred for which there was no room.
    pub further: u64,
}

impl<K: Hash + Eq> Notices<K> {
    /// Keeps at most `most` subjects apart.
    pub fn new(most: usize) -> Self {
        Self { most, state: Mutex::new(State { subjects: HashMap::new(), further: 0 }) }
    }

    /// Notes that `subject` occurred. If it is to be told now: how often it occurred since its last line.
    pub fn note(&self, subject: K) -> Option<u64> {
        self.note_at(subject, Instant::now())
    }

    fn note_at(&self, subject: K, now: Instant) -> Option<u64> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if let Some(told) = state.subjects.get_mut(&subject) {
            told.untold += 1;
            if now.duration_since(told.at) < SILENCE {
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.untold));
        }
        if state.subjects.len() >= self.most {
            state.forget(now);
        }
        if state.subjects.len() >= self.most {
            state.further += 1;
            return None;
        }
        state.subjects.insert(subject, Told { at: now, untold: 0 });
        Some(1)
    }

    /// What is still to be told of subjects whose silence is over. To be asked from time to time where it matters
    /// how often something occurred.
    pub fn untold(&self) -> Untold<K>
    where
        K: Clone,
    {
        self.untold_at(Instant::now())
    }

    fn untold_at(&self, now: Instant) -> Untold<K>
    where
        K: Clone,
    {
        let mut state = self.state.lock();
        let mut subjects = Vec::new();
        state.subjects.retain(|subject, told| {
            if now.duration_since(told.at) < SILENCE {
                return true;
            }
            let untold = std::mem::take(&mut told.untold);
            told.at = now;
            if untold > 0 {
                subjects.push((subject.clone(), untold));
            }
            untold > 0
        });
        Untold { subjects, further: std::mem::take(&mut state.further) }
    }
}

impl<K> State<K> {
    /// Drops the subjects whose silence is over.
    fn forget(&mut self, now: Instant) {
        let further = &mut self.further;
        self.subjects.retain(|_, told| {
            let silent = now.duration_since(told.at) < SILENCE;
            if !silent {
                *further += told.untold;
            }
            silent
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_told_of_once_a_minute_with_how_often() {
        let (notices, begun) = (Notices::new(2), Instant::now());
        assert_eq!(notices.note_at("ann", begun), Some(1));
        assert_eq!(notices.note_at("bob", begun), Some(1));
        for _ in 0..9 {
            assert_eq!(notices.note_at("ann", begun + SILENCE / 2), None);
        }
        assert_eq!(notices.untold_at(begun + SILENCE / 2), Untold { subjects: vec![], further: 0 });
        assert_eq!(notices.note_at("ann", begun + SILENCE), Some(10));
        assert_eq!(notices.note_at("ann", begun + SILENCE), None);
        let untold = notices.untold_at(begun + 2 * SILENCE);
        assert_eq!(untold, Untold { subjects: vec![("ann", 1)], further: 0 });
        assert_eq!(notices.note_at("ann", begun + 2 * SILENCE), None, "it has just been told of");
    }

    #[test]
    fn the_number_of_subjects_is_bounded() {
        let (notices, begun) = (Notices::new(100), Instant::now());
        let told = (0..1000).filter(|n| notices.note_at(*n, begun).is_some()).count();
        assert_eq!(told, 100);
        assert_eq!(notices.untold_at(begun).further, 900);
        assert_eq!(notices.note_at(1001, begun + SILENCE), Some(1), "the first ones have made room");
    }
}
