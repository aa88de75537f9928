//! Declares subscriptions: a method that subscribes and one that ends the subscription.

use super::{
    call::Call,
    handler::{Handler, Payload, serialised},
    param_types::Token,
    params::{Params, Rules, params, read},
    rates::Rate,
    registry::{Access, Description, Registry},
};
use crate::{
    account::Error,
    domain::{
        fault::Faults,
        service_key::{Scope, ServiceKey},
        session::Caller,
    },
};
use jsonrpsee::{ResponsePayload, types::Params as RawParams};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::future::Future;

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

params! {
    /// Parameters of a method that ends a subscription.
    pub struct UnsubscribeParams {
        /// The id that the subscribing method returned.
        required subscription: Token,
    }
}

impl UnsubscribeParams {
    /// Parses them by name, or as the one entry of an array, which is the form that generic clients of JSON-RPC
    /// subscriptions send.
    pub(super) fn read(raw: Option<&str>, rules: &Rules) -> Result<Self, Faults> {
        #[derive(Deserialize)]
        struct Positional<'a>(#[serde(borrow)] [&'a RawValue; 1]);

        match raw.and_then(|raw| serde_json::from_str::<Positional<'_>>(raw).ok()) {
            Some(Positional([subscription])) => read(Some(&format!(r#"{{"subscription":{subscription}}}"#)), rules),
            None => read(raw, rules),
        }
    }
}

impl Registry {
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
        let handler = socket_method(move |call, raw| {
            let (who, grant) = (find_out.clone(), grant.clone());
            async move {
                call.needs_socket(over_http)?;
                if call.in_batch {
                    return Err(Error::Forbidden("a subscription cannot be part of a batch"));
                }
                let caller = who(call.clone()).await?;
                let params = read(raw.as_str(), &call.context.rules).map_err(Error::InvalidParams)?;
                let begin = grant(call, caller, params).await?;
                let (payload, answered) = ResponsePayload::success(serialised(&id)?).notify_on_completion();
                tokio::spawn(async move { answered.await.is_ok().then(begin) });
                Ok(payload)
            }
        });
        self.declare::<P, String>(name, access, description, handler);
        let (name, description) = unsubscribe;
        let handler = socket_method(move |call, raw| {
            let (who, end) = (who.clone(), end.clone());
            async move {
                call.needs_socket(over_http)?;
                who(call.clone()).await?;
                let params = UnsubscribeParams::read(raw.as_str(), &call.context.rules);
                let params = params.map_err(Error::InvalidParams)?;
                serialised(&(params.subscription.0 == id && end(&call))).map(ResponsePayload::success)
            }
        });
        self.declare::<UnsubscribeParams, bool>(name, access, description, handler);
    }
}

fn socket_method<F, Fut>(method: F) -> Handler
where
    F: Fn(Call, RawParams<'static>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Payload, Error>> + Send + 'static,
{
    Handler::Socket(Box::new(move |call, raw| Box::pin(method(call, raw))))
}
