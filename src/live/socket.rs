//! The outgoing half of one WebSocket: a bounded queue of finished frames that anybody may put into, and that is
//! written straight to the kernel whenever nothing waits before it.

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

/// After how many seconds of silence a peer is pinged, and again after as many.
const PING: u64 = 20;
/// After how many seconds of silence a peer counts as gone: two pings were not answered.
const SILENCE: u64 = 50;
/// How many seconds a peer may leave bytes unread.
const STALL: u64 = 20;
/// How many seconds calls in flight have to answer before the socket closes.
const ANSWER_GRACE: u64 = 10;
/// How many seconds a peer has to read what is left for it and to answer the Close frame.
const CLOSE_GRACE: u64 = 5;
/// Frames that are handed to the kernel at once.
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
    /// The socket is gone or is being closed.
    Closed,
}

/// The outgoing half of one WebSocket.
pub struct Socket {
    out: Mutex<Out>,
    /// The task that serves the socket.
    task: AtomicWaker,
    /// Told when what waits has become less.
    room: Notify,
    /// When the peer was last heard, in seconds since the process began.
    heard: AtomicU64,
    killed: AtomicBool,
    ended: CancellationToken,
}

/// What waits to be written.
struct Out {
    /// There once the handshake is done. Taken out when the task ends: whoever still knows the socket then does not keep
    /// it open.
    tcp: Option<OwnedWriteHalf>,
    frames: VecDeque<Bytes>,
    /// How much of the first frame is written.
    written: usize,
    /// How much of all frames is not.
    bytes: usize,
    /// Since when the peer has taken nothing, while something waits.
    stalled: u64,
    /// Asked for: no event is taken any more; when the calls in flight have answered, the Close frame follows.
    close: Option<Close>,
    /// The Close frame is queued: nothing follows it.
    sealed: bool,
    /// When the socket is cut.
    deadline: Option<u64>,
}

/// Seconds since the process began.
fn seconds() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_secs()
}

impl Default for Socket {
    /// A socket whose handshake goes on: what is sent waits for [`Socket::open`].
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

    /// Sends a connection's last event and then closes, however much waits already.
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

    /// Sends answers and control frames, which are bounded by pausing to read.
    pub fn send(&self, frames: Vec<u8>) {
        if !frames.is_empty() {
            self.put(&mut self.out.lock(), &Bytes::from(frames));
        }
    }

    /// Sends the Close frame, after which nothing is sent.
    pub fn send_close(&self, frame: &Bytes) {
        let mut out = self.out.lock();
        self.put(&mut out, frame);
        out.seal();
    }

    /// Sends nothing more but what waits.
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
            // It waits until the kernel takes more.
            self.task.wake();
        }
        out.frames.push_back(frames.clone());
    }

    /// Asks for the socket to be closed: no event is taken any more, what was sent goes out, calls in flight answer.
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

    /// Cuts the socket soon, whatever becomes of it meanwhile.
    pub(super) fn expire(&self) {
        self.out.lock().cut_within(CLOSE_GRACE);
    }

    /// Cuts the socket.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.task.wake();
        self.room.notify_waiters();
    }

    /// Whether it is cut.
    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }

    /// Lets go of the connection: its task has ended.
    pub fn hang_up(&self) {
        self.killed.store(true, Ordering::Release);
        let mut out = self.out.lock();
        (out.tcp, out.frames, out.bytes) = (None, VecDeque::new(), 0);
        drop(out);
        self.room.notify_waiters();
    }

    /// Bytes that wait.
    pub fn unsent(&self) -> usize {
        self.out.lock().bytes
    }

    /// What was asked for, and whether a Close frame is queued.
    pub fn closing(&self) -> (Option<Close>, bool) {
        let out = self.out.lock();
        (out.close, out.sealed)
    }

    /// Has the task that polls this woken whenever there is something for it to do.
    pub fn register(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
    }

    /// Notes that the peer is there.
    pub fn heard(&self) {
        self.heard.store(seconds(), Ordering::Relaxed);
    }

    /// Writes what waits. Only the socket's task may call this: its waker is the one that is told.
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
                    // Who takes bytes is there, though its own are not read while it has so much to take.
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

    /// To be called once a second for every socket: no socket has timers of its own.
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
            // What it did not read it can have again; only a frame that has begun must be finished.
            let begun = usize::from(out.written > 0);
            out.frames.truncate(begun);
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
        // A tab that has waited once does not keep the queue for ever.
        self.frames = VecDeque::new();
    }
}
