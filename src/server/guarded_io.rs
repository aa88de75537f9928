//! A socket with what jsonrpsee lacks: it can be cut, it gives up on a peer that does not read, and it
//! reads no further calls while answers wait or too many calls are in flight. So a client that floods
//! calls and never reads answers, or reads them slowly, costs bounded memory.

use futures_util::task::AtomicWaker;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
    time::Sleep,
};

use crate::{
    limits::{CALLS_IN_FLIGHT, UNSENT_BYTES},
    meters::meters,
};

/// How long a peer may leave bytes unread before it is cut.
const WRITE_STALL: Duration = Duration::from_secs(20);
/// Bytes read in one go: one poll must not start thousands of calls before their answers had a chance.
const BURST: usize = 4096;

/// What the rest of the server can say to a socket.
#[derive(Debug, Default)]
pub struct SocketControl {
    killed: AtomicBool,
    in_flight: AtomicUsize,
    /// Bytes of answers that wait to be written.
    unsent: AtomicUsize,
    room: Notify,
    batches: tokio::sync::Mutex<()>,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl SocketControl {
    /// Cuts the socket.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
        self.room.notify_waiters();
    }

    /// Counts a message that is being worked on, until the slot is dropped.
    pub fn begin_call(self: &Arc<Self>) -> CallSlot {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        CallSlot(self.clone())
    }

    /// Waits until the peer has read enough of what it was answered.
    pub async fn room(&self) {
        loop {
            let room = self.room.notified();
            if self.unsent.load(Ordering::Acquire) <= UNSENT_BYTES || self.is_killed() {
                return;
            }
            room.await;
        }
    }

    /// Waits until no other batch is being worked on.
    pub async fn batch_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.batches.lock().await
    }

    /// Counts an answer that is about to be queued.
    pub fn answered(&self, bytes: usize) {
        self.unsent.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Counts what was written. Events and frames count too, so this may run ahead of the answers, never
    /// behind: then less is held back, and what is queued is bounded by the queue.
    fn written(&self, bytes: usize) {
        let mut before = self.unsent.load(Ordering::Acquire);
        while before > 0 {
            let after = before.saturating_sub(bytes);
            match self.unsent.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    if before > UNSENT_BYTES && after <= UNSENT_BYTES {
                        self.room.notify_waiters();
                        self.reader.wake();
                    }
                    return;
                }
                Err(changed) => before = changed,
            }
        }
    }

    fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }

    fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) >= CALLS_IN_FLIGHT || self.unsent.load(Ordering::Acquire) > UNSENT_BYTES
    }
}

/// A message that is being worked on.
#[derive(Debug)]
pub struct CallSlot(Arc<SocketControl>);

impl Drop for CallSlot {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::AcqRel) == CALLS_IN_FLIGHT {
            self.0.reader.wake();
        }
    }
}

/// The socket.
pub struct GuardedIo<S> {
    inner: S,
    control: Arc<SocketControl>,
    /// Runs while the peer does not read what we write.
    stalled: Option<Pin<Box<Sleep>>>,
    read_since_pause: usize,
}

impl<S> GuardedIo<S> {
    /// Guards a socket.
    pub fn new(inner: S, control: Arc<SocketControl>) -> Self {
        Self { inner, control, stalled: None, read_since_pause: 0 }
    }

    fn cut() -> io::Error {
        io::ErrorKind::ConnectionAborted.into()
    }

    /// Starts, checks or forgets the time that the peer has to read.
    fn watch_stall(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.control.written(*bytes);
        }
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.control.reader.wake();
            }
            return written;
        }
        let limit = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_STALL)));
        if limit.as_mut().poll(cx).is_ready() {
            meters().cut.increment(1);
            self.control.kill();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedIo<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.control.reader.register(cx.waker());
        if self.control.is_killed() {
            return Poll::Ready(Err(Self::cut()));
        }
        if self.stalled.is_some() || self.control.is_busy() {
            self.read_since_pause = 0;
            return Poll::Pending;
        }
        if self.read_since_pause >= BURST {
            self.read_since_pause = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        match read {
            Poll::Ready(_) => self.read_since_pause += buf.filled().len() - before,
            Poll::Pending => self.read_since_pause = 0,
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GuardedIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.control.writer.register(cx.waker());
        if self.control.is_killed() {
            return Poll::Ready(Err(Self::cut()));
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch_stall(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.control.writer.register(cx.waker());
        if self.control.is_killed() {
            return Poll::Ready(Err(Self::cut()));
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch_stall(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn pair(buffer: usize) -> (Arc<SocketControl>, GuardedIo<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (ours, peer) = tokio::io::duplex(buffer);
        let control = Arc::new(SocketControl::default());
        (control.clone(), GuardedIo::new(ours, control), peer)
    }

    #[tokio::test]
    async fn a_killed_socket_fails_at_once_in_both_directions() {
        let (control, mut socket, _peer) = pair(16);
        let reading = tokio::spawn(async move { socket.read_u8().await });
        tokio::task::yield_now().await;
        control.kill();
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        let (control, mut socket, _peer) = pair(16);
        control.kill();
        assert_eq!(socket.write_u8(1).await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn reading_pauses_while_too_many_calls_are_in_flight() {
        let (control, mut socket, mut peer) = pair(16);
        let slots: Vec<_> = (0..CALLS_IN_FLIGHT).map(|_| control.begin_call()).collect();
        peer.write_u8(7).await.unwrap();
        let mut reading = tokio::spawn(async move { socket.read_u8().await });
        tokio::task::yield_now().await;
        assert!(!reading.is_finished());
        drop(slots);
        assert_eq!((&mut reading).await.unwrap().unwrap(), 7);
    }

    #[tokio::test]
    async fn calls_wait_while_answers_do() {
        let (control, mut socket, mut peer) = pair(1 << 20);
        control.answered(UNSENT_BYTES + 10);
        let waiting = tokio::spawn({
            let control = control.clone();
            async move { control.room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        peer.write_u8(7).await.unwrap();
        socket.write_all(&[0; 10]).await.unwrap();
        waiting.await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_is_cut() {
        let (control, mut socket, _peer) = pair(4);
        let error = socket.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(control.is_killed());
    }
}
