//! The threads that hash passwords, and the bounded queues for them.

use super::password::HashError;
use crate::meters::meters;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The queue in which a caller waits for a hashing thread.
///
/// Of each queue as many callers as there are threads may be at a thread or next in line for one, and those take turns.
/// So each queue gets half of the threads' time if it needs that much, and all that the other leaves unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Devices that are known to the account, sessions, and holders of a mailed link: strangers' guesses do not delay
    /// them.
    Known,
    /// Everybody else.
    Strangers,
}

/// The threads, and the callers that wait for one.
pub(super) struct HashingThreads {
    pub(super) slots: Arc<Semaphore>,
    /// By [`Queue`]: permits to be at a thread or next in line for one.
    turns: [Arc<Semaphore>; 2],
    /// By [`Queue`]: the callers that wait.
    waiting: [AtomicUsize; 2],
    threads: usize,
    queue: usize,
}

impl HashingThreads {
    /// At least one thread, with up to `queue` callers waiting in each [`Queue`].
    pub(super) fn new(threads: usize, queue: usize) -> Self {
        let threads = threads.max(1);
        let permits = || Arc::new(Semaphore::new(threads));
        Self { slots: permits(), turns: [permits(), permits()], waiting: Default::default(), threads, queue }
    }

    /// The number of callers that wait for a thread.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().map(|queue| queue.load(Ordering::Acquire)).sum()
    }

    /// Waits for a thread. `one` is about the time that each earlier caller will take.
    ///
    /// # Errors
    /// [`HashError::Busy`] if the queue is full.
    pub(super) async fn slot(&self, queue: Queue, one: Duration) -> Result<Slot, HashError> {
        let turns = &self.turns[queue as usize];
        let at_once = || {
            let turn = Arc::clone(turns).try_acquire_owned().ok()?;
            Some(Slot { _thread: Arc::clone(&self.slots).try_acquire_owned().ok()?, _turn: turn })
        };
        if let Some(slot) = at_once() {
            return Ok(slot);
        }
        let _place = self.queue_up(queue, one)?;
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| HashError::Stopped)?;
        let thread = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| HashError::Stopped)?;
        Ok(Slot { _thread: thread, _turn: turn })
    }

    fn queue_up(&self, queue: Queue, one: Duration) -> Result<Place<'_>, HashError> {
        let places = &self.waiting[queue as usize];
        let queued = places.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < self.queue).then_some(n + 1));
        match queued {
            Ok(_) => Ok(Place(places)),
            Err(waiting) => {
                meters().password_refused.increment(1);
                let rounds = (waiting + 1).div_ceil(self.threads);
                Err(HashError::Busy { retry_after: one.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)) })
            }
        }
    }
}

/// A thread to hash on. The thread is returned before the turn: the next in line for it may be of the other queue.
pub(super) struct Slot {
    _thread: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

/// A place in a queue. It is returned when dropped, also when a caller stops waiting.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
