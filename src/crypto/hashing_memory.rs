//! The memory that Argon2 works in, kept while further hashes are wanted: fresh memory costs a page fault
//! for every 4 KiB of it, which is a tenth of a hash at the default cost. Every hash overwrites what it
//! reads, so what the one before left in it does not matter.

use argon2::Block;
use parking_lot::Mutex;

/// Memory that is free at the moment, never more than there are hashing threads.
#[derive(Default)]
pub(super) struct HashingMemory(Mutex<Vec<Vec<Block>>>);

impl HashingMemory {
    /// Calls `job` with memory of this many blocks, always the same number.
    pub(super) fn lend<T>(&self, blocks: usize, job: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = self.0.lock().pop();
        let mut memory = kept.unwrap_or_else(|| vec![Block::new(); blocks]);
        let result = job(&mut memory);
        self.0.lock().push(memory);
        result
    }

    /// Gives all that is free back to the system.
    pub(super) fn release(&self) {
        self.0.lock().clear();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}
