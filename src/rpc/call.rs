//! One call: its caller, its rates, and the execution of its method.

use super::{
    Context,
    http_call::HttpCall,
    params::{self, Params},
    rates::Rate,
    registry::Effect,
    source::Source,
};
use crate::{
    account::Error,
    domain::{
        client::Client,
        service_key::{Scope, ServiceKey},
        session::{Caller, CredentialFault, UserAgent},
    },
    live::{Connection, Identity},
};
use futures_util::future::BoxFuture;
use jsonrpsee::{Extensions, types::Params as RawParams};
use std::{future::Future, sync::Arc};
use tracing::Instrument;

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

/// Runs a method for the session that the connection acts for; a read is dropped when that session ends.
pub(super) async fn as_caller<P, R, F, Fut>(
    effect: Effect,
    rate: Rate,
    call: Call,
    raw: RawParams<'static>,
    method: F,
) -> Result<R, Error>
where
    P: Params,
    R: Send + 'static,
    F: Fn(Call, Caller, P) -> Fut,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
{
    let caller = call.caller()?;
    let context = call.context.clone();
    context.rates.count_call(caller)?;
    call.count(rate, Some(caller)).await?;
    let params =
        read_params(&context, raw, Some(caller)).await.inspect_err(|_| context.rates.give_back(rate, caller))?;
    let connection = call.connection.clone();
    let work = run(effect, context.clone(), method(call, caller, params));
    let Some(ended) = connection.ended().filter(|_| effect == Effect::Read) else {
        let result = work.await;
        // A parameter that the method itself refuses may have cost a hash.
        if !matches!(result, Ok(_) | Err(Error::InvalidParams(_))) {
            context.rates.give_back(rate, caller);
        }
        return result;
    };
    tokio::select! {
        biased;
        () = ended.cancelled() => Err(match caller_of(&connection) {
            Err(error) => error,
            Ok(_) => Error::Internal("a connection has ended and acts for a session".into()),
        }),
        result = work => result,
    }
}

/// Reads the parameters of a call. A new password among them is estimated on the hashing threads, where it delays no
/// other call and the queue is bounded.
pub(super) async fn read_params<P: Params>(
    context: &Arc<Context>,
    raw: RawParams<'static>,
    caller: Option<Caller>,
) -> Result<P, Error> {
    if !P::CHOOSES_PASSWORD {
        return params::read(raw.as_str(), &context.rules).map_err(Error::InvalidParams);
    }
    let shared = context.clone();
    let read = context.accounts.estimate(caller, move || params::read(raw.as_str(), &shared.rules));
    read.await?.map_err(Error::InvalidParams)
}

/// Runs a method of a service key that has these scopes; a read is dropped when the key ends.
pub(super) async fn as_key<P, R, F, Fut>(
    scopes: &[Scope],
    effect: Effect,
    rate: Rate,
    call: Call,
    raw: RawParams<'static>,
    method: F,
) -> Result<R, Error>
where
    P: Params,
    R: Send + 'static,
    F: Fn(Call, ServiceKey, P) -> Fut,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
{
    let key = call.key(scopes, rate).await?;
    let context = call.context.clone();
    let params = read_params(&context, raw, None).await?;
    let connection = call.connection.clone();
    let work = run(effect, context, method(call, key, params));
    let Some(ended) = connection.ended().filter(|_| effect == Effect::Read) else { return work.await };
    tokio::select! {
        biased;
        () = ended.cancelled() => Err(Error::Unauthenticated(CredentialFault::Invalid)),
        result = work => result,
    }
}

/// Runs the method. A call is dropped when its connection closes, but a write must not be dropped, so it gets a task of
/// its own. Boxed, because the surrounding futures would otherwise hold several copies of the method's state.
pub(super) fn run<R: Send + 'static>(
    effect: Effect,
    context: Arc<Context>,
    work: impl Future<Output = Result<R, Error>> + Send + 'static,
) -> BoxFuture<'static, Result<R, Error>> {
    match effect {
        Effect::Read => Box::pin(work),
        Effect::Write => {
            let work = async move { context.accounts.store.settled(work).await? };
            let work = tokio::spawn(work.in_current_span());
            Box::pin(async { work.await.unwrap_or_else(|panicked| Err(Error::Internal(panicked.to_string().into()))) })
        }
    }
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
