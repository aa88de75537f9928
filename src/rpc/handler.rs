//! Answers a call: finds its caller, counts it, reads its parameters and runs its method. The types of a method end in
//! [`Prepare`], so that the rest is compiled once instead of for each method.

use super::{
    call::{Call, caller_of},
    params::{self, Params},
    rates::Rate,
    registry::Effect,
};
use crate::{
    account::Error,
    domain::{
        service_key::{Scope, ServiceKey},
        session::{Caller, CredentialFault},
    },
};
use futures_util::future::BoxFuture;
use jsonrpsee::{ResponsePayload, types::Params as RawParams};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use tracing::Instrument;

/// The result of a method, serialised, or why the call was refused.
type Answered = Result<Box<RawValue>, Error>;

/// The answer of a method, with what follows once it is sent.
pub(super) type Payload = ResponsePayload<'static, Box<RawValue>>;

/// A method that has its parameters and has not begun. Boxed, because the surrounding futures would otherwise hold
/// several copies of the method's state.
type Work = BoxFuture<'static, Answered>;

/// What comes of reading the parameters of a call.
enum Prepared {
    Now(Result<Work, Error>),
    /// The parameters include a new password, which waits for its estimate.
    Later(BoxFuture<'static, Result<Work, Error>>),
}

/// Reads the parameters of a call by a caller `C`.
pub(super) struct Prepare<C>(Box<dyn Fn(Call, C, RawParams<'static>) -> Prepared + Send + Sync>);

/// A method that its caller waits for.
pub(super) struct Method<C> {
    pub(super) effect: Effect,
    pub(super) rate: Rate,
    pub(super) prepare: Prepare<C>,
}

/// A method of a subscription.
pub(super) type SocketMethod =
    Box<dyn Fn(Call, RawParams<'static>) -> BoxFuture<'static, Result<Payload, Error>> + Send + Sync>;

/// Answers the calls of a method.
pub(super) enum Handler {
    /// A method that anybody may call.
    Public(Method<()>),
    /// A method that acts for a session.
    Session(Method<Caller>),
    /// A method of service keys that have every one of these scopes.
    Service(&'static [Scope], Method<ServiceKey>),
    /// A method of sockets about their subscriptions.
    Socket(SocketMethod),
}

impl<C: Send + 'static> Prepare<C> {
    /// Reads parameters of the type `P` and has `begin` make the method's future from them. A new password among them is
    /// estimated on the hashing threads, where it delays no other call and the queue is bounded. It waits there among
    /// those of sessions if `caller` returns one.
    pub(super) fn new<P, R, F, Fut>(caller: fn(&C) -> Option<Caller>, begin: F) -> Self
    where
        P: Params,
        R: Serialize + Send + 'static,
        F: Fn(Call, C, P) -> Result<Fut, Error> + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        Self(Box::new(move |call, who, raw| {
            if !P::CHOOSES_PASSWORD {
                let params = params::read(raw.as_str(), &call.context.rules).map_err(Error::InvalidParams);
                return Prepared::Now(params.and_then(|params| begin(call, who, params)).map(work));
            }
            let begin = begin.clone();
            Prepared::Later(Box::pin(async move {
                let context = call.context.clone();
                let read = move || params::read::<P>(raw.as_str(), &context.rules);
                let read = call.context.accounts.estimate(caller(&who), read).await?;
                begin(call, who, read.map_err(Error::InvalidParams)?).map(work)
            }))
        }))
    }

    async fn read(&self, call: Call, who: C, raw: RawParams<'static>) -> Result<Work, Error> {
        match self.0(call, who, raw) {
            Prepared::Now(work) => work,
            Prepared::Later(work) => work.await,
        }
    }
}

fn work<R: Serialize + Send>(method: impl Future<Output = Result<R, Error>> + Send + 'static) -> Work {
    Box::pin(async move { serialised(&method.await?) })
}

/// A result as JSON.
pub(super) fn serialised(result: &impl Serialize) -> Answered {
    to_raw_value(result).map_err(|error| Error::Internal(error.to_string().into()))
}

impl Handler {
    /// Answers a call.
    pub(super) async fn answer(&self, call: Call, raw: RawParams<'static>) -> Result<Payload, Error> {
        let result = match self {
            Self::Public(method) => method.of_anybody(call, raw).await,
            Self::Session(method) => {
                let http = call.http.clone();
                let result = method.of_session(call, raw).await;
                // Only here: a refusal of a method without a session does not concern the cookie.
                if let (Some(http), Err(refused)) = (http, &result) {
                    http.clear_dead_cookie(refused);
                }
                result
            }
            Self::Service(scopes, method) => method.of_key(scopes, call, raw).await,
            Self::Socket(method) => return method(call, raw).await,
        };
        result.map(ResponsePayload::success)
    }
}

impl Method<()> {
    async fn of_anybody(&self, call: Call, raw: RawParams<'static>) -> Answered {
        call.count(self.rate, None).await?;
        let starting = call.clone();
        run(self.effect, &starting, self.prepare.read(call, (), raw).await?).await
    }
}

impl Method<Caller> {
    /// Runs it for the session that the connection acts for; a read is dropped when that session ends.
    async fn of_session(&self, call: Call, raw: RawParams<'static>) -> Answered {
        let Self { effect, rate, prepare } = self;
        let caller = call.caller()?;
        let starting = call.clone();
        let rates = &starting.context.rates;
        rates.count_call(caller)?;
        call.count(*rate, Some(caller)).await?;
        let work = prepare.read(call, caller, raw).await.inspect_err(|_| rates.give_back(*rate, caller))?;
        let work = run(*effect, &starting, work);
        let Some(ended) = starting.connection.ended().filter(|_| *effect == Effect::Read) else {
            let result = work.await;
            // A parameter that the method itself refuses may have cost a hash.
            if !matches!(result, Ok(_) | Err(Error::InvalidParams(_))) {
                rates.give_back(*rate, caller);
            }
            return result;
        };
        tokio::select! {
            biased;
            () = ended.cancelled() => Err(match caller_of(&starting.connection) {
                Err(error) => error,
                Ok(_) => Error::Internal("a connection has ended and acts for a session".into()),
            }),
            result = work => result,
        }
    }
}

impl Method<ServiceKey> {
    /// Runs it for a service key that has these scopes; a read is dropped when the key ends.
    async fn of_key(&self, scopes: &[Scope], call: Call, raw: RawParams<'static>) -> Answered {
        let key = call.key(scopes, self.rate).await?;
        let starting = call.clone();
        let work = run(self.effect, &starting, self.prepare.read(call, key, raw).await?);
        let Some(ended) = starting.connection.ended().filter(|_| self.effect == Effect::Read) else {
            return work.await;
        };
        tokio::select! {
            biased;
            () = ended.cancelled() => Err(Error::Unauthenticated(CredentialFault::Invalid)),
            result = work => result,
        }
    }
}

/// Runs the method. A call is dropped when its connection closes, but a write must not be dropped, so it gets a task of
/// its own.
fn run(effect: Effect, call: &Call, work: Work) -> Work {
    match effect {
        Effect::Read => work,
        Effect::Write => {
            let context = call.context.clone();
            let work = async move { context.accounts.store.settled(work).await? };
            let work = tokio::spawn(work.in_current_span());
            Box::pin(async { work.await.unwrap_or_else(|panicked| Err(Error::Internal(panicked.to_string().into()))) })
        }
    }
}
