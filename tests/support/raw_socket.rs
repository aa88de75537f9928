//! A WebSocket whose frames the test writes itself, byte by byte, valid or not (RFC 6455 §5.2).

use super::soon;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// First bytes of frames: final, with the opcode.
pub const CONTINUATION: u8 = 0x80;
pub const TEXT: u8 = 0x81;
pub const BINARY: u8 = 0x82;
pub const CLOSE: u8 = 0x88;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8a;
/// Clears the FIN bit of a first byte: the message continues.
pub const FINAL: u8 = 0x80;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ ..126 => frame.push(0x80 | short as u8),
        medium @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The payload of a Close frame.
pub fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

/// A WebSocket after its handshake.
pub struct RawSocket {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl RawSocket {
    /// Opens a WebSocket that acts for nobody.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_as(address, None).await
    }

    /// Opens a WebSocket that acts for a session.
    pub async fn open_as(address: SocketAddr, access_token: Option<&str>) -> Self {
        let stream = TcpSocket::new_v4().expect("a socket").connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let mut socket = Self { stream, received: Vec::new() };
        let authorization = access_token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let request = format!(
            "GET /rpc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{authorization}\r\n"
        );
        socket.send(request.as_bytes()).await;
        let end = loop {
            match socket.received.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end,
                None => assert!(socket.receive().await, "no answer to the handshake"),
            }
        };
        let head = String::from_utf8_lossy(&socket.received[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "nothing is negotiated: {head}");
        socket.received.drain(..end + 4);
        socket
    }

    /// Sends bytes; without effect if the server has closed.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = soon("the server to read", self.stream.write_all(bytes)).await;
    }

    /// Sends a call.
    pub async fn call(&mut self, id: u64, method: &str) {
        self.send(&frame(TEXT, call(id, method).as_bytes())).await;
    }

    /// The next frame, first byte and payload; `None` if the connection has ended.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((header, length)) = self.header()
                && self.received.len() >= header + length
            {
                let frame: Vec<u8> = self.received.drain(..header + length).collect();
                return Some((frame[0], frame[header..].to_vec()));
            }
            if !self.receive().await {
                assert!(self.received.is_empty(), "the connection ended amid a frame: {:?}", self.received);
                return None;
            }
        }
    }

    /// The next text, as JSON.
    pub async fn json(&mut self) -> Value {
        let (first, payload) = self.frame().await.expect("a frame");
        assert_eq!(first, TEXT, "{:?}", String::from_utf8_lossy(&payload));
        serde_json::from_slice(&payload).expect("JSON")
    }

    /// Awaits the Close frame, answers it, and checks that nothing follows. Returns its code (1005 if there is none)
    /// and text.
    pub async fn closed(&mut self) -> (u16, String) {
        let payload = loop {
            match self.frame().await {
                Some((CLOSE, payload)) => break payload,
                Some(_) => {}
                None => panic!("the connection ended without a Close frame"),
            }
        };
        self.send(&frame(CLOSE, &payload)).await;
        assert_eq!(self.frame().await, None, "nothing comes after a Close frame");
        let Some((code, reason)) = payload.split_at_checked(2) else { return (1005, String::new()) };
        (u16::from_be_bytes([code[0], code[1]]), String::from_utf8(reason.to_vec()).expect("text"))
    }

    /// The length of the next frame's header, and that of its payload.
    fn header(&self) -> Option<(usize, usize)> {
        let (short, rest) = (*self.received.get(1)?, self.received.get(2..)?);
        assert_eq!(short & 0x80, 0, "a server does not mask");
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        Some(match short {
            126 => (4, number(rest.get(..2)?)),
            127 => (10, number(rest.get(..8)?)),
            short => (2, usize::from(short)),
        })
    }

    async fn receive(&mut self) -> bool {
        let read = soon("bytes from the server", self.stream.read_buf(&mut self.received)).await;
        // A reset is an end as well.
        read.unwrap_or(0) > 0
    }
}

/// A call without parameters.
pub fn call(id: u64, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#)
}
