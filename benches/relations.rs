//! Measures relations: `album.songs` with 12 songs, and 100 albums with `$with`, beside the same code
//! written by hand over the same store.
//!
//! `cargo run --release -p sockful-benches --bin relations` measures both in turn by the CPU time of the
//! serving thread, which only Linux reports; elsewhere it shows the rates alone.

use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sockful::store::{CompareOp, Query, QueryFilter, Record, Scalar};
use sockful::{Config, Error, Resource, Result, Server, ServerHandle, resources};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{accept_async_with_config, client_async};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    title: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    title: String,
    seconds: u32,
}

const ALBUMS: usize = 100;
const SONGS: usize = 12;
/// The indexes of the resources, and of the relation among the properties.
const ALBUM: usize = 0;
const SONG: usize = 1;
const ALBUM_ID: usize = 1;

const LIST: &str = r#"["album","songs",{"album_id":"50"},1]"#;
const WITH: &str = r#"["album","all",{"$with":["songs"]},1]"#;

/// The number of requests in flight.
const DEPTH: usize = 16;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(700);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut config = Config::default();
    // The rate limit must not slow down the load generator.
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    let server = Server::new(resources![Album, Song]).config(config);
    let server = server.open().await?;
    fill(&server).await?;
    let ours = serve(server.clone(), true);
    let by_hand = serve(server, false);
    for (name, request) in [
        ("album.songs, 12 songs", LIST),
        ("100 albums with songs", WITH),
    ] {
        if ask(ours.address, request).await? != ask(by_hand.address, request).await? {
            return Err(Error::internal("the replies of both servers differ"));
        }
        let (mut rates, mut costs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (ours, by_hand) = (load(&ours, request).await?, load(&by_hand, request).await?);
            rates.push(ours.per_second / by_hand.per_second);
            costs.push(ours.nanos_each / by_hand.nanos_each);
        }
        println!(
            "{name}: {:.2} × the rate, {:.2} × the CPU time of the same by hand (medians of {ROUNDS})",
            median(rates),
            median(costs)
        );
    }
    Ok(())
}

async fn fill(server: &ServerHandle) -> Result<()> {
    for album in 0..ALBUMS {
        let new = NewAlbum {
            id: Some(album.to_string()),
            title: format!("Album {album}"),
        };
        server.records::<Album>().create(new).await?;
        for song in 0..SONGS {
            let new = NewSong {
                id: Some(format!("{album}-{song}")),
                album_id: album.to_string(),
                title: format!("Song {song} of {album}"),
                seconds: 180,
            };
            server.records::<Song>().create(new).await?;
        }
    }
    Ok(())
}

/// A server on a separate thread.
struct Served {
    address: SocketAddr,
    /// The CPU time of its thread in nanoseconds, as of the last few milliseconds.
    nanos: Arc<AtomicU64>,
}

fn serve(server: ServerHandle, is_ours: bool) -> Served {
    let nanos = Arc::new(AtomicU64::new(0));
    let (thread_nanos, (sender, address)) = (nanos.clone(), mpsc::channel());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime?.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let _ = sender.send(listener.local_addr()?);
            tokio::spawn(async move {
                loop {
                    let stat = std::fs::read_to_string("/proc/thread-self/schedstat");
                    let stat = stat.unwrap_or_default();
                    let first = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
                    thread_nanos.store(first.unwrap_or_default(), Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
            if is_ours {
                server.serve(listener, pending()).await
            } else {
                serve_by_hand(server, listener).await
            }
        })
    });
    let address = address
        .recv()
        .unwrap_or_else(|_| panic!("the server did not start"));
    Served { address, nanos }
}

/// The hand-written server: serde parses the frames, replies are assembled from stored text, with one flush
/// for all frames that were read.
async fn serve_by_hand(server: ServerHandle, listener: TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let server = server.clone();
        tokio::spawn(async move {
            let config = WebSocketConfig::default().read_buffer_size(4096);
            let socket = accept_async_with_config(stream, Some(config)).await;
            let (mut sink, mut requests) = socket.map_err(Error::internal)?.split();
            let mut requests = requests.by_ref().ready_chunks(32);
            sink.send(Message::text("[]"))
                .await
                .map_err(Error::internal)?;
            while let Some(some) = requests.next().await {
                for message in some {
                    let Ok(Message::Text(text)) = message else {
                        return Ok(());
                    };
                    let reply = Message::text(answer(&server, &text).await?);
                    sink.feed(reply).await.map_err(Error::internal)?;
                }
                sink.flush().await.map_err(Error::internal)?;
            }
            Ok::<_, Error>(())
        });
    }
}

#[derive(Deserialize)]
struct AlbumId<'a> {
    album_id: &'a str,
}

async fn answer(server: &ServerHandle, text: &str) -> Result<String> {
    let frame: (&str, &str, &RawValue, u64) =
        serde_json::from_str(text).map_err(Error::internal)?;
    let (resource, action, payload, ack) = frame;
    let store = server.store();
    let mut reply = format!(r#"["{resource}","{action}",{{"ok":["#);
    let seq = if action == "songs" {
        let given: AlbumId<'_> = serde_json::from_str(payload.get()).map_err(Error::internal)?;
        let id = given.album_id.to_owned();
        if store.get(ALBUM, &id).await?.value.is_none() {
            return Err(Error::internal("no such album"));
        }
        let filter = QueryFilter::Compare {
            property: ALBUM_ID,
            is: CompareOp::Equal,
            value: Scalar::Text(id.into()),
        };
        let found = store.find(SONG, query(filter)).await?;
        join(
            &mut reply,
            found.value.records.iter().map(|song| song.sent()),
        );
        found.seq
    } else {
        let snapshot = store.snapshot(&[ALBUM, SONG]).await?;
        let albums = snapshot.find(ALBUM, query(QueryFilter::All)).await?.records;
        let ids = albums
            .iter()
            .map(|album| Scalar::Text(album.id().to_owned().into()));
        let songs = snapshot
            .related(
                SONG,
                ALBUM_ID,
                ids.collect(),
                QueryFilter::All,
                100,
                usize::MAX,
            )
            .await?;
        let with_songs = |(album, songs): (&Arc<Record>, &sockful::store::Found)| {
            let mut text = album.sent().trim_end_matches('}').to_owned();
            text.push_str(r#","songs":["#);
            join(&mut text, songs.records.iter().map(|song| song.sent()));
            text.push_str("]}");
            text
        };
        let texts: Vec<_> = albums.iter().zip(&songs).map(with_songs).collect();
        join(&mut reply, texts.iter().map(String::as_str));
        snapshot.seq()
    };
    Ok(format!("{reply}],\"seq\":{seq}}},{ack}]"))
}

fn query(filter: QueryFilter) -> Query {
    Query {
        filter,
        order: Vec::new(),
        limit: 100,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    }
}

fn join<'a>(out: &mut String, parts: impl Iterator<Item = &'a str>) {
    for (nth, part) in parts.enumerate() {
        if nth > 0 {
            out.push(',');
        }
        out.push_str(part);
    }
}

/// The work of a server in one round.
struct Measured {
    per_second: f64,
    nanos_each: f64,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures of three digits are shown"
)]
async fn load(server: &Served, request: &str) -> Result<Measured> {
    let (mut sink, mut replies) = connect(server.address).await?.split();
    let (start, before) = (Instant::now(), server.nanos.load(Relaxed));
    let mut done = 0_u64;
    while start.elapsed() < ROUND {
        for _ in 0..DEPTH {
            let request = Message::text(request.to_owned());
            sink.feed(request).await.map_err(Error::internal)?;
        }
        sink.flush().await.map_err(Error::internal)?;
        for _ in 0..DEPTH {
            replies.next().await;
            done += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    // Waits until the server's thread has reported its CPU time.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let nanos = server.nanos.load(Relaxed).saturating_sub(before);
    Ok(Measured {
        per_second: done as f64 / seconds,
        nanos_each: nanos as f64 / done as f64,
    })
}

async fn ask(address: SocketAddr, request: &str) -> Result<String> {
    let mut socket = connect(address).await?;
    let request = Message::text(request.to_owned());
    socket.send(request).await.map_err(Error::internal)?;
    let reply = socket
        .next()
        .await
        .ok_or_else(|| Error::internal("no reply"))?;
    let reply = reply
        .map_err(Error::internal)?
        .into_text()
        .map_err(Error::internal)?;
    Ok(reply.as_str().to_owned())
}

async fn connect(address: SocketAddr) -> Result<tokio_tungstenite::WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let connected = client_async(format!("ws://{address}"), stream).await;
    let (mut socket, _) = connected.map_err(Error::internal)?;
    // The first frame is `hello`.
    socket.next().await;
    Ok(socket)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
