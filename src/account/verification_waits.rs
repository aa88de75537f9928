//! Calls that wait until a registration is verified: one a registration, and not too many.

use crate::domain::ids::RegistrationId;
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::oneshot;

/// Calls that wait on one node at a time. A call beyond that is answered at once, and asks again.
const MOST: usize = 1000;

/// Who waits for which registration on this node.
#[derive(Debug, Default)]
pub struct VerificationWaits(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    by_registration: HashMap<RegistrationId, (u64, oneshot::Sender<bool>)>,
    begun: u64,
}

/// A call that waits. Dropped, it waits no longer.
#[derive(Debug)]
pub(crate) struct VerificationWait<'a> {
    waits: &'a VerificationWaits,
    registration: RegistrationId,
    number: u64,
    ended: oneshot::Receiver<bool>,
}

impl VerificationWaits {
    /// Begins to wait, which ends an older wait for the same registration. `None` if too many wait.
    pub(crate) fn begin(&self, registration: RegistrationId) -> Option<VerificationWait<'_>> {
        let mut waiting = self.0.lock();
        if waiting.by_registration.len() >= MOST && !waiting.by_registration.contains_key(&registration) {
            return None;
        }
        waiting.begun += 1;
        let (end, ended) = oneshot::channel();
        let number = waiting.begun;
        if let Some((_, older)) = waiting.by_registration.insert(registration, (number, end)) {
            // Its call may be gone.
            let _ = older.send(false);
        }
        Some(VerificationWait { waits: self, registration, number, ended })
    }

    /// Tells who waits that the registration was verified. Only what is committed may be told.
    pub(crate) fn verified(&self, registration: RegistrationId) {
        if let Some((_, end)) = self.0.lock().by_registration.remove(&registration) {
            let _ = end.send(true);
        }
    }
}

impl VerificationWait<'_> {
    /// Waits until the registration is verified here (`true`), or a newer wait takes the place of this one.
    pub(crate) async fn ended(&mut self) -> bool {
        (&mut self.ended).await.unwrap_or(false)
    }
}

impl Drop for VerificationWait<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waits.0.lock();
        if waiting.by_registration.get(&self.registration).is_some_and(|(number, _)| *number == self.number) {
            waiting.by_registration.remove(&self.registration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_wait_ends_the_older_and_only_so_many_wait() {
        let waits = VerificationWaits::default();
        let registration = RegistrationId::new();
        let mut older = waits.begin(registration).unwrap();
        let mut newer = waits.begin(registration).unwrap();
        assert!(!older.ended().await);
        drop(older);
        waits.verified(registration);
        assert!(newer.ended().await, "the end of the older one took nothing from it");
        let held: Vec<_> = (0..MOST).map(|_| waits.begin(RegistrationId::new()).unwrap()).collect();
        assert!(waits.begin(registration).is_none());
        assert!(waits.begin(held[0].registration).is_some(), "in the place of an older one");
        drop(held);
        assert!(waits.begin(registration).is_some());
        assert!(waits.0.lock().by_registration.is_empty());
    }
}
