//! The task of one WebSocket. tungstenite reads; everything that is written goes through [`Socket`].

use super::{boundary::Boundary, waiting_bytes::WaitingBytes};
use crate::{
    limits::{CALLS_IN_FLIGHT, MESSAGE_BYTES, UNSENT_BYTES, WAITING_MESSAGE_BYTES},
    live::{Close, Socket, frame},
    rpc::{
        answer::Answer,
        dispatch::{Dispatcher, Work, is_batch},
        source::Source,
    },
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::tcp::OwnedReadHalf,
};
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

/// Messages read in one turn.
const TURN: usize = 64;
/// The size of the read buffer, which an idle socket keeps for its next message.
const READ_BYTES: usize = 1024;

const UNSUPPORTED_DATA: Close = Close { code: 1003, reason: "calls are text" };
const PROTOCOL_ERROR: Close = Close { code: 1002, reason: "the frame breaks RFC 6455" };
const INVALID_DATA: Close = Close { code: 1007, reason: "text is not UTF-8" };
const MESSAGE_TOO_BIG: Close = Close { code: 1009, reason: "the message is too large" };

/// The connection as tungstenite sees it: pongs and Close frames that it writes join the queue.
struct Pipe<'a, 'b> {
    read: &'a mut OwnedReadHalf,
    boundary: &'a mut Boundary,
    socket: &'a Socket,
    cx: &'a mut Context<'b>,
}

impl io::Read for Pipe<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut bytes = ReadBuf::new(bytes);
        let Poll::Ready(read) = Pin::new(&mut *self.read).poll_read(self.cx, &mut bytes) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        self.boundary.feed(bytes.filled());
        self.socket.heard();
        read.map(|()| bytes.filled().len())
    }
}

impl io::Write for Pipe<'_, '_> {
    fn write(&mut self, frames: &[u8]) -> io::Result<usize> {
        self.socket.send(frames.to_vec());
        Ok(frames.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Calls are read and answered.
    Open,
    /// Our Close frame is queued; the peer's is awaited.
    Closing,
    /// The peer has broken the protocol, from which tungstenite does not recover. Its bytes are read and discarded
    /// until it hangs up: closing a connection with unread bytes resets it, and the Close frame would be lost.
    Failed,
    /// Nothing more is read; what waits is still written.
    Ended,
}

/// Serves one WebSocket until it is closed.
pub struct WebSocketTask {
    socket: Arc<Socket>,
    read: OwnedReadHalf,
    tungstenite: WebSocketContext,
    boundary: Boundary,
    dispatcher: Dispatcher,
    source: Source,
    calls: FuturesUnordered<Work>,
    /// The bytes of their messages.
    waiting: WaitingBytes,
    /// Allows one batch at a time; created by the first batch. Only the answers of batches are large.
    batches: Option<Arc<tokio::sync::Mutex<()>>>,
    phase: Phase,
}

impl Drop for WebSocketTask {
    fn drop(&mut self) {
        self.socket.hang_up();
    }
}

impl WebSocketTask {
    /// Serves a connection whose handshake is done; `early` are the bytes that arrived with it.
    pub fn new(
        socket: Arc<Socket>,
        read: OwnedReadHalf,
        early: Vec<u8>,
        dispatcher: Dispatcher,
        source: Source,
    ) -> Self {
        let mut boundary = Boundary::default();
        boundary.feed(&early);
        let tungstenite = WebSocketContext::from_partially_read(early, Role::Server, Some(config()));
        let (calls, waiting, batches, phase) = (FuturesUnordered::new(), WaitingBytes::default(), None, Phase::Open);
        Self { socket, read, tungstenite, boundary, dispatcher, source, calls, waiting, batches, phase }
    }

    /// Reads a message, if one has come.
    fn read(&mut self, cx: &mut Context<'_>, answers: &mut Vec<u8>) -> Poll<()> {
        let mut pipe = Pipe { read: &mut self.read, boundary: &mut self.boundary, socket: &self.socket, cx };
        if self.phase == Phase::Failed {
            match io::Read::read(&mut pipe, &mut [0; READ_BYTES]) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                _ => self.phase = Phase::Ended,
            }
            return Poll::Ready(());
        }
        match self.tungstenite.read(&mut pipe) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.release_large_buffers();
                return Poll::Pending;
            }
            Ok(Message::Text(text)) if self.phase == Phase::Open => self.begin(text, cx, answers),
            Ok(Message::Binary(_)) if self.phase == Phase::Open => self.close(UNSUPPORTED_DATA, answers),
            Ok(Message::Close(_)) if self.phase == Phase::Open => {
                self.socket.send(std::mem::take(answers));
                // It queues the reply and returns that the connection is closed.
                let _ = self.tungstenite.flush(&mut pipe);
                self.end();
            }
            Ok(Message::Close(_)) => self.end(),
            Ok(_) => {}
            Err(error) => match fault(&error) {
                Some(close) if self.phase == Phase::Open => {
                    self.close(close, answers);
                    self.phase = Phase::Failed;
                }
                Some(_) => self.phase = Phase::Failed,
                None => self.end(),
            },
        }
        Poll::Ready(())
    }

    /// Starts to work on a message. It is polled once at once, so that a call without waiting needs no entry in the
    /// list.
    fn begin(&mut self, text: Utf8Bytes, cx: &mut Context<'_>, answers: &mut Vec<u8>) {
        let bytes = text.len();
        let mut work = if is_batch(&text) { self.batch(text) } else { self.dispatcher.single(&text, &self.source) };
        match work.poll_unpin(cx) {
            Poll::Ready(answer) => self.answer(answer, answers),
            Poll::Pending => {
                let waiting = self.waiting.hold(bytes);
                self.calls.push(Box::pin(async move {
                    let _waiting = waiting;
                    work.await
                }));
            }
        }
    }

    fn batch(&mut self, text: Utf8Bytes) -> Work {
        let turns = self.batches.get_or_insert_default().clone();
        let (socket, dispatcher, source) = (self.socket.clone(), self.dispatcher.clone(), self.source.clone());
        Box::pin(async move {
            let _turn = turns.lock().await;
            socket.room_for_answers().await;
            dispatcher.batch(text, source).await
        })
    }

    fn answer(&self, answer: Option<Answer>, answers: &mut Vec<u8>) {
        let Some(answer) = answer else { return };
        frame::begin_text(answer.bytes(), answers);
        answer.append(answers);
        if answer.has_follow_up() {
            // What follows an answer (a subscription's first event) must not be sent before it.
            self.socket.send(std::mem::take(answers));
            answer.sent();
        }
    }

    /// Closes the socket after everything that was sent.
    fn close(&mut self, close: Close, answers: &mut Vec<u8>) {
        self.socket.send(std::mem::take(answers));
        self.socket.send_close(&frame::close(close.code, close.reason));
        self.stop_calls(Phase::Closing);
    }

    fn end(&mut self) {
        self.socket.seal();
        self.stop_calls(Phase::Ended);
    }

    /// Drops the calls in flight, because nothing can be answered any more. Commits under way run in tasks of their
    /// own.
    fn stop_calls(&mut self, phase: Phase) {
        self.calls = FuturesUnordered::new();
        self.phase = phase;
    }

    fn release_large_buffers(&mut self) {
        let is_large = self.boundary.longest() > u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
        if is_large && self.boundary.is_between_messages() && self.phase == Phase::Open {
            self.tungstenite = WebSocketContext::new(Role::Server, Some(config()));
            self.boundary = Boundary::default();
        }
    }

    fn may_read(&self, unsent: usize) -> bool {
        self.calls.len() < CALLS_IN_FLIGHT && self.waiting.bytes() <= WAITING_MESSAGE_BYTES && unsent <= UNSENT_BYTES
    }

    /// Reads and answers until there is nothing to do; `true` if it stopped reading because of its limits.
    fn work(&mut self, cx: &mut Context<'_>, answers: &mut Vec<u8>) -> bool {
        for _ in 0..TURN {
            while let Poll::Ready(Some(answer)) = self.calls.poll_next_unpin(cx) {
                self.answer(answer, answers);
            }
            let (asked, is_sealed) = self.socket.closing();
            if is_sealed && self.phase == Phase::Open {
                self.stop_calls(Phase::Closing);
            }
            let read = match (self.phase, asked) {
                (Phase::Open, Some(close)) if self.calls.is_empty() => {
                    self.close(close, answers);
                    Poll::Ready(())
                }
                (Phase::Open, Some(_)) | (Phase::Ended, _) => Poll::Pending,
                (Phase::Open, None) if !self.may_read(answers.len() + self.socket.unsent()) => {
                    // Its bytes wait to be read: that is no silence.
                    self.socket.heard();
                    return true;
                }
                _ => self.read(cx, answers),
            };
            if read.is_pending() {
                return false;
            }
        }
        cx.waker().wake_by_ref();
        false
    }
}

impl Future for WebSocketTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.socket.register(cx);
        if this.socket.is_killed() {
            return Poll::Ready(());
        }
        let mut answers = Vec::new();
        let is_paused = this.work(cx, &mut answers);
        this.socket.send(answers);
        let flushed = this.socket.poll_flush(cx).is_ready();
        if this.socket.is_killed() || (flushed && this.phase == Phase::Ended) {
            return Poll::Ready(());
        }
        if is_paused && this.may_read(this.socket.unsent()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        // Only control frames are written through it, and they are passed on at once.
        .max_write_buffer_size(4096)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// The Close frame for a peer that broke the protocol; `None` if the peer is gone.
fn fault(error: &Error) -> Option<Close> {
    match error {
        Error::Utf8(_) => Some(INVALID_DATA),
        Error::Capacity(_) => Some(MESSAGE_TOO_BIG),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(PROTOCOL_ERROR),
        _ => None,
    }
}
