//! JSON-RPC over HTTP, and plain requests.

use super::{
    reply::{Call, Reply, outcome, request},
    schema::Specification,
};
use reqwest::{
    Client, RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A client of one node, with or without a bearer token.
#[derive(Clone)]
pub struct Http {
    client: Client,
    base: String,
    /// Where calls are posted.
    path: &'static str,
    bearer: Option<String>,
    headers: HeaderMap,
    next_id: Arc<AtomicU64>,
    specification: Arc<Specification>,
}

impl Http {
    pub fn new(base: String, specification: Arc<Specification>) -> Self {
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        Self {
            client,
            base,
            path: "/rpc",
            bearer: None,
            headers: HeaderMap::new(),
            next_id: Arc::new(AtomicU64::new(1)),
            specification,
        }
    }

    /// The same client for another endpoint, which has a specification of its own.
    pub fn at(&self, path: &'static str, specification: Arc<Specification>) -> Self {
        Self { path, specification, ..self.clone() }
    }

    /// The same client with `Authorization: Bearer …`.
    pub fn bearer(&self, token: impl Into<String>) -> Self {
        Self { bearer: Some(token.into()), ..self.clone() }
    }

    /// The same client with one more header on its calls.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut http = self.clone();
        http.headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        http
    }

    /// `GET` of a path below the node.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// Any other method on a path below the node.
    pub fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A call with the credential, still without body.
    pub fn post(&self) -> RequestBuilder {
        let post = self.client.post(format!("{}{}", self.base, self.path)).headers(self.headers.clone());
        match &self.bearer {
            Some(token) => post.bearer_auth(token),
            None => post,
        }
    }

    /// Posts any bytes as JSON and reads the answer (`null` if the body is empty or not JSON).
    pub async fn raw(&self, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let response = self.post().header("content-type", "application/json").body(body).send().await;
        let response = response.expect("the node answers");
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Calls a node that may die in the meantime; `None` if it does.
    pub async fn attempt(&self, method: &str, params: Value) -> Option<Reply> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let response = self.post().json(&request(id, method, &params)).send().await.ok()?;
        let response: Value = response.json().await.ok()?;
        assert_eq!(response["id"], id, "the answer to another call: {response}");
        let reply = outcome(&response);
        self.specification.check_reply(method, &reply);
        Some(reply)
    }

    /// Calls, and returns the whole HTTP response beside the reply.
    pub async fn exchange(&self, method: &str, params: Value) -> Exchange {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let response = self.post().json(&request(id, method, &params)).send().await.expect("the node answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let body: Value = response.json().await.unwrap_or(Value::Null);
        let reply = body.is_object().then(|| outcome(&body));
        reply.iter().for_each(|reply| self.specification.check_reply(method, reply));
        Exchange { status, headers, reply }
    }

    /// Sends a batch and returns the replies in the order of the calls.
    pub async fn batch(&self, calls: &[(&str, Value)]) -> Vec<Reply> {
        let ids: Vec<u64> = calls.iter().map(|_| self.next_id.fetch_add(1, Ordering::Relaxed)).collect();
        let body: Vec<Value> = calls.iter().zip(&ids).map(|((m, p), id)| request(*id, m, p)).collect();
        let response: Value =
            self.post().json(&body).send().await.expect("the node answers").json().await.expect("a JSON body");
        let responses = response.as_array().unwrap_or_else(|| panic!("no batch response: {response}"));
        assert_eq!(responses.len(), calls.len(), "{response}");
        let reply = |((method, _), id): (&(&str, Value), &u64)| {
            let response = responses.iter().find(|r| r["id"] == *id).expect("a reply to each call");
            let reply = outcome(response);
            self.specification.check_reply(method, &reply);
            reply
        };
        calls.iter().zip(&ids).map(reply).collect()
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Exchange {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `None` if HTTP refuses before a method is reached.
    pub reply: Option<Reply>,
}

impl Exchange {
    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

impl Call for Http {
    async fn call(&self, method: &str, params: Value) -> Reply {
        self.attempt(method, params).await.unwrap_or_else(|| panic!("{method}: the node does not answer in JSON"))
    }
}
