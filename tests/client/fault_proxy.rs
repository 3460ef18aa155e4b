//! A proxy that injects network faults.

use crate::support::within;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The fault of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// The connection is cut after this many bytes from the server.
    Cut(usize),
    /// After this many bytes from the server, the bytes of both sides are discarded without an error.
    HalfOpen(usize),
    /// After this many bytes from the server, the proxy stops reading from both sides.
    Stalled(usize),
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    server: SocketAddr,
    fault: Mutex<Box<dyn FnMut() -> Fault + Send>>,
    /// The number of connections with each fault.
    counts: [AtomicUsize; 4],
    /// Whether new connections have no fault.
    faults_are_off: AtomicBool,
    /// Incremented to cut all open connections.
    cut: watch::Sender<usize>,
}

impl Proxy {
    pub(crate) async fn to(
        server: SocketAddr,
        fault: impl FnMut() -> Fault + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let shared = Arc::new(Shared {
            server,
            fault: Mutex::new(Box::new(fault)),
            counts: Default::default(),
            faults_are_off: AtomicBool::new(false),
            cut: watch::Sender::new(0),
        });
        let (mut tasks, accepting) = (JoinSet::new(), shared.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(handle_connection(near, accepting.clone()));
            }
        });
        Self {
            address,
            shared,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Returns the number of connections without a fault, cut, half open and stalled.
    pub(crate) fn counts(&self) -> [usize; 4] {
        [0, 1, 2, 3].map(|at| self.shared.counts[at].load(Relaxed))
    }

    /// Cuts all open connections.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_modify(|times| *times += 1);
    }

    /// Cuts all open connections. New ones have no fault.
    pub(crate) fn stop_faults(&self) {
        self.shared.faults_are_off.store(true, Relaxed);
        self.cut();
    }
}

async fn handle_connection(near: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    let fault = if shared.faults_are_off.load(Relaxed) {
        Fault::None
    } else {
        shared.fault.lock().unwrap_or_else(PoisonError::into_inner)()
    };
    let at = match fault {
        Fault::None => 0,
        Fault::Cut(_) => 1,
        Fault::HalfOpen(_) => 2,
        Fault::Stalled(_) => 3,
    };
    shared.counts[at].fetch_add(1, Relaxed);
    let Ok(far) = TcpStream::connect(shared.server).await else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let forwarding = forward(near, far, fault);
    tokio::select! {
        () = forwarding => {}
        _ = cut.changed() => {}
    }
}

/// Forwards bytes in both directions until the fault occurs.
async fn forward(near: TcpStream, far: TcpStream, fault: Fault) {
    let (mut from_client, mut to_client) = near.into_split();
    let (mut from_server, mut to_server) = far.into_split();
    let fault_occurred = Arc::new(AtomicBool::new(false));
    let has_occurred = fault_occurred.clone();
    let up = async move {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            if has_occurred.load(Relaxed) {
                if let Fault::Stalled(_) = fault {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            if to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    let down = async move {
        let (mut bytes, mut total) = ([0; 4096], 0);
        while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
            let limit = match fault {
                Fault::None => usize::MAX,
                Fault::Cut(bytes) | Fault::HalfOpen(bytes) | Fault::Stalled(bytes) => bytes,
            };
            let forwarded = read.min(limit.saturating_sub(total));
            total += forwarded;
            if to_client.write_all(&bytes[..forwarded]).await.is_err() {
                return;
            }
            if total >= limit {
                fault_occurred.store(true, Relaxed);
                match fault {
                    Fault::Cut(_) => return,
                    Fault::Stalled(_) => std::future::pending().await,
                    Fault::HalfOpen(_) | Fault::None => {}
                }
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// A pseudorandom number generator (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

#[tokio::test]
async fn proxy_cuts_the_connection_after_its_bytes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let proxy = Proxy::to(address, || Fault::Cut(3)).await;
    let mut near = TcpStream::connect(proxy.address)
        .await
        .expect("the server listens");
    let (mut far, _) = within("a connection", listener.accept())
        .await
        .expect("a connection");
    far.write_all(b"abcd").await.expect("the bytes are sent");
    let mut received = Vec::new();
    // A reset ends the connection too.
    let _ = within("the end", near.read_to_end(&mut received)).await;
    assert_eq!(received, b"abc");
    assert_eq!(proxy.counts(), [0, 1, 0, 0]);
}
