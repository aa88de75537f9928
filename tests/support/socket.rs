//! The WebSocket handshake, and a socket that is not read.

use super::{reply::request, soon};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message, client::IntoClientRequest, handshake::client::Response, http::HeaderValue,
        protocol::WebSocketConfig,
    },
};

/// Opens a WebSocket; the error holds the HTTP response if the handshake is refused.
pub async fn handshake(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
    receive_buffer: Option<u32>,
) -> Result<(WebSocketStream<TcpStream>, Response), Box<tungstenite::Error>> {
    handshake_at(&format!("ws://{address}/rpc"), address, headers, receive_buffer).await
}

/// The same at any URL of the node.
pub async fn handshake_at(
    url: &str,
    address: SocketAddr,
    headers: &[(&'static str, &str)],
    receive_buffer: Option<u32>,
) -> Result<(WebSocketStream<TcpStream>, Response), Box<tungstenite::Error>> {
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a header value"));
    }
    let socket = TcpSocket::new_v4().expect("a socket");
    if let Some(size) = receive_buffer {
        socket.set_recv_buffer_size(size).expect("a smaller buffer");
    }
    let stream = socket.connect(address).await.map_err(|e| Box::new(e.into()))?;
    stream.set_nodelay(true).expect("no delay");
    let config = WebSocketConfig::default().max_message_size(Some(256 << 20)).max_frame_size(Some(256 << 20));
    soon("the handshake", client_async_with_config(request, stream, Some(config))).await.map_err(Box::new)
}

/// A WebSocket that is read only on demand, with a small receive buffer.
pub struct Deaf(pub WebSocketStream<TcpStream>);

impl Deaf {
    /// Sends a call; false if the peer accepts no more within `patience`.
    pub async fn send(&mut self, id: u64, method: &str, params: Value, patience: Duration) -> bool {
        let message = Message::text(request(id, method, &params).to_string());
        matches!(tokio::time::timeout(patience, self.0.send(message)).await, Ok(Ok(())))
    }

    /// Reads the next message; `None` at the end.
    pub async fn read(&mut self) -> Option<Value> {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).expect("JSON from the server"));
                }
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}
