//! Tickets are used up in the transaction that they authorise.

use crate::{
    account::{Change, Error},
    domain::{ids::TicketId, time::Timestamp},
};

/// A presented ticket that is not used yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PresentedTicket {
    /// Identifies it once it is used.
    pub id: TicketId,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Change<'_> {
    /// Uses up a ticket with this change.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if it was used already, or has expired while the lock was awaited.
    pub(in crate::sign_in) async fn use_ticket(&mut self, ticket: PresentedTicket) -> Result<(), Error> {
        let PresentedTicket { id, expires_at } = ticket;
        let is_valid = self.now() < expires_at && self.tx().spend_ticket(id, expires_at).await?;
        self.account().must_commit();
        if is_valid { Ok(()) } else { Err(Error::InvalidToken) }
    }
}
