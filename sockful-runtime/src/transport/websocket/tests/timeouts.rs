//! Tests of the timers of a connection, with a stream in memory and paused time.

use crate::core::config::Config;
use crate::core::shutdown;
use crate::core::shutdown::Trigger;
use crate::engine::app::App;
use crate::engine::app_state::AppState;
use crate::engine::session::Session;
use crate::engine::table::{Resources, Table};
use crate::store::Memory;
use crate::transport::websocket::run;
use futures_util::{SinkExt, StreamExt};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

const NOTHING: Resources = Resources::new(&[], &Table::<0, 1, 1>::new(&[]));

/// Serves a server without resources over `stream`. The trigger keeps it running.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    config: Config,
) -> (JoinHandle<()>, Trigger) {
    let app = App::new(
        NOTHING,
        Arc::new(Memory::new()),
        AppState::default(),
        config,
    )
    .await
    .expect("the memory store opens");
    let (trigger, shutdown) = shutdown::channel();
    (
        tokio::spawn(run(Session::new(app, None), stream, Vec::new(), shutdown)),
        trigger,
    )
}

async fn client(stream: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

/// A configuration whose timers never elapse.
fn unclocked() -> Config {
    let never = Duration::from_secs(1_000_000);
    let mut config = Config::default();
    config.connection.ping_interval = never;
    config.connection.pong_timeout = never;
    config.connection.write_timeout = never;
    config
}

#[tokio::test(start_paused = true)]
async fn peer_is_pinged_every_25_seconds() {
    let (near, far) = duplex(4096);
    let (_serving, _trigger) = serve(near, Config::default()).await;
    let mut client = client(far).await;
    let start = Instant::now();
    assert!(
        client
            .next()
            .await
            .expect("a hello")
            .expect("no error")
            .is_text()
    );
    for nth in 1..100 {
        assert!(
            client
                .next()
                .await
                .expect("a ping")
                .expect("no error")
                .is_ping()
        );
        assert_eq!(start.elapsed().as_secs(), 25 * nth);
    }
}

#[tokio::test(start_paused = true)]
async fn silent_peer_is_dropped_20_seconds_after_a_ping() {
    let (near, mut far) = duplex(4096);
    let (serving, _trigger) = serve(near, Config::default()).await;
    let start = Instant::now();
    far.read_to_end(&mut Vec::new()).await.expect("an end");
    serving.await.expect("no panic");
    assert_eq!(start.elapsed().as_secs(), 45);
}

#[tokio::test(start_paused = true)]
async fn stuck_peer_is_closed_after_the_write_timeout() {
    // The hello is larger than the buffer.
    let (near, _far) = duplex(16);
    let start = Instant::now();
    let mut config = unclocked();
    config.connection.write_timeout = Config::default().connection.write_timeout;
    let (serving, _trigger) = serve(near, config).await;
    serving.await.expect("no panic");
    assert_eq!(start.elapsed().as_secs(), 32);
}

#[tokio::test(start_paused = true)]
async fn peer_that_does_not_read_is_closed_with_1013() {
    let (near, far) = duplex(16);
    let mut config = unclocked();
    config.connection.write_timeout = Config::default().connection.write_timeout;
    let (serving, _trigger) = serve(near, config.clone()).await;
    // It reads again before the close timeout.
    sleep(config.connection.write_timeout + Duration::from_secs(1)).await;
    let mut client = client(far).await;
    let mut closed = None;
    while let Some(Ok(message)) = client.next().await {
        if let Message::Close(frame) = message {
            closed = frame.map(|frame| u16::from(frame.code));
        }
    }
    assert_eq!(closed, Some(1013));
    serving.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn slowly_reading_peer_stays_connected() {
    let (near, mut far) = duplex(16);
    let mut config = unclocked();
    config.connection.write_timeout = Config::default().connection.write_timeout;
    let (serving, _trigger) = serve(near, config).await;
    for _ in 0..10 {
        far.read_exact(&mut [0; 8])
            .await
            .expect("output is pending");
        sleep(Duration::from_secs(29)).await;
    }
    assert!(!serving.is_finished());
}

/// A stream that does not accept bytes at the first attempt.
struct Hesitant(DuplexStream, bool);

impl AsyncRead for Hesitant {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Hesitant {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !std::mem::replace(&mut self.1, true) {
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn write_timeout_stops_once_everything_is_read() {
    let (near, far) = duplex(64 * 1024);
    let mut client = client(far).await;
    for _ in 0..Config::default().connection.max_batch {
        client
            .send(Message::text(r#"["sockful","ping",null,1]"#))
            .await
            .expect("room");
    }
    // The hello has to wait and is sent with the replies to a whole batch.
    let mut config = unclocked();
    config.connection.write_timeout = Config::default().connection.write_timeout;
    let (serving, _trigger) = serve(Hesitant(near, false), config).await;
    for _ in 0..=Config::default().connection.max_batch {
        assert!(
            client
                .next()
                .await
                .expect("a frame")
                .expect("no error")
                .is_text()
        );
    }
    sleep(Duration::from_secs(100)).await;
    assert!(!serving.is_finished());
}

#[tokio::test(start_paused = true)]
async fn drain_waits_until_the_close_is_answered() {
    let (near, far) = duplex(4096);
    let (_serving, mut trigger) = serve(near, unclocked()).await;
    let mut client = client(far).await;
    let start = Instant::now();
    let mut drained = std::pin::pin!(trigger.drain());
    // The peer does not read for a second, which is less than `close_timeout`.
    let early = tokio::time::timeout(Duration::from_secs(1), &mut drained).await;
    assert!(early.is_err(), "the peer has not read the close");
    let reading = async { while client.next().await.is_some() {} };
    tokio::join!(drained, reading);
    assert_eq!(start.elapsed().as_secs(), 1);
}
