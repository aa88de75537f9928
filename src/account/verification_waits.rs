//! Calls that wait until a registration is verified: one per registration, and a bounded number in total.

use crate::domain::ids::RegistrationId;
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::oneshot;

/// The most calls that wait on one node at a time. Further calls are answered at once, and their clients ask again.
const MOST: usize = 1000;

/// The waiting calls of this node, by registration.
#[derive(Debug, Default)]
pub struct VerificationWaits(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    by_registration: HashMap<RegistrationId, (u64, oneshot::Sender<bool>)>,
    started: u64,
}

/// A waiting call. It stops waiting when dropped.
#[derive(Debug)]
pub(crate) struct VerificationWait<'a> {
    waits: &'a VerificationWaits,
    registration: RegistrationId,
    number: u64,
    ended: oneshot::Receiver<bool>,
}

impl VerificationWaits {
    /// Starts to wait, which ends an older wait for the same registration. `None` if too many calls wait.
    pub(crate) fn begin(&self, registration: RegistrationId) -> Option<VerificationWait<'_>> {
        let mut waiting = self.0.lock();
        if waiting.by_registration.len() >= MOST && !waiting.by_registration.contains_key(&registration) {
            return None;
        }
        waiting.started += 1;
        let (end, ended) = oneshot::channel();
        let number = waiting.started;
        if let Some((_, older)) = waiting.by_registration.insert(registration, (number, end)) {
            // Its call may have been dropped.
            let _ = older.send(false);
        }
        Some(VerificationWait { waits: self, registration, number, ended })
    }

    /// Notifies the waiting call that the registration was verified. To be called after the commit.
    pub(crate) fn verified(&self, registration: RegistrationId) {
        if let Some((_, end)) = self.0.lock().by_registration.remove(&registration) {
            let _ = end.send(true);
        }
    }
}

impl VerificationWait<'_> {
    /// Waits until the registration is verified on this node (`true`), or a newer wait replaces this one.
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
