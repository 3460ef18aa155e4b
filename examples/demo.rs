//! The demo: creatures to feed, users with a secret, albums and songs.
//!
//! `cargo run` from the root serves it on 127.0.0.1:8000, with its records in `demo.db`; `HOST`, `PORT`
//! and `DATA` change that, and `--memory` keeps the records in memory.
//!
//! `cargo run -- types` writes the types of its client, `schema` its description, `stored` the
//! description of its stored records, `compatible FILE` compares one of them with an older one, and
//! `check demo.db` checks the integrity of the file.

use serde::{Deserialize, Serialize};
use sockful::store::Sqlite;
use sockful::{Config, Error, ErrorKind, Resource, Resources, Result, Server, ServerHandle};
use sockful::{cli, remote, resources, shutdown_signal};
use std::env;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// A beast that can be fed.
#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
    #[resource(default = 10)]
    life: i32,
}

#[remote]
impl Creature {
    /// Feeds the creature.
    pub fn feed(&mut self, #[resource(default = 1)] amount: i32) -> String {
        self.life = self.life.saturating_add(amount);
        format!("I have been fed my life is: {}", self.life)
    }

    /// Describes the creature.
    pub fn describe(&self) -> String {
        format!(
            "{} is a {} with a life of {}",
            self.id, self.kind, self.life
        )
    }
}

/// A user account.
#[derive(Serialize, Deserialize, Resource)]
struct User {
    id: String,
    name: String,
    /// Set only by the server.
    #[resource(read_only, default)]
    is_admin: bool,
    /// Never leaves the server.
    #[resource(private)]
    password_hash: Option<String>,
}

/// A music album.
#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    title: String,
    year: Option<u16>,
}

/// A song of an album.
#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    title: String,
    #[resource(default)]
    playing: bool,
}

/// The resources of the demo.
pub(crate) const DEMO: Resources = resources![Creature, User, Album, Song];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let mut config = Config::default();
    // Release builds serve the explorer only if it is enabled.
    config.http.explorer = true;
    let mut server = Server::new(DEMO).config(config);
    if let Some(code) = cli::run(&server, env::args_os().skip(1)) {
        return Ok(code);
    }
    let file = setting("DATA", "demo.db");
    let in_memory = env::args().skip(1).any(|arg| arg == "--memory");
    if !in_memory {
        server = server.store(Sqlite::open(&file)?);
    }
    let server = server.open().await?;
    let is_new = server.store().head().await? == 0;
    if is_new {
        fill(&server).await?;
    }

    let port = setting("PORT", "8000").parse::<u16>();
    let port = port.map_err(|_| Error::internal("`PORT` is not a port number"))?;
    let host = setting("HOST", "127.0.0.1");
    let listener = TcpListener::bind((&*host, port)).await.map_err(|error| {
        let message = format!("cannot listen on {host}:{port}: {error}");
        Error::new(ErrorKind::Unavailable, message)
    })?;
    let address = listener.local_addr()?;
    println!("sockful demo: http://{address}");
    println!("  Open it in two browser windows: each shows the changes made in the other.");
    println!("  Or connect a WebSocket client to ws://{address} and send");
    println!(r#"  ["creature","feed",{{"id":"bob"}},1]"#);
    println!(r#"  ["album","get",{{"id":"kob","$with":["songs"]}},2]"#);
    println!(r#"  ["creature","subscribe",{{"kind":"dragon"}},3]"#);
    if in_memory {
        println!("  Ctrl-C stops it. Every client has full access, and nothing is stored.");
    } else {
        println!("  Ctrl-C stops it. Every client has full access; records are stored in {file}.");
    }
    server.serve(listener, shutdown_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Reads an environment variable, or returns the default.
fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Creates some records to begin with.
async fn fill(server: &ServerHandle) -> Result<()> {
    for (id, kind, life) in [
        ("bob", "dragon", 10),
        ("larry", "unicorn", 7),
        ("nessie", "serpent", 20),
    ] {
        let creature = NewCreature {
            id: Some(id.into()),
            kind: Some(kind.into()),
            life: Some(life),
        };
        server.records::<Creature>().create(creature).await?;
    }
    for (id, name, is_admin) in [("ada", "Ada", true), ("tim", "Tim", false)] {
        let password_hash = Some(format!("placeholder for a hash of {name}'s password"));
        let user = NewUser {
            id: Some(id.into()),
            name: name.into(),
            is_admin: Some(is_admin),
            password_hash,
        };
        server.records::<User>().create(user).await?;
    }
    let album = NewAlbum {
        id: Some("kob".into()),
        title: "Kind of Blue".into(),
        year: Some(1959),
    };
    server.records::<Album>().create(album).await?;
    for (id, title) in [("so-what", "So What"), ("blue-in-green", "Blue in Green")] {
        let song = NewSong {
            id: Some(id.into()),
            album_id: "kob".into(),
            title: title.into(),
            playing: None,
        };
        server.records::<Song>().create(song).await?;
    }
    Ok(())
}
