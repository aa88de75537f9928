//! Metrics that are read from the parts of the process instead of being counted.

use super::{Accounts, Error};
use crate::{
    domain::{ids::ReceiverId, time::Timestamp},
    meters::{meters, number},
};

impl Accounts {
    /// Sets the metrics that the parts of this process know; its cost is negligible.
    pub fn measure_now(&self) {
        meters().followers.set(number(self.hub.followers()));
        meters().password_queue.set(number(self.passwords.waiting()));
        for (pool, open, idle) in self.store.connections() {
            meters().database_connections(pool, open, idle);
        }
    }

    /// Sets the metrics of the queue of outgoing events.
    pub async fn measure_outgoing(&self) -> Result<(), Error> {
        let webhooks = self.store.list_webhooks().await?.into_iter().map(|row| row.webhook);
        let (mut receivers, mut failing) = (Vec::new(), 0);
        for webhook in webhooks.filter(|webhook| webhook.disabled_at.is_none()) {
            failing += usize::from(webhook.failing_since.is_some());
            receivers.push(ReceiverId::from(webhook.id));
        }
        receivers.extend(self.receivers.have_stream().then_some(ReceiverId::STREAM));
        let (mut all, mut oldest) = (0, None);
        for receiver in receivers {
            let (waiting, since) = self.store.waiting_events(receiver).await?;
            all += waiting;
            oldest = [oldest, since].into_iter().flatten().min();
        }
        let age = oldest.map(|oldest: Timestamp| self.clock.now().since(oldest)).unwrap_or_default();
        meters().webhooks_failing.set(number(failing));
        meters().outgoing_waiting.set(number(usize::try_from(all).unwrap_or_default()));
        meters().outgoing_oldest.set(age.as_secs_f64());
        Ok(())
    }

    /// Sets the metrics that are read from the database.
    pub async fn measure_outbox(&self) -> Result<(), Error> {
        let (waiting, oldest) = self.store.waiting_letters().await?;
        meters().mail_waiting.set(number(usize::try_from(waiting).unwrap_or(0)));
        let age = oldest.map(|oldest| self.clock.now().since(oldest)).unwrap_or_default();
        meters().mail_oldest.set(age.as_secs_f64());
        Ok(())
    }
}
