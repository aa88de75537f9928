//! The HTTP client.

use super::{
    connect::{Connector, Targets},
    failure::Failure,
    tls::Tls,
};
use crate::domain::time::Timestamp;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use url::{Position, Url, form_urlencoded};

/// The `User-Agent` of the server.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("marbelle/", env!("CARGO_PKG_VERSION")));

/// The longest head of an answer.
const HEAD_BYTES: usize = 32 * 1024;

/// An HTTP/1.1 client that follows no redirects, uses no proxy of the environment, keeps no connections and no cookies,
/// and waits no longer than its caller allows. A redirect is an answer like any other.
pub struct HttpClient {
    connector: Connector,
    tls: Tls,
}

/// A request.
pub struct Request {
    url: Url,
    head: http::request::Builder,
    body: Bytes,
}

/// The bounds of an answer, and the allowed targets.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The allowed targets.
    pub targets: Targets,
    /// The time limit, from looking up the name to the answer's last byte.
    pub total: Duration,
    /// The parts of the answer to read.
    pub reading: Reading,
}

/// The parts of an answer to read.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// The status and the headers. The body is not awaited.
    Head,
    /// The body as well, up to this length; a longer one is [`Failure::TooLarge`].
    Body {
        /// The most bytes.
        at_most: usize,
    },
}

/// The answer, of any status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if only the head was to be read.
    pub body: Bytes,
}

impl Request {
    /// A GET request.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Bytes::new())
    }

    /// A POST request with `body` of this media type.
    pub fn post(url: Url, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url, body.into()).header(CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    /// A POST request with a form, encoded like an HTML form.
    pub fn post_form<'a>(url: Url, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::post(url, "application/x-www-form-urlencoded", body)
    }

    /// Adds a header. An invalid one makes `send` fail.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue, Error: Into<http::Error>>) -> Self {
        self.head = self.head.header(name, value);
        self
    }

    /// Requests JSON.
    #[must_use]
    pub fn accept_json(self) -> Self {
        self.header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    fn new(method: Method, url: Url, body: Bytes) -> Self {
        let head = http::Request::builder().method(method).header(USER_AGENT, AGENT);
        Self { url, head, body }
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new(Connector::system(), Tls::default())
    }
}

impl HttpClient {
    pub(super) fn new(connector: Connector, tls: Tls) -> Self {
        Self { connector, tls }
    }

    /// Sends the request once. Dropping the future leaves nothing running except possibly a look-up of the name.
    pub async fn send(&self, request: Request, bounds: Bounds) -> Result<Answer, Failure> {
        timeout(bounds.total, self.exchange(request, bounds)).await.unwrap_or(Err(Failure::TooLate(bounds.total)))
    }

    async fn exchange(&self, request: Request, bounds: Bounds) -> Result<Answer, Failure> {
        let Request { url, head, body } = request;
        let host = url.host_str().ok_or(Failure::Url("has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::Url("must not have credentials, which would not be sent"));
        }
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Failure::Url("is neither http nor https")),
        };
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let request = head.uri(target).header(HOST, authority).body(Full::new(body))?;
        let connection = self.connector.connect(&url, bounds.targets).await?;
        if secure {
            converse(self.tls.secure(connection, host).await?, request, bounds.reading).await
        } else {
            converse(connection, request, bounds.reading).await
        }
    }
}

/// One request and its answer, on a connection of its own.
async fn converse(
    io: impl AsyncRead + AsyncWrite + Unpin,
    request: http::Request<Full<Bytes>>,
    reading: Reading,
) -> Result<Answer, Failure> {
    let mut client = http1::Builder::new();
    client.max_buf_size(HEAD_BYTES);
    let (mut sender, connection) = client.handshake(TokioIo::new(io)).await?;
    let answer = pin!(async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = match reading {
            Reading::Head => Bytes::new(),
            Reading::Body { at_most } => read(body, at_most).await?,
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    });
    match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // The connection ended after the last byte, which may not have been read yet, or with the error of the request.
        Either::Right((_, answer)) => answer.await,
    }
}

async fn read(body: Incoming, at_most: usize) -> Result<Bytes, Failure> {
    let collected = Limited::new(body, at_most).collect().await;
    collected.map(|body| body.to_bytes()).map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(cause) => Failure::Http(*cause),
        Err(error) => {
            debug_assert!(error.is::<LengthLimitError>(), "{error}");
            Failure::TooLarge(at_most)
        }
    })
}

impl Answer {
    /// The delay that the answer requests before the next request (RFC 9110 §10.2.3).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => Timestamp::parse_http_date(text).map(|at| at.since(now)),
        }
    }
}
