//! A connection in use.

use super::pool::{Kept, PROOF_TIMEOUT, Permit, Pooled, within};
use std::{
    fmt,
    ops::{Deref, DerefMut},
};
use tokio::runtime::Handle;

/// A connection in use. Call [`Lease::give_back`] after its last statement was answered. If it is dropped instead, its
/// transaction is rolled back, or it is pinged, in the background.
pub struct Lease<C: Pooled> {
    held: Option<(Kept<C>, Permit<C>)>,
    in_transaction: bool,
}

impl<C: Pooled> fmt::Debug for Lease<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

impl<C: Pooled> Lease<C> {
    pub(super) fn of(kept: Kept<C>, permit: Permit<C>) -> Self {
        Self { held: Some((kept, permit)), in_transaction: false }
    }

    /// The connection, for the statement that begins a transaction. From now on one may be open.
    pub(super) fn beginning(&mut self) -> &mut C {
        self.in_transaction = true;
        self
    }

    /// Returns the connection after a statement: at once if it was answered, otherwise when a ping has shown that it
    /// can be used again. A lost connection is discarded at once.
    pub(super) fn give_back<T>(mut self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &result {
            Ok(_) | Err(sqlx::Error::RowNotFound) => {
                if let Some((kept, permit)) = self.held.take() {
                    permit.pool().keep(kept);
                }
            }
            Err(error) if is_lost(error) => {
                if let Some((kept, permit)) = self.held.take() {
                    permit.pool().lose(kept, error);
                }
            }
            Err(_) => {}
        }
        result
    }
}

/// Whether an error means that the connection is lost: the transport failed, or the server has closed it.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // PostgreSQL was shut down, has crashed or refuses connections, or its administrator has ended the connection.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

impl<C: Pooled> Deref for Lease<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.held.as_ref().expect("a lease holds its connection until it ends").0.connection
    }
}

impl<C: Pooled> DerefMut for Lease<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.held.as_mut().expect("a lease holds its connection until it ends").0.connection
    }
}

impl<C: Pooled> Drop for Lease<C> {
    fn drop(&mut self) {
        let Some((mut kept, permit)) = self.held.take() else { return };
        let in_transaction = self.in_transaction;
        let clean = async move {
            let connection = &mut kept.connection;
            let cleaned = within(PROOF_TIMEOUT, async {
                if in_transaction { connection.roll_back().await } else { connection.ping().await }
            });
            match cleaned.await {
                Ok(()) => permit.pool().keep(kept),
                Err(error) => permit.pool().lose(kept, &error),
            }
        };
        // Without a runtime the process is ending, and its connections with it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(clean);
        }
    }
}
