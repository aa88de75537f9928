//! Declares methods, each once, for jsonrpsee and for the OpenRPC document.

pub use super::call::{Call, caller_of};

use super::{
    Context,
    call::{as_caller, as_key, call, counted, read_params, run},
    error::Kind,
    params::{self, Params},
    rates::Rate,
    subscription::UnsubscribeParams,
};
use crate::{
    account::Error,
    domain::{
        ids::SessionId,
        service_key::{Scope, ServiceKey},
        session::{Caller, ProvenCaller},
    },
};
use jsonrpsee::{
    IntoResponse, ResponsePayload, RpcModule,
    types::{ErrorObjectOwned, Params as RawParams},
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use std::future::Future;

/// Whether a call may be abandoned part-way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads or waits, and stops when its session ends or its socket closes.
    Read,
    /// It may commit, and runs to its end in a task of its own, so that every commit is followed by its announcement.
    /// Whether it may commit is decided under the user's lock.
    Write,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A session.
    Session,
    /// A session that was proven recently.
    Proven,
    /// A service key with every one of these scopes.
    Service(&'static [Scope]),
}

/// The description of a method in the document, beyond its types.
pub struct Description {
    /// One line.
    pub summary: &'static str,
    /// The rate that it counts against.
    pub rate: Rate,
    /// Errors of its own, beyond those of all methods with the same access.
    pub errors: &'static [Kind],
    /// Makes parameters and result of an example call.
    pub example: fn() -> (Value, Value),
}

/// Registers a method with jsonrpsee.
type Install = Box<dyn FnOnce(&mut RpcModule<Context>) + Send>;

/// A declared method.
pub struct Declared {
    /// Its name on the wire.
    pub name: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Its description in the document.
    pub description: Description,
    /// Makes the schemas of its types.
    pub schemas: fn(&mut SchemaGenerator) -> MethodSchemas,
    install: Install,
}

/// The schemas of a method.
pub struct MethodSchemas {
    /// Content descriptors of its parameters.
    pub params: Vec<Value>,
    /// The schema of its result.
    pub result: Value,
}

/// All methods. What only the document needs is made by [`super::spec::render`], so that a server that is never asked
/// for the document does not hold it.
#[derive(Default)]
pub struct Registry {
    /// The methods declared so far.
    pub methods: Vec<Declared>,
}

/// The two methods of a subscription.
pub struct SubscriptionMethods {
    /// The name of the method that subscribes, and its description.
    pub subscribe: (&'static str, Description),
    /// The name of the method that ends the subscription, and its description.
    pub unsubscribe: (&'static str, Description),
    /// The message of the error over HTTP.
    pub over_http: &'static str,
    /// The id of the subscription. A connection has one of each kind, so it is the same for all.
    pub id: &'static str,
}

impl Registry {
    /// A method that anybody may call.
    pub fn public<P, R, F, Fut>(&mut self, name: &'static str, effect: Effect, description: Description, method: F)
    where
        P: Params,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Fn(Call, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let nobody = |_: &Call, _: &P| Ok((None, ()));
        self.presenting(name, effect, description, nobody, move |call, (), params| method(call, params));
    }

    /// A method that anybody may call, with a credential among its parameters. `look` resolves the credential to the
    /// session that the call counts for and to the value that the method gets.
    pub fn presenting<P, C, R, L, F, Fut>(
        &mut self,
        name: &'static str,
        effect: Effect,
        description: Description,
        look: L,
        method: F,
    ) where
        P: Params,
        C: Send + 'static,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        L: Fn(&Call, &P) -> Result<(Option<SessionId>, C), Error> + Clone + Send + Sync + 'static,
        F: Fn(Call, C, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let rate = description.rate;
        self.declare::<P, R>(name, Access::Public, description, move |module| {
            install(module, name, move |call, raw: RawParams<'static>| {
                let (look, method) = (look.clone(), method.clone());
                async move {
                    call.count(rate, None).await?;
                    let params: P = read_params(&call.context, raw, None).await?;
                    let (session, credential) = look(&call, &params)?;
                    if let Some(session) = session {
                        call.context.rates.count_call_of(session)?;
                    }
                    let context = call.context.clone();
                    run(effect, context, method(call, credential, params)).await.map(ResponsePayload::success)
                }
            });
        });
    }

    /// A method that acts for a session.
    pub fn session<P, R, F, Fut>(&mut self, name: &'static str, effect: Effect, description: Description, method: F)
    where
        P: Params,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Fn(Call, Caller, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        self.acting(name, Access::Session, effect, description, method);
    }

    /// A method that acts for a session that was proven recently. It gets a [`ProvenCaller`]: the use-case checks the
    /// proof where it checks the session.
    pub fn proven<P, R, F, Fut>(&mut self, name: &'static str, effect: Effect, description: Description, method: F)
    where
        P: Params,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Fn(Call, ProvenCaller, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        self.acting(name, Access::Proven, effect, description, move |call, caller, params| {
            method(call, ProvenCaller(caller), params)
        });
    }

    fn acting<P, R, F, Fut>(
        &mut self,
        name: &'static str,
        access: Access,
        effect: Effect,
        description: Description,
        method: F,
    ) where
        P: Params,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Fn(Call, Caller, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let rate = description.rate;
        self.declare::<P, R>(name, access, description, move |module| {
            install(module, name, move |call, raw: RawParams<'static>| {
                let method = method.clone();
                async move {
                    let http = call.http.clone();
                    let result = as_caller(effect, rate, call, raw, method).await;
                    // Only here: a refusal of a method without a session does not concern the cookie.
                    if let (Some(http), Err(refused)) = (http, &result) {
                        http.clear_dead_cookie(refused);
                    }
                    result.map(ResponsePayload::success)
                }
            });
        });
    }

    /// A method of service keys that have every one of these scopes.
    pub fn service<P, R, F, Fut>(
        &mut self,
        name: &'static str,
        scopes: &'static [Scope],
        effect: Effect,
        description: Description,
        method: F,
    ) where
        P: Params,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Fn(Call, ServiceKey, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let rate = description.rate;
        self.declare::<P, R>(name, Access::Service(scopes), description, move |module| {
            install(module, name, move |call, raw: RawParams<'static>| {
                let method = method.clone();
                async move { as_key(scopes, effect, rate, call, raw, method).await.map(ResponsePayload::success) }
            });
        });
    }

    /// A subscription of WebSockets that act for a session: `grant` decides, and the subscription that it returns
    /// starts as soon as the answer is sent, so that no event comes before it.
    pub fn subscription<P, B, F, Fut>(&mut self, methods: SubscriptionMethods, grant: F)
    where
        P: Params,
        B: FnOnce() + Send + 'static,
        F: Fn(Call, Caller, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<B, Error>> + Send + 'static,
    {
        let caller = |call: Call| async move {
            let caller = call.caller()?;
            call.context.rates.count_call(caller)?;
            Ok(caller)
        };
        self.subscribing(methods, Access::Session, caller, grant, |call| call.connection.unsubscribe());
    }

    /// The same for WebSockets that act by a service key with every one of these scopes; `end` ends the subscription
    /// and returns whether there was one.
    pub fn service_subscription<P, B, F, Fut>(
        &mut self,
        methods: SubscriptionMethods,
        scopes: &'static [Scope],
        grant: F,
        end: impl Fn(&Call) -> bool + Clone + Send + Sync + 'static,
    ) where
        P: Params,
        B: FnOnce() + Send + 'static,
        F: Fn(Call, ServiceKey, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<B, Error>> + Send + 'static,
    {
        let key = move |call: Call| async move { call.key(scopes, Rate::Calls).await };
        self.subscribing(methods, Access::Service(scopes), key, grant, end);
    }

    /// `who` authenticates the caller and counts the call.
    fn subscribing<P, C, B, W, Known, G, Granted>(
        &mut self,
        methods: SubscriptionMethods,
        access: Access,
        who: W,
        grant: G,
        end: impl Fn(&Call) -> bool + Clone + Send + Sync + 'static,
    ) where
        P: Params,
        C: Send + 'static,
        B: FnOnce() + Send + 'static,
        W: Fn(Call) -> Known + Clone + Send + Sync + 'static,
        Known: Future<Output = Result<C, Error>> + Send + 'static,
        G: Fn(Call, C, P) -> Granted + Clone + Send + Sync + 'static,
        Granted: Future<Output = Result<B, Error>> + Send + 'static,
    {
        let SubscriptionMethods { subscribe, unsubscribe, over_http, id } = methods;
        let (name, description) = subscribe;
        let find_out = who.clone();
        self.declare::<P, String>(name, access, description, move |module| {
            install(module, name, move |call, raw: RawParams<'static>| {
                let (who, grant) = (find_out.clone(), grant.clone());
                async move {
                    call.needs_socket(over_http)?;
                    if call.in_batch {
                        return Err(Error::Forbidden("a subscription cannot be part of a batch"));
                    }
                    let caller = who(call.clone()).await?;
                    let params = params::read(raw.as_str(), &call.context.rules).map_err(Error::InvalidParams)?;
                    let begin = grant(call, caller, params).await?;
                    let (payload, answered) = ResponsePayload::success(id).notify_on_completion();
                    tokio::spawn(async move { answered.await.is_ok().then(begin) });
                    Ok(payload)
                }
            });
        });
        let (name, description) = unsubscribe;
        self.declare::<UnsubscribeParams, bool>(name, access, description, move |module| {
            install(module, name, move |call, raw: RawParams<'static>| {
                let (who, end) = (who.clone(), end.clone());
                async move {
                    call.needs_socket(over_http)?;
                    who(call.clone()).await?;
                    let params = UnsubscribeParams::read(raw.as_str(), &call.context.rules);
                    let params = params.map_err(Error::InvalidParams)?;
                    Ok(ResponsePayload::success(params.subscription.0 == id && end(&call)))
                }
            });
        });
    }

    fn declare<P: Params, R: JsonSchema>(
        &mut self,
        name: &'static str,
        access: Access,
        description: Description,
        install: impl FnOnce(&mut RpcModule<Context>) + Send + 'static,
    ) {
        self.methods.push(Declared { name, access, description, schemas: schemas::<P, R>, install: Box::new(install) });
    }

    /// The names of the methods.
    pub fn names(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| method.name).collect()
    }

    /// The methods in jsonrpsee's form.
    pub fn install(self, context: Context) -> RpcModule<Context> {
        let mut module = RpcModule::new(context);
        for method in self.methods {
            (method.install)(&mut module);
        }
        module
    }
}

fn schemas<P: Params, R: JsonSchema>(generator: &mut SchemaGenerator) -> MethodSchemas {
    MethodSchemas { params: P::describe(generator), result: generator.subschema_for::<R>().to_value() }
}

fn install<R, F, Fut>(module: &mut RpcModule<Context>, name: &'static str, method: F)
where
    ResponsePayload<'static, R>: IntoResponse,
    R: Serialize + Clone + Send + 'static,
    F: Fn(Call, RawParams<'static>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<ResponsePayload<'static, R>, Error>> + Send + 'static,
{
    module
        .register_async_method(name, move |raw, context, extensions| {
            let call = call(context, &extensions);
            let method = method.clone();
            async move {
                let answered = match call {
                    Ok(call) => counted(call, |call| method(call, raw)).await,
                    Err(error) => Err(error),
                };
                answered.unwrap_or_else(|error| ResponsePayload::error(ErrorObjectOwned::from(error)))
            }
        })
        .expect("every method is declared once, which a test of the specification shows");
}
