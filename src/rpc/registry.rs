//! Declares methods, each once, for jsonrpsee and for the OpenRPC document.

pub use super::call::{Call, caller_of};

use super::{
    Context,
    call::{call, counted},
    error::Kind,
    handler::{Handler, Method, Prepare},
    params::Params,
    rates::Rate,
};
use crate::{
    account::Error,
    domain::{
        ids::SessionId,
        service_key::{Scope, ServiceKey},
        session::{Caller, ProvenCaller},
    },
};
use jsonrpsee::{ResponsePayload, RpcModule, types::ErrorObjectOwned};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use std::{future::Future, sync::Arc};

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
    /// Makes the parameters and the result of an example call.
    pub example: fn() -> (Value, Value),
}

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
    handler: Handler,
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

impl Registry {
    /// A method that anybody may call.
    pub fn public<P, R, F, Fut>(&mut self, name: &'static str, effect: Effect, description: Description, method: F)
    where
        P: Params,
        R: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let prepare = Prepare::new(|()| None, move |call, (), params| Ok(method(call, params)));
        let handler = Handler::Public(Method { effect, rate: description.rate, prepare });
        self.declare::<P, R>(name, Access::Public, description, handler);
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
        R: Serialize + JsonSchema + Send + 'static,
        L: Fn(&Call, &P) -> Result<(Option<SessionId>, C), Error> + Clone + Send + Sync + 'static,
        F: Fn(Call, C, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let begin = move |call: Call, (), params| {
            let (session, credential) = look(&call, &params)?;
            if let Some(session) = session {
                call.context.rates.count_call_of(session)?;
            }
            Ok(method(call, credential, params))
        };
        let handler =
            Handler::Public(Method { effect, rate: description.rate, prepare: Prepare::new(|()| None, begin) });
        self.declare::<P, R>(name, Access::Public, description, handler);
    }

    /// A method that acts for a session.
    pub fn session<P, R, F, Fut>(&mut self, name: &'static str, effect: Effect, description: Description, method: F)
    where
        P: Params,
        R: Serialize + JsonSchema + Send + 'static,
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
        R: Serialize + JsonSchema + Send + 'static,
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
        R: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call, Caller, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let begin = move |call, caller, params| Ok(method(call, caller, params));
        let prepare = Prepare::new(|caller| Some(*caller), begin);
        let handler = Handler::Session(Method { effect, rate: description.rate, prepare });
        self.declare::<P, R>(name, access, description, handler);
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
        R: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call, ServiceKey, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let prepare = Prepare::new(|_| None, move |call, key, params| Ok(method(call, key, params)));
        let handler = Handler::Service(scopes, Method { effect, rate: description.rate, prepare });
        self.declare::<P, R>(name, Access::Service(scopes), description, handler);
    }

    pub(super) fn declare<P: Params, R: JsonSchema>(
        &mut self,
        name: &'static str,
        access: Access,
        description: Description,
        handler: Handler,
    ) {
        self.methods.push(Declared { name, access, description, schemas: schemas::<P, R>, handler });
    }

    /// The names of the methods.
    pub fn names(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| method.name).collect()
    }

    /// The methods in jsonrpsee's form.
    pub fn install(self, context: Context) -> RpcModule<Context> {
        let mut module = RpcModule::new(context);
        for Declared { name, handler, .. } in self.methods {
            let handler = Arc::new(handler);
            module
                .register_async_method(name, move |raw, context, extensions| {
                    let (handler, call) = (handler.clone(), call(context, &extensions));
                    async move {
                        let answered = match call {
                            Ok(call) => counted(call, |call| handler.answer(call, raw)).await,
                            Err(error) => Err(error),
                        };
                        answered.unwrap_or_else(|error| ResponsePayload::error(ErrorObjectOwned::from(error)))
                    }
                })
                .expect("every method is declared once, which a test of the specification shows");
        }
        module
    }
}

fn schemas<P: Params, R: JsonSchema>(generator: &mut SchemaGenerator) -> MethodSchemas {
    MethodSchemas { params: P::describe(generator), result: generator.subschema_for::<R>().to_value() }
}
