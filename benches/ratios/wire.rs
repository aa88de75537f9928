//! A minimal client for WebSocket, HTTP/1.1 and JSON-RPC: a load generator that did more would be slower than the server. It
//! reads messages only as far as needed to distinguish answers from events and results from errors.

use super::Result;
use serde_json::Value;
use std::{net::SocketAddr, ops::Range};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A JSON-RPC request.
pub fn request(id: u64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// Whether a message is an event; anything else is an answer.
pub fn is_event(message: &[u8]) -> bool {
    message.starts_with(br#"{"jsonrpc":"2.0","method""#)
}

/// Fails if the answer is an error: refusing calls is fast, so errors would distort the figures.
pub fn expect_result(answer: &[u8]) -> Result<()> {
    let head = &answer[..answer.len().min(64)];
    if head.windows(9).any(|part| part == br#""result":"#) {
        return Ok(());
    }
    Err(format!("a call was answered with an error: {}", String::from_utf8_lossy(answer)).into())
}

/// The `result` of an answer.
pub fn result_of(answer: &[u8]) -> Result<Value> {
    expect_result(answer)?;
    Ok(serde_json::from_slice::<Value>(answer)?["result"].take())
}

/// A buffer of received bytes.
struct Incoming {
    bytes: Vec<u8>,
    filled: usize,
    taken: usize,
}

impl Incoming {
    fn new() -> Self {
        Self { bytes: vec![0; 4096], filled: 0, taken: 0 }
    }

    fn pending(&self) -> &[u8] {
        &self.bytes[self.taken..self.filled]
    }

    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.taken;
        self.taken += length;
        start..self.taken
    }

    async fn read_more(&mut self, stream: &mut TcpStream) -> Result<()> {
        self.bytes.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        if self.filled == self.bytes.len() {
            self.bytes.resize(self.filled * 2, 0);
        }
        match stream.read(&mut self.bytes[self.filled..]).await? {
            0 => Err("the server closed a connection".into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

/// An open WebSocket.
pub struct WebSocket {
    stream: TcpStream,
    incoming: Incoming,
    outgoing: Vec<u8>,
}

impl WebSocket {
    /// Connects, and does the handshake.
    pub async fn open(address: SocketAddr, bearer: Option<&str>) -> Result<Self> {
        Self::open_on(TcpSocket::new_v4()?, address, bearer).await
    }

    /// The same with a socket whose receive buffer is as small as possible.
    pub async fn open_narrow(address: SocketAddr, bearer: Option<&str>) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        Self::open_on(socket, address, bearer).await
    }

    async fn open_on(socket: TcpSocket, address: SocketAddr, bearer: Option<&str>) -> Result<Self> {
        let mut stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let handshake = format!(
            "GET /rpc HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{bearer}\r\n"
        );
        stream.write_all(handshake.as_bytes()).await?;
        let mut incoming = Incoming::new();
        let head = head_of(&mut incoming, &mut stream).await?;
        if !head.starts_with("HTTP/1.1 101") {
            return Err(format!("a handshake was refused: {head}").into());
        }
        Ok(Self { stream, incoming, outgoing: Vec::new() })
    }

    /// Queues a message.
    pub fn feed(&mut self, message: &str) {
        self.frame(TEXT, message.len(), |out| out.extend_from_slice(message.as_bytes()));
    }

    /// Queues a frame with a mask of zero, which is legal and leaves the payload unchanged.
    fn frame(&mut self, opcode: u8, length: usize, payload: impl FnOnce(&mut Vec<u8>)) {
        self.outgoing.push(0x80 | opcode);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 126 => self.outgoing.push(0x80 | short),
            (_, Ok(long)) => {
                self.outgoing.push(0x80 | 126);
                self.outgoing.extend_from_slice(&long.to_be_bytes());
            }
            _ => unreachable!("the load sends no messages of 64 KiB or more"),
        }
        self.outgoing.extend_from_slice(&[0; 4]);
        payload(&mut self.outgoing);
    }

    /// Sends the queued messages.
    pub async fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.outgoing).await?;
        self.outgoing.clear();
        Ok(())
    }

    /// Waits for the next message.
    pub async fn next(&mut self) -> Result<&[u8]> {
        loop {
            if let Some(range) = self.next_buffered()? {
                return Ok(&self.incoming.bytes[range]);
            }
            if !self.outgoing.is_empty() {
                self.flush().await?;
            }
            self.incoming.read_more(&mut self.stream).await?;
        }
    }

    /// The next message, if it has already been received.
    pub fn next_now(&mut self) -> Result<Option<&[u8]>> {
        Ok(self.next_buffered()?.map(|range| &self.incoming.bytes[range]))
    }

    fn next_buffered(&mut self) -> Result<Option<Range<usize>>> {
        loop {
            let pending = self.incoming.pending();
            let (Some(first), Some(second)) = (pending.first().copied(), pending.get(1).copied()) else {
                return Ok(None);
            };
            let (header, length) = match (second, pending) {
                (126, [_, _, a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
                (127, [_, _, 0, 0, 0, 0, a, b, c, d, ..]) => (10, u32::from_be_bytes([*a, *b, *c, *d]) as usize),
                (126 | 127, _) => return Ok(None),
                (short, _) => (2, usize::from(short)),
            };
            if pending.len() < header + length {
                return Ok(None);
            }
            self.incoming.take(header);
            let payload = self.incoming.take(length);
            match first & 0x0f {
                TEXT => return Ok(Some(payload)),
                PING => {
                    let echo = self.incoming.bytes[payload].to_vec();
                    self.frame(PONG, echo.len(), |out| out.extend_from_slice(&echo));
                }
                CLOSE => return Err("the server closed a WebSocket".into()),
                _ => {}
            }
        }
    }

    /// Makes a call and returns its answer; events that arrive before it are dropped.
    pub async fn call(&mut self, method: &str, params: &str) -> Result<&[u8]> {
        self.feed(&request(1, method, params));
        self.flush().await?;
        while is_event(self.peek().await?) {
            self.next().await?;
        }
        let answer = self.next().await?;
        expect_result(answer)?;
        Ok(answer)
    }

    /// Waits for the next message, and leaves it in the buffer.
    async fn peek(&mut self) -> Result<&[u8]> {
        let length = self.next().await?.len();
        let header = if length < 126 {
            2
        } else if length <= usize::from(u16::MAX) {
            4
        } else {
            10
        };
        let end = self.incoming.taken;
        self.incoming.taken = end - length - header;
        Ok(&self.incoming.bytes[end - length..end])
    }
}

/// An HTTP/1.1 connection that is kept alive.
pub struct Http {
    stream: TcpStream,
    incoming: Incoming,
    head: String,
}

impl Http {
    /// Connects.
    pub async fn open(address: SocketAddr, bearer: Option<&str>) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /rpc HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{bearer}Content-Length: "
        );
        Ok(Self { stream, incoming: Incoming::new(), head })
    }

    /// Makes a call and returns the body of the answer.
    pub async fn call(&mut self, method: &str, params: &str) -> Result<&[u8]> {
        let body = request(1, method, params);
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.stream.write_all(request.as_bytes()).await?;
        let head = head_of(&mut self.incoming, &mut self.stream).await?.to_ascii_lowercase();
        let length = head.split_once("content-length:").and_then(|(_, rest)| rest.lines().next());
        let length = length.ok_or("an answer has no length")?.trim().parse()?;
        while self.incoming.pending().len() < length {
            self.incoming.read_more(&mut self.stream).await?;
        }
        let body = self.incoming.take(length);
        Ok(&self.incoming.bytes[body])
    }
}

/// Reads the head of an HTTP answer.
async fn head_of(incoming: &mut Incoming, stream: &mut TcpStream) -> Result<String> {
    loop {
        if let Some(end) = incoming.pending().windows(4).position(|part| part == b"\r\n\r\n") {
            let head = incoming.take(end + 4);
            return Ok(String::from_utf8_lossy(&incoming.bytes[head]).into_owned());
        }
        incoming.read_more(stream).await?;
    }
}
