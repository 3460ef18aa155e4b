//! A proxy that injects network faults.

use crate::support::within;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// It lasts.
    Sound,
    /// It is cut when so many bytes have come from the server.
    Cut(usize),
    /// After so many bytes from the server, whatever either side says is lost and no side is told.
    HalfOpen(usize),
    /// After so many bytes from the server it stands still until another connection has come and
    /// gone, or forever.
    Stalled(usize),
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    server: SocketAddr,
    fate: Mutex<Box<dyn FnMut() -> Fate + Send>>,
    /// How many there were of each fate.
    tallies: [AtomicUsize; 4],
    /// Whether all connections last from now on.
    is_calm: AtomicBool,
    /// Rises when connections are cut; all that are there hear of it.
    cut: watch::Sender<usize>,
}

impl Proxy {
    pub(crate) async fn to(
        server: SocketAddr,
        fate: impl FnMut() -> Fate + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has one");
        let shared = Arc::new(Shared {
            server,
            fate: Mutex::new(Box::new(fate)),
            tallies: Default::default(),
            is_calm: AtomicBool::new(false),
            cut: watch::Sender::new(0),
        });
        let (mut tasks, sharing) = (JoinSet::new(), shared.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(carry(near, sharing.clone()));
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

    /// How many connections were sound, cut, half open and stalled.
    pub(crate) fn tallies(&self) -> [usize; 4] {
        [0, 1, 2, 3].map(|at| self.shared.tallies[at].load(Relaxed))
    }

    /// Cuts what is there.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_modify(|times| *times += 1);
    }

    /// Has everything that comes from now on last.
    pub(crate) fn calm_down(&self) {
        self.shared.is_calm.store(true, Relaxed);
        self.cut();
    }
}

async fn carry(near: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    let fate = if shared.is_calm.load(Relaxed) {
        Fate::Sound
    } else {
        shared.fate.lock().unwrap_or_else(PoisonError::into_inner)()
    };
    let at = match fate {
        Fate::Sound => 0,
        Fate::Cut(_) => 1,
        Fate::HalfOpen(_) => 2,
        Fate::Stalled(_) => 3,
    };
    shared.tallies[at].fetch_add(1, Relaxed);
    let Ok(far) = TcpStream::connect(shared.server).await else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let carrying = pass(near, far, fate);
    tokio::select! {
        () = carrying => {}
        _ = cut.changed() => {}
    }
}

/// Carries bytes both ways, until the fate comes.
async fn pass(near: TcpStream, far: TcpStream, fate: Fate) {
    let (mut from_client, mut to_client) = near.into_split();
    let (mut from_server, mut to_server) = far.into_split();
    let spoilt = Arc::new(AtomicBool::new(false));
    let is_spoilt = spoilt.clone();
    let up = async move {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            if is_spoilt.load(Relaxed) {
                if let Fate::Stalled(_) = fate {
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
        let (mut bytes, mut passed) = ([0; 4096], 0);
        while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
            let limit = match fate {
                Fate::Sound => usize::MAX,
                Fate::Cut(bytes) | Fate::HalfOpen(bytes) | Fate::Stalled(bytes) => bytes,
            };
            let passing = read.min(limit.saturating_sub(passed));
            passed += passing;
            if to_client.write_all(&bytes[..passing]).await.is_err() {
                return;
            }
            if passed >= limit {
                spoilt.store(true, Relaxed);
                match fate {
                    Fate::Cut(_) => return,
                    Fate::Stalled(_) => std::future::pending().await,
                    Fate::HalfOpen(_) | Fate::Sound => {}
                }
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Numbers that look random, and are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `below`.
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

#[tokio::test]
async fn proxy_cuts_the_connection_after_its_bytes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has one");
    let proxy = Proxy::to(address, || Fate::Cut(3)).await;
    let mut near = TcpStream::connect(proxy.address).await.expect("it listens");
    let (mut far, _) = within("a connection", listener.accept())
        .await
        .expect("it comes");
    far.write_all(b"abcd").await.expect("it is taken");
    let mut got = Vec::new();
    // It may end by a reset as well.
    let _ = within("the end", near.read_to_end(&mut got)).await;
    assert_eq!(got, b"abc");
    assert_eq!(proxy.tallies(), [0, 1, 0, 0]);
}
