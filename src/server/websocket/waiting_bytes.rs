//! The number of bytes of messages that wait to be answered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Bytes of messages whose calls are in flight. They are bounded whatever the number of calls.
#[derive(Default)]
pub(super) struct WaitingBytes(Arc<AtomicUsize>);

impl WaitingBytes {
    /// The number of bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts a message's bytes until the returned guard is dropped.
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
    fn an_answered_message_no_longer_counts() {
        let waiting = WaitingBytes::default();
        let (first, second) = (waiting.hold(700), waiting.hold(30));
        assert_eq!(waiting.bytes(), 730);
        drop(first);
        assert_eq!(waiting.bytes(), 30);
        drop(second);
        assert_eq!(waiting.bytes(), 0);
    }
}
