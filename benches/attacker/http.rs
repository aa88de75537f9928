//! Calls over HTTP from a chosen source address.

use super::Result;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Connects from `from`: every address of 127.0.0.0/8 belongs to this machine.
pub async fn connect(from: IpAddr, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The text of an HTTP request that posts `body`.
pub fn post(body: &str, bearer: Option<&str>) -> String {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{bearer}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// The text of a JSON-RPC request.
pub fn request(method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
}

/// A connection that is kept alive.
pub struct Http {
    stream: TcpStream,
}

impl Http {
    pub async fn open(from: IpAddr, to: SocketAddr) -> Result<Self> {
        Ok(Self { stream: connect(from, to).await? })
    }

    /// Sends a request and returns the body of the answer.
    pub async fn exchange(&mut self, request: &str) -> Result<Vec<u8>> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::with_capacity(4096);
        loop {
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Err("the server closed a connection".into());
            }
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
            while bytes.len() < end + length {
                if self.stream.read_buf(&mut bytes).await? == 0 {
                    return Err("the server closed a connection".into());
                }
            }
            return Ok(bytes.split_off(end));
        }
    }

    /// Calls a method and returns its result, or an error.
    pub async fn call(&mut self, method: &str, params: &Value, bearer: Option<&str>) -> Result<Value> {
        let answer = self.exchange(&post(&request(method, params), bearer)).await?;
        let mut answer: Value = serde_json::from_slice(&answer)?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(format!("{method}: {answer}").into()),
        }
    }
}
