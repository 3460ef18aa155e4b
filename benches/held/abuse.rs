//! Abusive connections, on a separate thread.

use super::ABUSIVE;
use super::raw::{self, Input, RawFrame};
use sockful::{Error, Result};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// The delay before a closed connection reconnects.
const PAUSE: Duration = Duration::from_secs(1);

/// The number of bursts per second in which a flood is sent.
const TICKS: u32 = 20;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    NeverReads,
    Garbage,
    Pings,
    Drips,
    Requests,
    Huge,
    Subscribes,
    HalfOpen,
}

const KINDS: [Kind; 8] = [
    Kind::NeverReads,
    Kind::Garbage,
    Kind::Pings,
    Kind::Drips,
    Kind::Requests,
    Kind::Huge,
    Kind::Subscribes,
    Kind::HalfOpen,
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NeverReads => "requests lists continuously and never reads",
            Self::Garbage => "sends 20 invalid frames per second",
            Self::Pings => "pings 1,000 times per second",
            Self::Drips => "sends its handshake byte by byte",
            Self::Requests => "sends 1,000 requests per second",
            Self::Huge => "sends messages of 1 MiB",
            Self::Subscribes => "subscribes 100 times per second, each time to another query",
            Self::HalfOpen => "connects and neither reads nor writes",
        }
    }

    /// The number of connections of this kind.
    pub(crate) fn number(self) -> usize {
        let spread = (0..ABUSIVE).map(|nth| KINDS[nth % KINDS.len()]);
        spread.filter(|kind| kind.name() == self.name()).count()
    }
}

/// The replies to one kind, and how its connections ended.
#[derive(Clone, Default)]
pub(crate) struct Got {
    pub(crate) connections: u64,
    pub(crate) answers: BTreeMap<String, u64>,
    pub(crate) ends: BTreeMap<String, u64>,
}

type Shared = Arc<Mutex<Got>>;

fn note(got: &Shared, what: impl FnOnce(&mut Got)) {
    what(&mut got.lock().unwrap_or_else(PoisonError::into_inner));
}

fn note_answer(got: &Shared, answer: String) {
    note(got, |got| *got.answers.entry(answer).or_default() += 1);
}

pub(crate) struct Abusers {
    thread: JoinHandle<Result<()>>,
    stop: oneshot::Sender<()>,
    got: Vec<(Kind, Shared)>,
}

pub(crate) fn start(address: SocketAddr) -> Result<Abusers> {
    let got = KINDS.map(|kind| (kind, Shared::default())).to_vec();
    let (stop, stopped) = oneshot::channel();
    let each = got.clone();
    let thread = std::thread::Builder::new().spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build()?.block_on(async {
            for nth in 0..ABUSIVE {
                let (kind, got) = each[nth % each.len()].clone();
                tokio::spawn(async move {
                    let low = u8::try_from(nth + 1).unwrap_or(u8::MAX);
                    let from = Ipv4Addr::new(127, 200, 0, low);
                    // Spreads the connections, so that they do not all send at once.
                    sleep(PAUSE * u32::from(low) / u32::from(u8::MAX)).await;
                    loop {
                        note(&got, |got| got.connections += 1);
                        let end = once(kind, from, address, &got).await;
                        let end = end.unwrap_or_else(|_| "cut".to_owned());
                        note(&got, |got| *got.ends.entry(end).or_default() += 1);
                        sleep(PAUSE).await;
                    }
                });
            }
            // A dropped sender stops the thread as well.
            let _ = stopped.await;
        });
        Ok(())
    });
    Ok(Abusers {
        thread: thread?,
        stop,
        got,
    })
}

impl Abusers {
    /// Closes all connections and returns what they received.
    pub(crate) fn stop(self) -> Result<Vec<(Kind, Got)>> {
        let _ = self.stop.send(());
        let ended = self.thread.join();
        ended.map_err(|_| Error::internal("the abusive connections panicked"))??;
        let got = self.got.into_iter().map(|(kind, got)| {
            let got = got.lock().unwrap_or_else(PoisonError::into_inner);
            (kind, got.clone())
        });
        Ok(got.collect())
    }
}

/// Runs one connection and returns how it ended.
async fn once(kind: Kind, from: Ipv4Addr, to: SocketAddr, got: &Shared) -> Result<String> {
    if let Kind::Drips = kind {
        let (input, output) = raw::connect(from, to).await?.into_split();
        let mut input = Input::new(input);
        tokio::select! {
            () = input.forget() => {}
            () = drip(output) => {}
        }
        return Ok("cut".to_owned());
    }
    let stream = match kind {
        Kind::NeverReads | Kind::HalfOpen => raw::connect_narrow(from, to).await?,
        _ => raw::connect(from, to).await?,
    };
    let (mut input, output) = raw::open(stream).await?;
    let mut sending = pin!(send(kind, output));
    if let Kind::NeverReads | Kind::HalfOpen = kind {
        while !input.is_closed() {
            tokio::select! {
                () = &mut sending => {}
                () = sleep(PAUSE) => {}
            }
        }
        return Ok("cut".to_owned());
    }
    loop {
        let frame = tokio::select! {
            frame = input.next() => frame,
            () = &mut sending => None,
        };
        let Some(RawFrame { opcode, payload }) = frame else {
            return Ok("cut".to_owned());
        };
        match (opcode, payload.as_slice()) {
            (8, [high, low, ..]) => {
                let code = u16::from_be_bytes([*high, *low]);
                return Ok(format!("closed with {code}"));
            }
            (10, _) => note_answer(got, "pong".to_owned()),
            (1, text) => answer(text)
                .into_iter()
                .for_each(|answer| note_answer(got, answer)),
            _ => {}
        }
    }
}

/// The outcome of a reply: `ok`, or the code of an error.
fn answer(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let Some((_, code)) = text.split_once(r#"{"err":{"code":""#) else {
        return text.contains(r#",{"ok":"#).then(|| "ok".to_owned());
    };
    code.split('"').next().map(|code| format!("`{code}`"))
}

async fn drip(mut output: OwnedWriteHalf) {
    for byte in raw::HANDSHAKE {
        if output.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(PAUSE / 2).await;
    }
    std::future::pending::<()>().await;
}

/// Sends what this kind sends, forever; the reader detects the end of the connection.
async fn send(kind: Kind, mut output: OwnedWriteHalf) {
    let mut nth = 0_u64;
    loop {
        let bytes = piece(kind, &mut nth);
        if bytes.is_empty() || output.write_all(&bytes).await.is_err() {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_secs(1) / TICKS).await;
    }
}

/// The bytes of one burst.
fn piece(kind: Kind, nth: &mut u64) -> Vec<u8> {
    let mut many = |count: u64, make: &dyn Fn(u64) -> Vec<u8>| {
        let made = (*nth..*nth + count).flat_map(make).collect();
        *nth += count;
        made
    };
    match kind {
        Kind::Drips | Kind::HalfOpen => Vec::new(),
        Kind::NeverReads => many(5, &|nth| {
            raw::text(&format!(r#"["player","find",{{"$limit":1000}},{nth}]"#))
        }),
        Kind::Garbage => many(1, &|nth| raw::text(&format!("{{{nth}]"))),
        Kind::Pings => many(50, &|_| raw::frame(0x89, &[7; 125])),
        Kind::Requests => many(50, &|nth| {
            raw::text(&format!(r#"["player","find",{{"$limit":10}},{nth}]"#))
        }),
        Kind::Huge => many(1, &|_| raw::text(&"x".repeat(1024 * 1024))),
        Kind::Subscribes => many(5, &|nth| {
            let moves = 1_000_000 + nth;
            raw::text(&format!(
                r#"["player","subscribe",{{"moves":{{"$gt":{moves}}}}},{nth}]"#
            ))
        }),
    }
}
