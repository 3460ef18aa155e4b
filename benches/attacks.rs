//! Measures what small inputs that cause much work cost another client.
//!
//! `cargo run --release -p sockful-benches --bin attacks` prints a Markdown table after a minute;
//! `-- sqlite` keeps the records in a file of SQLite. Runs on Linux only: it reads the server's memory
//! and CPU time from `/proc`.
//!
//! The server is a child process with the default limits, a new one for each input. Another client gets
//! a record every millisecond. The attackers send their input and close when everything is answered, or at once
//! if the input says so.

use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::store::Sqlite;
use sockful::{Error, Resource, Result, Server, ServerHandle, resources};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

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
}

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    #[resource(index)]
    kind: String,
    text: String,
    edits: u32,
}

/// How long the other client runs before an attack, and after it.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(2);

/// How long an attacker waits for replies.
const PATIENCE: Duration = Duration::from_secs(40);

/// An input that causes much work.
struct Attack {
    name: &'static str,
    /// The number of connections that send the frames, and the frames of each.
    connections: usize,
    frames: Vec<String>,
    /// Whether the connections are closed without waiting for replies.
    closes: bool,
    /// Whether the other client changes a record instead of reading one.
    writes: bool,
}

fn attacks() -> Vec<Attack> {
    let frame = |resource: &str, action: &str, payload: Value, ack: usize| {
        json!([resource, action, payload, ack]).to_string()
    };
    let conditions = |count: usize, salt: usize| -> Vec<Value> {
        let each = 0..count;
        each.map(|n| json!({ "text": { "$ne": format!("q{salt}-{n}") } }))
            .collect()
    };
    let count_all = |ack| frame("note", "count", json!({ "$and": conditions(64, 0) }), ack);
    let amplify = json!({ "id": vec!["s0"; 1000], "$with": ["album.songs.album"] });
    let items = json!({ "type": "array", "prefixItems": vec![json!(true); 6_000] });
    let branches: Vec<Value> = vec![json!({ "$ref": "#/$defs/list" }); 1_100];
    let create = json!({ "create": { "payload": { "anyOf": branches } } });
    let note = json!({ "actions": create, "events": {} });
    let since = json!({ "resources": { "note": note }, "$defs": { "list": items } });
    let described = json!({ "since": since });
    let values: Vec<String> = (0..1_000).map(|n| format!("v{n}")).collect();
    let lists: Vec<Value> = vec![json!({ "kind": { "$in": values } }); 7];
    let subscribe = |ack| {
        let conditions = conditions(63, ack);
        frame("note", "subscribe", json!({ "$and": conditions }), ack)
    };
    vec![
        Attack {
            name: "1,000 times one id with `album.songs.album`, twice at once",
            connections: 2,
            frames: vec![frame("song", "get", amplify, 1)],
            closes: false,
            writes: false,
        },
        Attack {
            name: "a description of 61 KB for `sockful.changes`",
            connections: 1,
            frames: vec![frame("sockful", "changes", described, 1)],
            closes: false,
            writes: false,
        },
        Attack {
            name: "`count` with 64 conditions over 200 records of 30 KB",
            connections: 4,
            frames: (1..=4).map(count_all).collect(),
            closes: false,
            writes: false,
        },
        Attack {
            name: "64 such counts on each of 9 connections, which close",
            connections: 9,
            frames: (1..=64).map(count_all).collect(),
            closes: true,
            writes: false,
        },
        Attack {
            name: "160 subscriptions of 63 conditions on records of 30 KB, while another writes",
            connections: 1,
            frames: (1..=160).map(subscribe).collect(),
            closes: false,
            writes: true,
        },
        Attack {
            name: "7 times `$in` of 1,000 values on one indexed property",
            connections: 4,
            frames: (1..=8)
                .map(|ack| frame("note", "find", json!({ "$and": lists }), ack))
                .collect(),
            closes: false,
            writes: false,
        },
    ]
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => serve(arguments.next().as_deref()),
        store => {
            let store = store.map(str::to_owned);
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build()?.block_on(measure(store))
        }
    }
}

async fn measure(store: Option<String>) -> Result<()> {
    println!("| input | replies | p50 | p99 | slowest | more memory | CPU time afterwards |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for attack in attacks() {
        let server = ServerProcess::start(store.as_deref())?;
        let address = server.address;
        let other = tokio::spawn(other_client(address, attack.writes));
        sleep(BEFORE).await;
        let memory = server.memory("VmRSS:")?;
        let mut attackers = JoinSet::new();
        for _ in 0..attack.connections {
            let (frames, closes) = (attack.frames.clone(), attack.closes);
            attackers.spawn(attacker(address, frames, closes));
        }
        let mut replies = Replies::default();
        let mut kept = Vec::new();
        while let Some(done) = attackers.join_next().await {
            let (got, socket) = done.map_err(Error::internal)??;
            replies.add(&got);
            // Subscriptions last as long as the connection.
            kept.extend(socket);
        }
        if attack.writes {
            sleep(AFTER).await;
        }
        drop(kept);
        sleep(Duration::from_millis(500)).await;
        let busy = server.cpu_time()?;
        sleep(AFTER).await;
        let busy = server.cpu_time()?.saturating_sub(busy);
        let grown = server.memory("VmHWM:")?.saturating_sub(memory);
        other.abort();
        let mut times = match other.await {
            Ok(ended) => return ended.map(drop),
            Err(_) => std::mem::take(&mut *TIMES.lock().map_err(|_| Error::internal("a panic"))?),
        };
        times.sort_unstable();
        let at = |permille: usize| times.get(times.len() * permille / 1_000).or(times.last());
        let millis = |time: Option<&Duration>| time.map_or(0.0, |it| it.as_secs_f64() * 1_000.0);
        println!(
            "| {} | {replies} | {:.2} ms | {:.2} ms | {:.2} ms | {:.1} MiB | {} ms |",
            attack.name,
            millis(at(500)),
            millis(at(990)),
            millis(times.last()),
            f64::from(u32::try_from(grown).unwrap_or(u32::MAX)) / 1_024.0,
            busy.as_millis(),
        );
    }
    Ok(())
}

/// The latencies of the other client.
static TIMES: std::sync::Mutex<Vec<Duration>> = std::sync::Mutex::new(Vec::new());

/// Gets or changes a record every millisecond; a reply that is late delays the next request.
async fn other_client(address: SocketAddr, writes: bool) -> Result<()> {
    let mut socket = connect(address).await?;
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for nth in 1_u64.. {
        ticks.tick().await;
        let frame = if writes {
            format!(
                r#"["note","update",{{"id":"n0","edits":{}}},{nth}]"#,
                nth % 1_000
            )
        } else {
            format!(r#"["note","get",{{"id":"small"}},{nth}]"#)
        };
        let sent = Instant::now();
        send(&mut socket, frame).await?;
        let reply = receive(&mut socket).await?;
        if !reply.contains("\"ok\"") {
            return Err(Error::internal(format!("the other client got {reply}")));
        }
        let took = sent.elapsed();
        TIMES
            .lock()
            .map_err(|_| Error::internal("a panic"))?
            .push(took);
    }
    Ok(())
}

type Socket = WebSocketStream<TcpStream>;

/// Sends the frames and counts the replies. Returns the socket if it is to be kept.
async fn attacker(
    address: SocketAddr,
    frames: Vec<String>,
    closes: bool,
) -> Result<(Replies, Option<Socket>)> {
    let (count, mut replies) = (frames.len(), Replies::default());
    let mut socket = connect(address).await?;
    for frame in frames {
        send(&mut socket, frame).await?;
    }
    if closes {
        return Ok((replies, None));
    }
    let received = async {
        while replies.count() < count {
            let Ok(text) = receive(&mut socket).await else {
                break;
            };
            replies.note(&text);
        }
    };
    let _ = timeout(PATIENCE, received).await;
    Ok((replies, Some(socket)))
}

async fn connect(address: SocketAddr) -> Result<Socket> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let connected = client_async(format!("ws://{address}/"), stream).await;
    let (mut socket, _) = connected.map_err(Error::internal)?;
    // The server sends the first frame.
    receive(&mut socket).await?;
    Ok(socket)
}

async fn send(socket: &mut Socket, frame: String) -> Result<()> {
    let sent = socket.send(Message::text(frame)).await;
    sent.map_err(Error::internal)
}

async fn receive(socket: &mut Socket) -> Result<String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Close(_))) | None => {
                return Err(Error::internal("the server closed the connection"));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(Error::internal(error)),
        }
    }
}

/// The replies by their code.
#[derive(Default)]
struct Replies(std::collections::BTreeMap<String, usize>);

impl Replies {
    fn note(&mut self, text: &str) {
        let code = match text.split_once(r#"{"err":{"code":""#) {
            Some((_, code)) => code.split('"').next().unwrap_or_default(),
            None if text.contains(r#"{"ok":"#) => "ok",
            // An event.
            None => return,
        };
        *self.0.entry(code.to_owned()).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        for (code, count) in &other.0 {
            *self.0.entry(code.clone()).or_default() += count;
        }
    }

    fn count(&self) -> usize {
        self.0.values().sum()
    }
}

impl std::fmt::Display for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("not awaited");
        }
        let each = self
            .0
            .iter()
            .map(|(code, count)| format!("{count} `{code}`"));
        f.write_str(&each.collect::<Vec<_>>().join(", "))
    }
}

struct ServerProcess {
    address: SocketAddr,
    child: Child,
    /// The server runs until this is closed, at the latest when this process ends.
    stdin: Option<ChildStdin>,
}

impl ServerProcess {
    fn start(store: Option<&str>) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(store)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| Error::internal("the server has no output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            address: line.trim().parse().map_err(Error::internal)?,
            child,
            stdin,
        })
    }

    /// A figure of its memory, in KiB.
    fn memory(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| Error::internal("the server exited"))
    }

    /// The CPU time that it has used; the system counts in hundredths of a second.
    fn cpu_time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        let ticks = fields.split(' ').skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// Prints the address and serves until its input is closed.
#[tokio::main]
async fn serve(store: Option<&str>) -> Result<()> {
    let server = Server::new(resources![Album, Song, Note]);
    let folder = std::env::temp_dir().join(format!("sockful-attacks-{}", std::process::id()));
    let server = match store {
        None => server,
        Some("sqlite") => {
            std::fs::create_dir_all(&folder)?;
            server.store(Sqlite::open(folder.join("records.db"))?)
        }
        Some(_) => return Err(Error::internal("usage: attacks [sqlite]")),
    };
    let server = server.open().await?;
    fill(&server).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let input_ends = tokio::task::spawn_blocking(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    });
    let until = async {
        let _ = input_ends.await;
    };
    let ended = server.serve(listener, until).await;
    let _ = std::fs::remove_dir_all(folder);
    ended
}

async fn fill(server: &ServerHandle) -> Result<()> {
    let album = NewAlbum {
        id: Some("a0".into()),
        title: "t".repeat(16 * 1024),
    };
    server.records::<Album>().create(album).await?;
    for n in 0..100 {
        let song = NewSong {
            id: Some(format!("s{n}")),
            album_id: "a0".into(),
            title: "So What".into(),
        };
        server.records::<Song>().create(song).await?;
    }
    for n in 0..=200 {
        let is_small = n == 200;
        let note = NewNote {
            id: Some(if is_small {
                "small".into()
            } else {
                format!("n{n}")
            }),
            kind: format!("k{}", n % 10),
            text: "x".repeat(if is_small { 10 } else { 30 * 1024 }),
            edits: 0,
        };
        server.records::<Note>().create(note).await?;
    }
    Ok(())
}
