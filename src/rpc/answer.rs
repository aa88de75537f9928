//! The answer to a message, as it goes out.

use super::request::RequestId;
use jsonrpsee::{core::server::MethodResponse, server::MethodResponseNotifyTx, types::Id};

/// The beginning of an answer that jsonrpsee makes for the id `null`.
const BEGIN: &str = r#"{"jsonrpc":"2.0","id":null"#;
const BEFORE_ID: usize = BEGIN.len() - "null".len();

/// The answer to a call or to a batch.
#[derive(Debug)]
pub struct Answer {
    /// Replaces the `null` in it; `None` if the answer is complete.
    id: Option<RequestId>,
    json: Box<str>,
    /// Notified when the answer has been sent.
    follow_up: Option<MethodResponseNotifyTx>,
    succeeded: bool,
}

impl Answer {
    /// The answer to a call, made for [`Id::Null`]: jsonrpsee's ids cannot represent every number exactly as written.
    pub(super) fn to_call(id: RequestId, response: MethodResponse) -> Self {
        let succeeded = response.is_success();
        let (json, follow_up, _) = response.into_parts();
        Self { id: Some(id), json: json.into(), follow_up, succeeded }
    }

    /// The answer to a batch.
    pub(super) fn to_batch(json: String) -> Self {
        Self { id: None, json: json.into(), follow_up: None, succeeded: true }
    }

    /// An error for a message without a readable id.
    pub(super) fn error(error: jsonrpsee::types::ErrorObjectOwned) -> Self {
        Self::to_call(RequestId::null(), MethodResponse::error(Id::Null, error))
    }

    /// Its length as JSON, in bytes.
    pub fn bytes(&self) -> usize {
        let [before, id, rest] = self.parts();
        before.len() + id.len() + rest.len()
    }

    /// Appends it as JSON.
    pub fn append(&self, into: &mut Vec<u8>) {
        self.parts().into_iter().for_each(|part| into.extend_from_slice(part.as_bytes()));
    }

    /// The answer as JSON.
    pub fn into_json(self) -> String {
        let mut json = String::with_capacity(self.bytes());
        json.extend(self.parts());
        json
    }

    /// Whether a subscription starts once it is sent.
    pub fn has_follow_up(&self) -> bool {
        self.follow_up.is_some()
    }

    /// Notifies the subscription that waits that the answer is sent.
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
