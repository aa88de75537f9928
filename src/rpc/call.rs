//! One call, as the methods see it.

use super::{Context, http_call::HttpCall, rates::Rate, source::Source};
use crate::{
    account::Error,
    domain::{
        client::Client,
        service_key::{Scope, ServiceKey},
        session::{Caller, CredentialFault, UserAgent},
    },
    live::{Connection, Identity},
};
use jsonrpsee::Extensions;
use std::{future::Future, sync::Arc};

/// One call, as a method sees it.
#[derive(Clone)]
pub struct Call {
    /// The state that every method needs.
    pub context: Arc<Context>,
    /// The socket, or the stand-in of an HTTP call.
    pub connection: Arc<Connection>,
    /// The HTTP request of the call and the headers of its answer; none on a WebSocket.
    pub http: Option<Arc<HttpCall>>,
    /// Whether it is an entry of a batch.
    pub in_batch: bool,
}

impl Call {
    /// The session that the connection acts for at present.
    pub fn caller(&self) -> Result<Caller, Error> {
        caller_of(&self.connection)
    }

    /// # Errors
    /// [`Error::Forbidden`] if it did not come over a WebSocket.
    pub(super) fn needs_socket(&self, over_http: &'static str) -> Result<(), Error> {
        if self.connection.is_socket() { Ok(()) } else { Err(Error::Forbidden(over_http)) }
    }

    /// The service key that it acts by, which must have these scopes; counts the call against the key's rate and
    /// `rate`.
    pub(super) async fn key(&self, scopes: &[Scope], rate: Rate) -> Result<ServiceKey, Error> {
        let key = self.context.accounts.present_key(self.connection.identity()).await?;
        self.context.rates.count_call_of_key(key.id)?;
        self.count(rate, None).await?;
        match scopes.iter().find(|scope| !key.scopes.has(**scope)) {
            Some(missing) => Err(Error::MissingScope(*missing)),
            None => Ok(key),
        }
    }

    /// Counts the call against `rate`.
    pub(super) async fn count(&self, rate: Rate, caller: Option<Caller>) -> Result<(), Error> {
        self.context.rates.count(rate, self.connection.peer, caller, &self.context.accounts).await
    }

    /// The client's address and `User-Agent`, for the security log.
    pub fn client(&self) -> Client {
        let user_agent = self.connection.user_agent.as_deref().and_then(UserAgent::cut);
        Client { ip: self.connection.peer, user_agent }
    }
}

/// The session that a connection acts for at present.
pub fn caller_of(connection: &Connection) -> Result<Caller, Error> {
    match connection.identity() {
        Identity::Bound(caller) => Ok(caller),
        Identity::Anonymous | Identity::Binding(_) | Identity::Key(_) => {
            Err(Error::Unauthenticated(CredentialFault::Missing))
        }
        Identity::Refused(fault) => Err(Error::Unauthenticated(fault)),
        Identity::Ended(reason) => Err(Error::SessionEnded(reason)),
    }
}

/// The call that jsonrpsee passes on.
pub(super) fn call(context: Arc<Context>, extensions: &Extensions) -> Result<Call, Error> {
    let source = extensions.get::<Source>().cloned();
    let Source { connection, http, in_batch, .. } = source.ok_or(Error::Internal("a call without a source".into()))?;
    Ok(Call { context, connection, http, in_batch })
}

/// Counts a refused credential that this server did not issue, wherever it was presented: it was made up.
pub(super) async fn counted<T, Fut>(call: Call, method: impl FnOnce(Call) -> Fut) -> Result<T, Error>
where
    Fut: Future<Output = Result<T, Error>>,
{
    let (context, client) = (call.context.clone(), call.connection.peer);
    let answered = method(call).await;
    if let Err(Error::Unauthenticated(CredentialFault::Invalid)) = answered {
        context.rates.refused(client)?;
    }
    answered
}
