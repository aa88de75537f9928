//! The memory that Argon2 works in, kept while further hashes are wanted: fresh memory costs a page fault
//! for every 4 KiB of it, which is a tenth of a hash at the default cost. Every hash overwrites what it
//! reads, so what the one before left in it does not matter.

use argon2::Block;
use parking_lot::Mutex;

/// Memory of which so many blocks of 1 KiB are reserved is mapped by itself, and goes back to the system when it is
/// freed: glibc keeps up to 32 MiB (`M_MMAP_THRESHOLD`, mallopt(3)) in the arena of each thread that frees them, and
/// hashing threads come and go. Reserved memory costs nothing until it is written to.
const MAPPED_BLOCKS: usize = 33 * 1024;

/// Memory that is free at the moment, never more than there are hashing threads.
#[derive(Default)]
pub(super) struct HashingMemory(Mutex<Vec<Vec<Block>>>);

impl HashingMemory {
    /// Calls `job` with memory of this many blocks, always the same number.
    pub(super) fn lend<T>(&self, blocks: usize, job: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = self.0.lock().pop();
        let mut memory = kept.unwrap_or_else(|| {
            let mut memory = Vec::with_capacity(blocks.max(MAPPED_BLOCKS));
            memory.resize(blocks, Block::new());
            memory
        });
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
