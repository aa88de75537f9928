//! The endpoint of service keys.

use super::{Deaf, Http, Node, Specification, Ws, socket::handshake_at};
use std::{net::SocketAddr, sync::Arc};
use tokio_tungstenite::tungstenite;

/// `/service` of a node.
pub struct ServiceEndpoint<'a> {
    pub node: &'a Node,
    pub address: SocketAddr,
    specification: Arc<Specification>,
}

impl Node {
    /// The endpoint, on the node's listener or on a separate one.
    pub async fn service_endpoint(&self) -> ServiceEndpoint<'_> {
        let address = if self.environment().contains_key("MARBELLE_SERVICE_LISTEN") {
            let line = self.printed("Services and operators call ").await;
            let url = line.split_whitespace().last().expect("a URL");
            let host = url.trim_start_matches("http://").trim_end_matches("/service/rpc");
            host.parse().expect("an address")
        } else {
            self.address()
        };
        ServiceEndpoint { node: self, address, specification: Specification::of_service().await }
    }
}

impl ServiceEndpoint<'_> {
    /// The secret of a new key with these scopes, separated by commas.
    pub async fn key(&self, scopes: &str) -> String {
        self.key_named(scopes, scopes).await
    }

    /// The secret of a new key of this name.
    pub async fn key_named(&self, name: &str, scopes: &str) -> String {
        let output = self.node.command(&["key", "create", name, "--scope", scopes]).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A client that calls by this key.
    pub fn http(&self, key: &str) -> Http {
        self.anonymous().bearer(key)
    }

    /// A client without a key.
    pub fn anonymous(&self) -> Http {
        let base = format!("http://{}", self.address);
        Http::new(base, self.specification.clone()).at("/service/rpc", self.specification.clone())
    }

    /// A client that calls by a new key with these scopes.
    pub async fn with(&self, scopes: &str) -> Http {
        self.http(&self.key(scopes).await)
    }

    /// A WebSocket by this key.
    pub async fn ws(&self, key: &str) -> Ws {
        let bearer = format!("Bearer {key}");
        self.handshake(&[("authorization", &bearer)]).await.unwrap_or_else(|e| panic!("the handshake fails: {e}"))
    }

    /// A WebSocket by this key that is read only on demand.
    pub async fn deaf(&self, key: &str) -> Deaf {
        let (url, bearer) = (format!("ws://{}/service/rpc", self.address), format!("Bearer {key}"));
        let opened = handshake_at(&url, self.address, &[("authorization", &bearer)], Some(4096)).await;
        Deaf(opened.unwrap_or_else(|e| panic!("the handshake fails: {e}")).0)
    }

    pub async fn handshake(&self, headers: &[(&'static str, &str)]) -> Result<Ws, Box<tungstenite::Error>> {
        let url = format!("ws://{}/service/rpc", self.address);
        let (socket, _) = handshake_at(&url, self.address, headers, None).await?;
        Ok(Ws::new(socket, self.specification.clone()))
    }

    /// The HTTP status with which a handshake is refused.
    pub async fn refused_handshake(&self, headers: &[(&'static str, &str)]) -> u16 {
        match self.handshake(headers).await.map_err(|e| *e) {
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("the handshake fails in another way: {other}"),
            Ok(_) => panic!("the handshake succeeds"),
        }
    }

    /// The methods, each with the scopes that it needs.
    pub fn methods(&self) -> Vec<(String, Vec<String>)> {
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let methods = self.specification.document["methods"].as_array().expect("methods");
        methods
            .iter()
            .map(|method| {
                let scopes = method["x-scopes"].as_array().expect("scopes").iter().map(text).collect();
                (text(&method["name"]), scopes)
            })
            .collect()
    }
}
