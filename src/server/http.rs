//! JSON-RPC over HTTP: `POST /rpc`.

use super::{
    client::{Credential, cookie_caller, user_agent},
    listener::Node,
};
use crate::{
    limits::MESSAGE_BYTES,
    live::Connection,
    rpc::{
        dispatch::is_batch,
        http_call::{Answer, HttpCall},
        source::Source,
        trace::TraceId,
    },
};
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use jsonrpsee::server::{
    HttpBody, HttpResponse,
    http::{
        is_json,
        response::{malformed, ok_response, too_large, unsupported_content_type},
    },
};
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// How long a client may take to send a request's body, which has at most 64 KiB.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// What is answered where all calls were notifications, which have no answer.
const NO_ANSWER: &str = "null";

impl Node {
    /// Answers calls over HTTP.
    pub(super) async fn call(&self, peer: IpAddr, request: Request<Incoming>) -> HttpResponse {
        let (head, body) = request.into_parts();
        let headers = &head.headers;
        if !is_json(headers.get(header::CONTENT_TYPE)) {
            return unsupported_content_type();
        }
        let body = match read(body).await {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        // Neither an object nor a list.
        if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return malformed();
        }
        let Ok(text) = std::str::from_utf8(&body) else { return malformed() };
        let Ok(credential) = Credential::of(headers, self) else { return foreign_origin() };
        let http = Arc::new(HttpCall::new(
            self.is_origin_allowed(headers),
            cookie_caller(headers, &self.accounts, &self.cookie),
            matches!(credential, Credential::Cookie(_) | Credential::BadCookie),
        ));
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::new(id, peer, user_agent(headers), None).identified(credential.identity());
        let source = Source {
            connection: Arc::new(connection),
            http: Some(http.clone()),
            trace: TraceId::of(headers),
            in_batch: false,
        };
        let answer = if is_batch(text) {
            self.dispatcher.clone().batch(text, source).await
        } else {
            self.dispatcher.single(text, &source).await
        };
        let mut response = ok_response(answer.map_or(NO_ANSWER.to_owned(), |answer| answer.into_json()));
        let cookie = match http.answer() {
            Answer::Plain => return response,
            Answer::SetCookie(value) => self.cookie.set(&value),
            Answer::ClearCookie => self.cookie.clear(),
            Answer::Forbidden => return foreign_origin(),
        };
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        response
    }
}

/// The whole body, before anything is done for it.
async fn read(body: Incoming) -> Result<Bytes, HttpResponse> {
    let mut body = Box::pin(Limited::new(body, MESSAGE_BYTES).collect());
    // Most have come with the head: they need no timer.
    let read = match (&mut body).now_or_never() {
        Some(read) => Ok(read),
        None => tokio::time::timeout(BODY_TIMEOUT, body).await,
    };
    match read {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(too_large(u32::try_from(MESSAGE_BYTES).unwrap_or(u32::MAX)))
        }
        Ok(Err(_)) => Err(refusal(StatusCode::BAD_REQUEST, "the request's body could not be read")),
        Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "the request's body took too long")),
    }
}

/// A request that carries the cookie from a page that may not use it.
pub fn foreign_origin() -> HttpResponse {
    refusal(StatusCode::FORBIDDEN, "the cookie counts for pages of allowed origins only")
}

/// A refused request, in plain text.
pub fn refusal(status: StatusCode, why: &'static str) -> HttpResponse {
    let mut response = Response::new(HttpBody::from(why));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
