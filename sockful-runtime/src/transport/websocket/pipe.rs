//! The bytes of a connection: one buffer for all output, and a count of all input.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The capacity that an empty output buffer keeps, in bytes.
const KEPT: usize = 16 * 1024;
/// How many bytes are read ahead while reading is paused.
const AHEAD: usize = 16 * 1024;

/// A stream that buffers all writes and sends them when flushed.
///
/// Replies are put into the buffer directly. Frames that the WebSocket layer writes by itself,
/// pongs and closes, are appended to it.
#[derive(Debug)]
pub(super) struct Pipe<S> {
    io: S,
    out: Vec<u8>,
    /// How much of `out` has been sent.
    start: usize,
    /// Whether the stream has accepted bytes that it has not sent: TLS has its own buffer.
    is_flushing: bool,
    /// The total number of bytes sent.
    pub(super) sent: u64,
    /// The total number of bytes received.
    pub(super) received: u64,
    /// How many bytes may arrive without completing a message.
    patience: u64,
    /// The value of `received` at the last complete message.
    progress: u64,
    /// Whether reading is enabled.
    is_reading: bool,
    /// Bytes that were read while reading was paused.
    ahead: VecDeque<u8>,
}

impl<S> Pipe<S> {
    pub(super) fn new(io: S, patience: usize) -> Self {
        let patience = patience as u64;
        Self {
            io,
            out: Vec::new(),
            start: 0,
            is_flushing: false,
            sent: 0,
            received: 0,
            patience,
            progress: 0,
            is_reading: true,
            ahead: VecDeque::new(),
        }
    }

    /// The output buffer.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// The number of bytes that wait to be sent, plus one if some are buffered within the stream.
    pub(super) fn waiting(&self) -> usize {
        self.out.len() - self.start + usize::from(self.is_flushing)
    }

    /// Records that the bytes received so far completed a message.
    pub(super) fn note_message(&mut self) {
        self.progress = self.received;
    }

    /// Whether more bytes arrived than any message can have, without completing one.
    pub(super) fn is_flooded(&self) -> bool {
        self.received - self.progress > self.patience
    }

    /// Stops reading. Bytes that have been read are still available to the layer above.
    pub(super) fn stop_reading(&mut self) {
        self.is_reading = false;
    }

    /// Resumes reading, for the peer's reply to a close.
    pub(super) fn resume_reading(&mut self) {
        self.is_reading = true;
    }

    /// Releases the space of sent bytes. Otherwise the buffer would grow without bound for a peer
    /// that is always slightly behind, because it never becomes empty.
    fn forget_sent(&mut self) {
        if self.start >= self.waiting() {
            self.out.drain(..self.start);
            self.start = 0;
        }
    }

    /// Whether the bytes read ahead end with a client's close frame: then the client may still wait
    /// for replies. Rarely, another frame ends with the same bytes.
    fn ends_with_close(&self) -> bool {
        let len = self.ahead.len();
        // The header has two bytes and the mask four.
        (0..=125_u8).any(|payload| {
            let Some(start) = len.checked_sub(6 + usize::from(payload)) else {
                return false;
            };
            self.ahead[start] == 0x88 && self.ahead[start + 1] == 0x80 | payload
        })
    }

    pub(super) fn io(&mut self) -> &mut S {
        &mut self.io
    }
}

impl<S: AsyncRead + Unpin> Pipe<S> {
    /// Reads a little ahead while reading is paused, to detect a disconnected peer. Ready if it is
    /// disconnected.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.is_reading && self.ahead.len() < AHEAD {
            let mut bytes = [0; 1024];
            let mut buf = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf));
            if read.is_err() {
                return Poll::Ready(());
            }
            if buf.filled().is_empty() {
                return if self.ends_with_close() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                };
            }
            self.ahead.extend(buf.filled());
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Pipe<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_reading {
            return Poll::Pending;
        }
        if this.is_flooded() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an endless message",
            )));
        }
        if !this.ahead.is_empty() {
            let (first, _) = this.ahead.as_slices();
            let taken = first.len().min(buf.remaining());
            buf.put_slice(&first[..taken]);
            this.ahead.drain(..taken);
            this.received += taken as u64;
            if this.ahead.is_empty() {
                // Release the memory: most connections never read ahead.
                this.ahead = VecDeque::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.io).poll_read(cx, buf))?;
        this.received += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pipe<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().out.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.start < this.out.len() {
            let Poll::Ready(sent) = Pin::new(&mut this.io).poll_write(cx, &this.out[this.start..])
            else {
                this.forget_sent();
                return Poll::Pending;
            };
            let sent = sent?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.start += sent;
            this.sent += sent as u64;
        }
        this.start = 0;
        this.out.clear();
        // An idle connection keeps only a small buffer.
        this.out.shrink_to(KEPT);
        let flushed = Pin::new(&mut this.io).poll_flush(cx);
        this.is_flushing = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};

    #[tokio::test]
    async fn flush_is_pending_until_the_stream_has_sent_all() {
        let (near, mut far) = tokio::io::duplex(10);
        let mut pipe = Pipe::new(BufWriter::with_capacity(100, near), 0);
        let mut cx = Context::from_waker(Waker::noop());
        pipe.out().extend_from_slice(&[7; 50]);
        for _ in 0..4 {
            assert!(Pin::new(&mut pipe).poll_flush(&mut cx).is_pending());
            assert!(pipe.waiting() > 0, "the connection would stop flushing");
            far.read_exact(&mut [0; 10])
                .await
                .expect("output is pending");
        }
        assert!(Pin::new(&mut pipe).poll_flush(&mut cx).is_ready());
        assert_eq!(pipe.waiting(), 0);
    }

    #[tokio::test]
    async fn closed_peer_is_detected_while_reading_is_paused() {
        let mut cx = Context::from_waker(Waker::noop());
        let (near, mut far) = tokio::io::duplex(100_000);
        let mut pipe = Pipe::new(near, 100_000);
        assert!(pipe.poll_gone(&mut cx).is_pending());
        far.write_all(&[7; 3_000]).await.expect("there is room");
        assert!(pipe.poll_gone(&mut cx).is_pending());
        far.write_all(&[8; 100]).await.expect("there is room");
        // Bytes that were read ahead are returned first.
        let mut read = [0; 3_100];
        pipe.read_exact(&mut read).await.expect("all of it");
        assert_eq!(
            ([read[0], read[2_999], read[3_000]], pipe.received),
            ([7, 7, 8], 3_100)
        );
        drop(far);
        assert!(pipe.poll_gone(&mut cx).is_ready());

        // A client that has sent a close frame may still wait for replies to earlier requests.
        let (near, mut far) = tokio::io::duplex(100_000);
        let mut pipe = Pipe::new(near, 100_000);
        let close_frame = [7, 7, 0x88, 0x82, 1, 2, 3, 4, 5, 6];
        far.write_all(&close_frame).await.expect("there is room");
        drop(far);
        assert!(pipe.poll_gone(&mut cx).is_pending());
        let mut read = Vec::new();
        pipe.read_to_end(&mut read).await.expect("all of it");
        assert_eq!(read, close_frame);

        // Input beyond the read-ahead limit stays in the system's buffers.
        let (near, mut far) = tokio::io::duplex(100_000);
        let mut pipe = Pipe::new(near, 100_000);
        far.write_all(&vec![7; 50_000])
            .await
            .expect("there is room");
        drop(far);
        assert!(pipe.poll_gone(&mut cx).is_pending());
        assert!(pipe.ahead.len() < AHEAD + 1_024);
    }

    #[tokio::test]
    async fn sent_bytes_are_released_while_more_wait() {
        let (near, mut far) = tokio::io::duplex(1024);
        let mut pipe = Pipe::new(near, 0);
        let mut cx = Context::from_waker(Waker::noop());
        let mut read = [0; 1000];
        for _ in 0..1000 {
            // Tokio's cooperative budget makes the stream return nothing to a task that never
            // yields.
            tokio::task::yield_now().await;
            while pipe.waiting() < 10_000 {
                pipe.out().extend_from_slice(&[7; 1000]);
            }
            assert!(Pin::new(&mut pipe).poll_flush(&mut cx).is_pending());
            far.read_exact(&mut read).await.expect("output is pending");
            assert!(pipe.out.len() <= 30_000, "{}", pipe.out.len());
        }
    }
}
