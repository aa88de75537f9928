//! A document that a provider publishes, cached.

use super::Failure;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long it is used without reading it again.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// How long it is used if reading it again fails.
const USABLE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a failed read is not repeated: callers who waited for it get the same failure.
const PAUSE: Duration = Duration::from_secs(3);

/// A document of a provider. Of concurrent callers one reads it, and the others wait for the result.
pub struct Cached<T>(Mutex<State<T>>);

struct State<T> {
    read: Option<Read<T>>,
    failed: Option<(Instant, Failure)>,
}

struct Read<T> {
    value: Arc<T>,
    at: Instant,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(State { read: None, failed: None }))
    }
}

impl<T> Cached<T> {
    /// The document, read again if it is old.
    pub async fn get(&self, read: impl AsyncFnOnce() -> Result<T, Failure>) -> Result<Arc<T>, Failure> {
        let mut state = self.0.lock().await;
        if let Some(value) = state.read_within(FRESH) {
            return Ok(value);
        }
        match state.look(read).await {
            Ok(value) => Ok(value),
            Err(failure) => state.read_within(USABLE).ok_or(failure),
        }
    }

    /// The document as read at `since` or later.
    pub async fn get_since(
        &self,
        since: Instant,
        read: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        let mut state = self.0.lock().await;
        match &state.read {
            Some(kept) if kept.at >= since => Ok(kept.value.clone()),
            _ => state.look(read).await,
        }
    }
}

impl<T> State<T> {
    fn read_within(&self, span: Duration) -> Option<Arc<T>> {
        self.read.as_ref().filter(|kept| kept.at.elapsed() < span).map(|kept| kept.value.clone())
    }

    async fn look(&mut self, read: impl AsyncFnOnce() -> Result<T, Failure>) -> Result<Arc<T>, Failure> {
        if let Some((_, failure)) = self.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(failure.clone());
        }
        match read().await {
            Ok(value) => {
                let value = Arc::new(value);
                self.failed = None;
                self.read = Some(Read { value: value.clone(), at: Instant::now() });
                Ok(value)
            }
            Err(failure) => {
                self.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn away() -> Failure {
        Failure::Unavailable("away".into())
    }

    #[tokio::test]
    async fn a_document_is_read_once_and_again_on_request() {
        let (cached, reads) = (Cached::default(), Cell::new(0));
        let read = async || {
            reads.set(reads.get() + 1);
            Ok(reads.get())
        };
        let before = Instant::now();
        assert_eq!(*cached.get(read).await.unwrap(), 1);
        assert_eq!(*cached.get(read).await.unwrap(), 1);
        assert_eq!(*cached.get_since(before, read).await.unwrap(), 1);
        assert_eq!(*cached.get_since(Instant::now(), read).await.unwrap(), 2);
        // If reading fails, the former document is used, except by callers that need a newer one.
        assert_eq!(*cached.get(async || Err(away())).await.unwrap(), 2);
        assert!(cached.get_since(Instant::now(), async || Err(away())).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_is_cached_for_a_moment() {
        let (cached, reads) = (Cached::<()>::default(), Cell::new(0));
        for _ in 0..5 {
            let read = async || {
                reads.set(reads.get() + 1);
                Err(away())
            };
            assert!(cached.get(read).await.is_err());
        }
        assert_eq!(reads.get(), 1);
    }
}
