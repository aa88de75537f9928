//! How many bytes of messages wait to be answered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Bytes of messages whose calls are in flight: what is held of them is bounded, however many calls may be.
#[derive(Default)]
pub(super) struct WaitingBytes(Arc<AtomicUsize>);

impl WaitingBytes {
    /// How many there are.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts a message's until what this gives is dropped.
    pub(super) fn hold(&self, bytes: usize) -> Held {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Held { of: self.0.clone(), bytes }
    }
}

/// A message that waits.
pub(super) struct Held {
    of: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_waits_no_longer() {
        let waiting = WaitingBytes::default();
        let (first, second) = (waiting.hold(700), waiting.hold(30));
        assert_eq!(waiting.bytes(), 730);
        drop(first);
        assert_eq!(waiting.bytes(), 30);
        drop(second);
        assert_eq!(waiting.bytes(), 0);
    }
}
