//! The memory that Argon2 works in, kept while more hashes wait: fresh memory costs a page fault for every 4 KiB, which
//! is a tenth of a hash at the default cost. Every hash overwrites a block before reading it, so the content left by
//! the previous one does not matter.

use argon2::Block;
use parking_lot::Mutex;

/// The capacity from which memory is mapped separately and returned to the system when it is freed: glibc keeps up to
/// 32 MiB (`M_MMAP_THRESHOLD`, mallopt(3)) in the arena of each thread that frees them, and hashing threads come and
/// go. Reserved memory costs nothing until it is written to.
const MAPPED_BLOCKS: usize = 33 * 1024;

/// The memory that is free at the moment, never more than there are hashing threads.
#[derive(Default)]
pub(super) struct HashingMemory(Mutex<Vec<Vec<Block>>>);

impl HashingMemory {
    /// Calls `job` with memory of this many blocks, which is the same number every time.
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

    /// Returns all free memory to the system.
    pub(super) fn release(&self) {
        self.0.lock().clear();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}
