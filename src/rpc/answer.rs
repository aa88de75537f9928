//! The answer to a message, as it goes out.

use super::request::RequestId;
use jsonrpsee::{core::server::MethodResponse, server::MethodResponseNotifyTx, types::Id};

/// How an answer begins that jsonrpsee makes for the id `null`.
const BEGIN: &str = r#"{"jsonrpc":"2.0","id":null"#;
const BEFORE_ID: usize = BEGIN.len() - "null".len();

/// The answer to a call or to a batch.
#[derive(Debug)]
pub struct Answer {
    /// Takes the place of the `null` that stands in it; none if it is whole.
    id: Option<RequestId>,
    json: Box<str>,
    /// Waits for the answer to be on its way.
    follow_up: Option<MethodResponseNotifyTx>,
    succeeded: bool,
}

impl Answer {
    /// The answer to a call, made for [`Id::Null`]: jsonrpsee's ids cannot hold every number as it was written.
    pub(super) fn to_call(id: RequestId, response: MethodResponse) -> Self {
        let succeeded = response.is_success();
        let (json, follow_up, _) = response.into_parts();
        Self { id: Some(id), json: json.into(), follow_up, succeeded }
    }

    /// The answer to a batch.
    pub(super) fn to_batch(json: String) -> Self {
        Self { id: None, json: json.into(), follow_up: None, succeeded: true }
    }

    /// An error, for what has no id that can be told.
    pub(super) fn error(error: jsonrpsee::types::ErrorObjectOwned) -> Self {
        Self::to_call(RequestId::null(), MethodResponse::error(Id::Null, error))
    }

    /// How many bytes it has as JSON.
    pub fn bytes(&self) -> usize {
        let [before, id, rest] = self.parts();
        before.len() + id.len() + rest.len()
    }

    /// Appends it as JSON.
    pub fn append(&self, into: &mut Vec<u8>) {
        self.parts().into_iter().for_each(|part| into.extend_from_slice(part.as_bytes()));
    }

    /// It as JSON.
    pub fn into_json(self) -> String {
        let mut json = String::with_capacity(self.bytes());
        json.extend(self.parts());
        json
    }

    /// Whether something is to begin once it is on its way.
    pub fn has_follow_up(&self) -> bool {
        self.follow_up.is_some()
    }

    /// Says that it is on its way.
    pub fn sent(self) {
        if let Some(follow_up) = self.follow_up {
            follow_up.notify(self.succeeded);
        }
    }

    fn parts(&self) -> [&str; 3] {
        match &self.id {
            Some(id) if self.json.starts_with(BEGIN) => {
                [&self.json[..BEFORE_ID], id.as_json(), &self.json[BEGIN.len()..]]
            }
            _ => [&self.json, "", ""],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::request::Incoming;
    use jsonrpsee::{ResponsePayload, types::ErrorCode};

    #[test]
    fn an_answer_has_the_id_as_it_was_written() {
        let Incoming::Call(call) = Incoming::read(r#"{"jsonrpc":"2.0","id":-1.50,"method":"a"}"#) else { panic!() };
        let result = MethodResponse::response(Id::Null, ResponsePayload::success("null"), 1000);
        let result = Answer::to_call(call.id, result);
        let mut appended = Vec::new();
        result.append(&mut appended);
        let expected = r#"{"jsonrpc":"2.0","id":-1.50,"result":"null"}"#;
        assert_eq!(result.bytes(), expected.len());
        assert_eq!(String::from_utf8_lossy(&appended), expected);
        assert_eq!(result.into_json(), expected);
        let error = Answer::error(ErrorCode::ParseError.into()).into_json();
        assert_eq!(error, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#);
    }
}
