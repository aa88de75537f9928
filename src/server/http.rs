//! JSON-RPC over HTTP: `POST /rpc`.

use super::{
    client::{Credential, cookie_caller, user_agent},
    cookie::Cookie,
    listener::Node,
    media_type::is_json,
    origins::Origin,
};
use crate::{
    limits::MESSAGE_BYTES,
    live::Connection,
    rpc::{
        dispatch::{Dispatcher, is_batch},
        http_call::{Answer, CookieChange, HttpCall},
        source::Source,
        trace::TraceId,
    },
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use jsonrpsee::server::{
    HttpBody, HttpResponse,
    http::response::{malformed, ok_response, too_large, unsupported_content_type},
};
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// How long a client may take to send a request's body, which has at most 64 KiB.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// The answer to a request whose calls were all notifications, which have no answer.
pub(super) const NO_ANSWER: &str = "null";

impl Node {
    /// Answers calls over HTTP.
    pub(super) async fn call(&self, dispatcher: &Dispatcher, peer: IpAddr, request: Request<Incoming>) -> HttpResponse {
        let (headers, text) = match read_message(request).await {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        let headers = &headers;
        let Ok(credential) = Credential::of(headers, self) else { return foreign_origin() };
        let origin_allowed = self.origins.of(headers) == Origin::Allowed;
        let device_cookie = self.cookies.device.find(headers).filter(|_| origin_allowed);
        let http = Arc::new(HttpCall::new(
            origin_allowed,
            cookie_caller(headers, &self.accounts, &self.cookies),
            matches!(credential, Credential::Cookie(_) | Credential::BadCookie),
            device_cookie.map(str::to_owned),
        ));
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::new(id, peer, user_agent(headers), None).identified(credential.identity());
        let source = Source {
            connection: Arc::new(connection),
            http: Some(http.clone()),
            trace: TraceId::of(headers),
            in_batch: false,
        };
        let answer = if is_batch(&text) {
            dispatcher.clone().batch(text, source).await
        } else {
            dispatcher.single(&text, &source).await
        };
        let mut response = ok_response(answer.map_or(NO_ANSWER.to_owned(), |answer| answer.into_json()));
        let Answer { forbidden, session, device } = http.answer();
        if forbidden {
            return foreign_origin();
        }
        for (cookie, change) in [(&self.cookies.session, session), (&self.cookies.device, device)] {
            if let Some(change) = change {
                response.headers_mut().append(header::SET_COOKIE, set_cookie(cookie, &change));
            }
        }
        response
    }
}

fn set_cookie(cookie: &Cookie, change: &CookieChange) -> HeaderValue {
    match change {
        CookieChange::Set(value) => cookie.set(value),
        CookieChange::Clear => cookie.clear(),
    }
}

/// The headers and the text of a message that came by POST, or the refusal.
pub async fn read_message(request: Request<Incoming>) -> Result<(HeaderMap, String), HttpResponse> {
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        return Err(unsupported_content_type());
    }
    let body = read(body).await?;
    // The message is neither an object nor an array.
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Err(malformed());
    }
    let text = String::from_utf8(body.into()).map_err(|_| malformed())?;
    Ok((head.headers, text))
}

/// The whole body, before any work is done for it.
pub async fn read(body: Incoming) -> Result<Bytes, HttpResponse> {
    let mut body = Box::pin(Limited::new(body, MESSAGE_BYTES).collect());
    // Most bodies have arrived with the head and need no timer.
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

/// A request from a page that may not send it.
pub fn foreign_origin() -> HttpResponse {
    refusal(
        StatusCode::FORBIDDEN,
        "only pages of allowed origins may connect and use the cookie (MARBELLE_ALLOWED_ORIGINS)",
    )
}

/// A refused request, in plain text.
pub fn refusal(status: StatusCode, why: &'static str) -> HttpResponse {
    let mut response = Response::new(HttpBody::from(why));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
