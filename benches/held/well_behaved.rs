//! A well-behaved connection: a player in a room.

use super::request::Request;
use super::stats::Stats;
use super::{ROOM, raw, room};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use sockful::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The average time between two requests.
const PAUSE: Duration = Duration::from_secs(5);

/// A later reply counts as missing.
const PATIENCE: Duration = Duration::from_secs(30);

const SUBSCRIPTION: u64 = 1;

struct Player<'a> {
    nth: usize,
    stats: &'a Stats,
    socket: WebSocketStream<TcpStream>,
    /// The pending request, and when it was sent.
    waiting: Option<(Request, Instant)>,
    ack: u64,
    chance: u64,
    moves: u32,
    /// The moves of each player in the room, from events.
    seen: Vec<u32>,
}

#[derive(Deserialize)]
struct Snapshot {
    records: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    moves: u32,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    ok: Option<&'a RawValue>,
    record: Option<Known>,
    #[serde(default)]
    folded: bool,
}

/// Runs until it is stopped and has received every event.
pub(crate) async fn run(
    nth: usize,
    address: SocketAddr,
    stats: &Stats,
    mut stopped: watch::Receiver<bool>,
) -> Result<()> {
    let mut player = Player::join(nth, address, stats).await?;
    stats.connected.fetch_add(1, Relaxed);
    let mut next = Instant::now() + player.pause();
    while !*stopped.borrow() {
        let waits = player.waiting.is_some();
        let due = match player.waiting {
            Some((_, sent)) => sent + PATIENCE,
            None => next,
        };
        tokio::select! {
            frame = player.next() => player.take(&frame?)?,
            () = sleep_until(due) => {
                if waits {
                    return Err(Error::internal("no reply"));
                }
                player.ask().await?;
                next = Instant::now() + player.pause();
            }
            _ = stopped.changed() => {}
        }
    }
    player.leave().await
}

impl<'a> Player<'a> {
    async fn join(nth: usize, address: SocketAddr, stats: &'a Stats) -> Result<Self> {
        // Each player has an address, since rates are limited by address.
        let [_, high, middle, low] = u32::try_from(nth + 1).unwrap_or(0).to_be_bytes();
        let stream = raw::connect(Ipv4Addr::new(127, 1 + high, middle, low), address).await?;
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
        let url = format!("ws://{address}");
        let connected = client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = connected.map_err(Error::internal)?;
        let mut player = Self {
            nth,
            stats,
            socket,
            waiting: None,
            ack: SUBSCRIPTION,
            chance: nth as u64 + 1,
            moves: 0,
            seen: vec![0; ROOM],
        };
        player.next().await?;
        let room = room(nth);
        let subscribe = format!(r#"["player","subscribe",{{"room":"{room}"}},{SUBSCRIPTION}]"#);
        player.send(subscribe).await?;
        let frame = player.next().await?;
        let (_, _, Payload { ok, .. }, _) = parse(&frame)?;
        let ok = ok.ok_or_else(|| wrong(&frame))?;
        let snapshot: Snapshot = serde_json::from_str(ok.get()).map_err(Error::internal)?;
        for known in snapshot.records {
            let place = player.place(&known).ok_or_else(|| wrong(&frame))?;
            player.seen[place] = known.moves;
        }
        Ok(player)
    }

    async fn send(&mut self, frame: String) -> Result<()> {
        let sent = self.socket.send(Message::text(frame)).await;
        sent.map_err(Error::internal)
    }

    async fn next(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(_))) | None => {
                    return Err(Error::internal("the server closed the connection"));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Error::internal(error)),
            }
        }
    }

    async fn ask(&mut self) -> Result<()> {
        let chance = self.chance();
        let players = self.stats.moves.len();
        let request = Request::by_chance(chance, self.nth, self.moves, players);
        self.ack += 1;
        self.waiting = Some((request, Instant::now()));
        self.send(request.write(self.ack)).await
    }

    /// Handles a reply or an event. Fails if it is not the expected one.
    fn take(&mut self, frame: &str) -> Result<()> {
        let (_, action, payload, ack) = parse(frame)?;
        if ack == SUBSCRIPTION {
            return self
                .take_event(action, &payload)
                .ok_or_else(|| wrong(frame));
        }
        let (request, sent) = self.waiting.take().ok_or_else(|| wrong(frame))?;
        let ok = payload.ok.filter(|_| ack == self.ack);
        let is_right = ok.is_some_and(|ok| request.is_answered_by(ok, self.stats.moves.len()));
        if !is_right {
            return Err(wrong(frame));
        }
        if let Request::Move(_, moves) = request {
            self.moves = moves;
            self.stats.moves[self.nth].store(moves, Relaxed);
        }
        self.stats.note_reply(sent.elapsed());
        Ok(())
    }

    /// Each change of each player arrives once and in order, unless several are combined.
    fn take_event(&mut self, action: &str, payload: &Payload<'_>) -> Option<()> {
        let known = payload.record.as_ref().filter(|_| action == "updated")?;
        let place = self.place(known)?;
        let seen = &mut self.seen[place];
        let is_next = known.moves == *seen + 1 || payload.folded && known.moves > *seen;
        *seen = known.moves;
        self.stats.note_event(payload.folded);
        is_next.then_some(())
    }

    /// The position of a player in the room.
    fn place(&self, known: &Known) -> Option<usize> {
        let nth: usize = known.id.strip_prefix('p')?.parse().ok()?;
        (nth / ROOM == self.nth / ROOM).then_some(nth % ROOM)
    }

    /// Waits until no player moves any more, and checks that every move was received.
    async fn leave(mut self) -> Result<()> {
        while let Some((_, sent)) = self.waiting {
            let frame = timeout(PATIENCE.saturating_sub(sent.elapsed()), self.next()).await;
            let frame = frame.map_err(|_| Error::internal("no reply"))?;
            self.take(&frame?)?;
        }
        self.stats.done.add_permits(1);
        let all = u32::try_from(self.stats.moves.len()).map_err(Error::internal)?;
        loop {
            tokio::select! {
                _ = self.stats.done.acquire_many(all) => break,
                frame = self.next() => self.take(&frame?)?,
            }
        }
        // Every pending event arrives before the reply to a ping.
        self.ack += 1;
        self.send(format!(r#"["sockful","ping",null,{}]"#, self.ack))
            .await?;
        loop {
            let frame = timeout(PATIENCE, self.next()).await;
            let frame = frame.map_err(|_| Error::internal("no reply"))??;
            let (_, _, _, ack) = parse(&frame)?;
            if ack == self.ack {
                break;
            }
            self.take(&frame)?;
        }
        let first = self.nth / ROOM * ROOM;
        let room = self.stats.moves.iter().skip(first).take(ROOM);
        for (nth, (moves, seen)) in room.zip(&self.seen).enumerate() {
            let moves = moves.load(Relaxed);
            if moves != *seen {
                let nth = first + nth;
                let missed = format!("p{nth} moved {moves} times, {seen} were received");
                return Err(Error::internal(missed));
            }
        }
        Ok(())
    }

    fn pause(&mut self) -> Duration {
        // Between half and one and a half of the average.
        PAUSE / 2 + PAUSE * u32::try_from(self.chance() % 1_000).unwrap_or(0) / 1_000
    }

    /// The next pseudo-random number; each run has the same sequence.
    fn chance(&mut self) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.chance >> 32
    }
}

type Frame<'a> = (&'a str, &'a str, Payload<'a>, u64);

fn parse(frame: &str) -> Result<Frame<'_>> {
    serde_json::from_str(frame).map_err(|_| wrong(frame))
}

fn wrong(frame: &str) -> Error {
    Error::internal(format!("unexpected frame: {frame}"))
}
