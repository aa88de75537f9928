//! Replies to calls, and the calls that every client of the suite can make.

use serde_json::{Value, json};
use std::{collections::BTreeMap, future::Future};

/// A JSON-RPC error.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    pub code: i64,
    /// `data.kind`; empty if jsonrpsee itself answers without one.
    pub kind: String,
    pub message: String,
    pub data: Value,
}

/// A result or an error.
pub type Reply = Result<Value, RpcError>;

impl RpcError {
    pub fn from_wire(error: &Value) -> Self {
        Self {
            code: error["code"].as_i64().unwrap_or_else(|| panic!("no error object: {error}")),
            kind: error["data"]["kind"].as_str().unwrap_or_default().to_owned(),
            message: error["message"]
                .as_str()
                .unwrap_or_else(|| panic!("an error without message: {error}"))
                .to_owned(),
            data: error["data"].clone(),
        }
    }

    /// `data.fields` as field → rules.
    pub fn rules(&self) -> BTreeMap<&str, Vec<&str>> {
        let fields = self.data["fields"].as_object().unwrap_or_else(|| panic!("no fields in {self:?}"));
        let rules = |faults: &'_ Value| -> Vec<String> {
            faults.as_array().into_iter().flatten().filter_map(|f| f["rule"].as_str().map(str::to_owned)).collect()
        };
        for faults in fields.values() {
            assert!(!rules(faults).is_empty(), "a field without a rule in {self:?}");
            assert!(faults.as_array().into_iter().flatten().all(|f| f["message"].is_string()), "{self:?}");
        }
        fields
            .iter()
            .map(|(name, faults)| {
                let rules = faults.as_array().into_iter().flatten().filter_map(|f| f["rule"].as_str()).collect();
                (name.as_str(), rules)
            })
            .collect()
    }
}

/// One JSON-RPC request.
pub fn request(id: u64, method: &str, params: &Value) -> Value {
    let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
    if !params.is_null() {
        request["params"] = params.clone();
    }
    request
}

/// The result or the error of a JSON-RPC response.
pub fn outcome(response: &Value) -> Reply {
    assert_eq!(response["jsonrpc"], "2.0", "no JSON-RPC response: {response}");
    match (response.get("result"), response.get("error")) {
        (Some(result), None) => Ok(result.clone()),
        (None, Some(error)) => Err(RpcError::from_wire(error)),
        _ => panic!("neither result nor error, or both: {response}"),
    }
}

/// A client that can call methods: over HTTP or a WebSocket.
pub trait Call {
    /// Calls and awaits the reply, validated against the specification.
    fn call(&self, method: &str, params: Value) -> impl Future<Output = Reply> + Send;

    /// Calls what must succeed.
    fn ok(&self, method: &str, params: Value) -> impl Future<Output = Value> + Send
    where
        Self: Sync,
    {
        async move {
            let shown = params.clone();
            self.call(method, params).await.unwrap_or_else(|e| panic!("{method} {shown}: {e:?}"))
        }
    }

    /// Calls what must be refused with this kind.
    fn refused(&self, kind: &str, method: &str, params: Value) -> impl Future<Output = RpcError> + Send
    where
        Self: Sync,
    {
        async move {
            let shown = params.clone();
            match self.call(method, params).await {
                Err(error) if error.kind == kind => error,
                other => panic!("{method} {shown}: expected the error {kind}, got {other:?}"),
            }
        }
    }

    /// Calls what must be refused as invalid parameters, with exactly these rules by field.
    fn invalid(&self, expected: &[(&str, &[&str])], method: &str, params: Value) -> impl Future<Output = ()> + Send
    where
        Self: Sync,
    {
        async move {
            let shown = params.clone();
            let error = self.refused("invalid_params", method, params).await;
            let expected: BTreeMap<&str, Vec<&str>> = expected.iter().map(|(f, r)| (*f, r.to_vec())).collect();
            assert_eq!(error.rules(), expected, "{method} {shown}");
        }
    }
}

/// The number of replies that are results; the others must be refused for one of these reasons.
pub fn won(replies: Vec<Reply>, kinds: &[&str]) -> usize {
    replies
        .into_iter()
        .filter(|reply| match reply {
            Ok(_) => true,
            Err(error) => {
                assert!(kinds.contains(&error.kind.as_str()), "{error:?}");
                false
            }
        })
        .count()
}
