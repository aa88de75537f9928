//! Tickets are used once: in the transaction of what they are used for.

use crate::{
    account::{Change, Error},
    domain::{ids::TicketId, time::Timestamp},
};

/// A ticket that was presented, as long as it is not used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PresentedTicket {
    /// By which it is known once it is used.
    pub id: TicketId,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Change<'_> {
    /// Uses a ticket with this change.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if it was used already, or has expired while the lock was waited for.
    pub(in crate::sign_in) async fn use_ticket(&mut self, ticket: PresentedTicket) -> Result<(), Error> {
        let PresentedTicket { id, expires_at } = ticket;
        let is_good = self.now() < expires_at && self.tx().spend_ticket(id, expires_at).await?;
        self.account().must_commit();
        if is_good { Ok(()) } else { Err(Error::InvalidToken) }
    }
}
