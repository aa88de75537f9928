//! The outgoing half of one WebSocket: a bounded queue of finished frames that any task may add to. Frames are written
//! straight to the kernel whenever nothing waits before them.

use super::frame;
use crate::{
    limits::{QUEUED_EVENT_BYTES, UNSENT_BYTES},
    meters::meters,
};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};
use tokio::{
    net::{TcpStream, tcp::OwnedWriteHalf},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

/// A peer is pinged after this many seconds of silence, and again after as many.
const PING: u64 = 20;
/// A peer is considered gone after this many seconds of silence: two pings were not answered.
const SILENCE: u64 = 50;
/// The number of seconds for which a peer may leave bytes unread.
const STALL: u64 = 20;
/// The number of seconds that calls in flight have to answer before the socket closes.
const ANSWER_GRACE: u64 = 10;
/// The number of seconds that a peer has to read the rest and to answer the Close frame.
const CLOSE_GRACE: u64 = 5;
/// Frames handed to the kernel at once.
const SLICES: usize = 32;

/// The peer does not read (docs/protocol.md, "Transport").
const TRY_AGAIN_LATER: u16 = 1013;

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code of the Close frame (RFC 6455 §7.4).
    pub code: u16,
    /// Its text.
    pub reason: &'static str,
}

/// Why events were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The peer does not read fast enough.
    Full,
    /// The socket is closed or being closed.
    Closed,
}

/// The outgoing half of one WebSocket.
pub struct Socket {
    out: Mutex<Out>,
    /// The task that serves the socket.
    task: AtomicWaker,
    /// Notified when the queue has become shorter.
    room: Notify,
    /// When the peer was last heard, in seconds since the process began.
    heard: AtomicU64,
    killed: AtomicBool,
    ended: CancellationToken,
}

/// The queue.
struct Out {
    /// Present once the handshake is done. Taken when the task ends, so that other holders of the socket do not keep it
    /// open.
    tcp: Option<OwnedWriteHalf>,
    frames: VecDeque<Bytes>,
    /// The number of bytes of the first frame that are written.
    written: usize,
    /// The number of bytes of all frames that are not written.
    bytes: usize,
    /// Since when the peer has taken no bytes while some wait.
    stalled: u64,
    /// The requested close: no event is accepted any more, and the Close frame follows once the calls in flight have
    /// answered.
    close: Option<Close>,
    /// The Close frame is queued: nothing follows it.
    sealed: bool,
    /// When the socket is cut off.
    deadline: Option<u64>,
}

/// Seconds since the process began.
fn seconds() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_secs()
}

impl Default for Socket {
    /// A socket whose handshake is under way: frames wait for [`Socket::open`].
    fn default() -> Self {
        Self {
            out: Mutex::new(Out {
                tcp: None,
                frames: VecDeque::new(),
                written: 0,
                bytes: 0,
                stalled: seconds(),
                close: None,
                sealed: false,
                deadline: None,
            }),
            task: AtomicWaker::new(),
            room: Notify::new(),
            heard: AtomicU64::new(seconds()),
            killed: AtomicBool::new(false),
            ended: CancellationToken::new(),
        }
    }
}

impl Socket {
    /// Writes to a connection whose handshake is done.
    pub fn open(&self, tcp: OwnedWriteHalf) {
        self.out.lock().tcp = Some(tcp);
    }

    /// Cancelled when the connection's session ends.
    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Sends events, unless too much waits already.
    pub(super) fn send_events(&self, frames: &Bytes) -> Result<(), Refused> {
        let mut out = self.out.lock();
        if out.close.is_some() || out.sealed || self.is_killed() {
            return Err(Refused::Closed);
        }
        if out.bytes > QUEUED_EVENT_BYTES {
            return Err(Refused::Full);
        }
        self.put(&mut out, frames);
        Ok(())
    }

    /// Sends a connection's last event and then closes, however long the queue is.
    pub(super) fn send_last_event(&self, frame: &Bytes, close: Close) {
        let mut out = self.out.lock();
        if out.close.is_none() {
            self.put(&mut out, frame);
        }
        self.begin_close(&mut out, close);
    }

    /// Waits until there is room for events.
    pub(super) async fn room_for_events(&self) {
        self.room(QUEUED_EVENT_BYTES / 2).await;
    }

    /// Waits until there is room for answers.
    pub async fn room_for_answers(&self) {
        self.room(UNSENT_BYTES).await;
    }

    async fn room(&self, bytes: usize) {
        loop {
            let room = self.room.notified();
            if self.is_killed() || self.out.lock().bytes <= bytes {
                return;
            }
            room.await;
        }
    }

    /// Sends answers and control frames. They are bounded because reading pauses while too much waits.
    pub fn send(&self, frames: Vec<u8>) {
        if !frames.is_empty() {
            self.put(&mut self.out.lock(), &Bytes::from(frames));
        }
    }

    /// Sends the Close frame. Nothing is sent after it.
    pub fn send_close(&self, frame: &Bytes) {
        let mut out = self.out.lock();
        self.put(&mut out, frame);
        out.seal();
    }

    /// Sends nothing more except what waits already.
    pub fn seal(&self) {
        self.out.lock().seal();
    }

    fn put(&self, out: &mut Out, frames: &Bytes) {
        if out.sealed || self.is_killed() {
            return;
        }
        out.bytes += frames.len();
        if out.frames.is_empty()
            && let Some(tcp) = &out.tcp
        {
            match tcp.try_write(frames) {
                Ok(written) => {
                    out.bytes -= written;
                    if written == frames.len() {
                        return;
                    }
                    out.written = written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return self.kill(),
            }
            out.stalled = seconds();
            // The frame waits until the kernel takes more.
            self.task.wake();
        }
        out.frames.push_back(frames.clone());
    }

    /// Requests that the socket be closed: no event is accepted any more, the queue is sent, and calls in flight are
    /// answered.
    pub(super) fn close(&self, close: Close) {
        self.begin_close(&mut self.out.lock(), close);
    }

    fn begin_close(&self, out: &mut Out, close: Close) {
        if out.close.is_none() {
            out.close = Some(close);
            out.cut_within(ANSWER_GRACE);
            self.task.wake();
        }
    }

    /// Cuts the socket off soon, whatever happens in the meantime.
    pub(super) fn expire(&self) {
        self.out.lock().cut_within(CLOSE_GRACE);
    }

    /// Cuts the socket off.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.task.wake();
        self.room.notify_waiters();
    }

    /// Whether it is cut off.
    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }

    /// Drops the TCP connection: its task has ended.
    pub fn hang_up(&self) {
        self.killed.store(true, Ordering::Release);
        let mut out = self.out.lock();
        (out.tcp, out.frames, out.bytes) = (None, VecDeque::new(), 0);
        drop(out);
        self.room.notify_waiters();
    }

    /// The number of bytes that wait.
    pub fn unsent(&self) -> usize {
        self.out.lock().bytes
    }

    /// The requested close, and whether a Close frame is queued.
    pub fn closing(&self) -> (Option<Close>, bool) {
        let out = self.out.lock();
        (out.close, out.sealed)
    }

    /// Registers the polling task to be woken whenever there is something for it to do.
    pub fn register(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
    }

    /// Records that bytes of the peer arrived.
    pub fn heard(&self) {
        self.heard.store(seconds(), Ordering::Relaxed);
    }

    /// Writes what waits. Only the socket's task may call this: its waker is the one that gets registered.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut out = self.out.lock();
        while !out.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut filled = 0;
            for (slice, frame) in slices.iter_mut().zip(&out.frames) {
                *slice = IoSlice::new(if filled == 0 { &frame[out.written..] } else { frame });
                filled += 1;
            }
            let Some(tcp) = &out.tcp else { break };
            match tcp.try_write_vectored(&slices[..filled]) {
                Ok(written) => {
                    out.advance(written);
                    // A peer that takes bytes is alive, though its own bytes are not read while so much waits for it.
                    self.heard();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if AsRef::<TcpStream>::as_ref(tcp).poll_write_ready(cx).is_pending() {
                        let has_room = out.bytes <= QUEUED_EVENT_BYTES / 2;
                        drop(out);
                        if has_room {
                            self.room.notify_waiters();
                        }
                        return Poll::Pending;
                    }
                }
                Err(_) => {
                    self.kill();
                    break;
                }
            }
        }
        drop(out);
        self.room.notify_waiters();
        Poll::Ready(())
    }

    /// Checks the time limits. To be called once a second for every socket: no socket has timers of its own.
    pub(super) fn sweep(&self) {
        let now = seconds();
        let silent = now.saturating_sub(self.heard.load(Ordering::Relaxed));
        let mut out = self.out.lock();
        if silent > SILENCE || out.deadline.is_some_and(|deadline| now >= deadline) {
            drop(out);
            return self.kill();
        }
        if out.bytes > 0 && !out.sealed && now.saturating_sub(out.stalled) > STALL {
            meters().cut.increment(1);
            // The peer can get unread events again; only a frame that has begun must be finished.
            let started = usize::from(out.written > 0);
            out.frames.truncate(started);
            out.bytes = out.frames.front().map_or(0, |frame| frame.len() - out.written);
            self.put(&mut out, &frame::close(TRY_AGAIN_LATER, "the client does not read"));
            out.seal();
            drop(out);
            self.task.wake();
            return self.room.notify_waiters();
        }
        if silent >= PING && silent.is_multiple_of(PING) && out.frames.is_empty() && out.close.is_none() {
            self.put(&mut out, &frame::ping());
        }
    }
}

impl Out {
    fn cut_within(&mut self, grace: u64) {
        let deadline = seconds() + grace;
        self.deadline = Some(self.deadline.map_or(deadline, |present| present.min(deadline)));
    }

    fn seal(&mut self) {
        self.sealed = true;
        self.cut_within(CLOSE_GRACE);
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        self.stalled = seconds();
        while let Some(first) = self.frames.front() {
            let left = first.len() - self.written;
            if written < left {
                self.written += written;
                return;
            }
            written -= left;
            self.written = 0;
            self.frames.pop_front();
        }
        // A tab that has waited once does not keep the queue's memory.
        self.frames = VecDeque::new();
    }
}
