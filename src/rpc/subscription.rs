//! The parts of the registry for methods that subscribe.

use super::{
    param_types::Token,
    params::{Rules, params, read},
};
use crate::domain::fault::Faults;
use serde::Deserialize;
use serde_json::value::RawValue;

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
