//! A zoo: a server with fields of every kind, rules, revisions, events and methods, for the tests of the explorer.
//!
//! `cargo run -p sockful-tests --example zoo` serves it on 127.0.0.1:8000. `HOST` and `PORT` change the
//! address, `VISITORS` the number of visitors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Config, Context, Error, Resource, Result, Server, ServerHandle};
use sockful::{remote, resources, shutdown_signal};
use tokio::net::TcpListener;

/// The food of an animal.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Diet {
    Plants,
    Meat,
    Everything,
}

/// The place where an animal lives.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Enclosure {
    /// The house of the cage.
    house: String,
    #[schemars(range(min = 1))]
    area: u32,
}

/// How loud it was.
#[derive(Serialize, JsonSchema)]
struct Roar {
    loudness: u8,
}

/// An animal of the zoo.
#[derive(Serialize, Deserialize, Resource)]
#[resource(event(
    /// The animal made a noise.
    roared = Roar,
))]
struct Animal {
    id: String,
    /// The name that the keepers use.
    #[resource(unique, length(1..=20))]
    name: String,
    #[resource(immutable, length(1..=40))]
    species: String,
    #[resource(default = Diet::Everything)]
    diet: Diet,
    #[resource(range(0.0..=20_000.0))]
    weight: f64,
    #[resource(default)]
    tame: bool,
    enclosure: Option<Enclosure>,
    #[resource(default)]
    tags: Vec<String>,
    /// The inventory number.
    #[resource(wide)]
    chip: Option<u64>,
    #[resource(created_at)]
    since: u64,
    #[resource(rev)]
    revision: u64,
}

#[remote]
impl Animal {
    /// Makes a noise.
    pub fn roar(&self, ctx: &Context, #[resource(range(1..=9))] loudness: u8) -> Result<()> {
        ctx.emit(&self.id, Roar { loudness })
    }

    /// Sets the day of the week; the zoo is closed on the seventh.
    pub fn opening(#[resource(range(1..=7))] day: u8) -> Result<String> {
        if day == 7 {
            return Err(Error::refused("closed", "the zoo is closed on this day"));
        }
        Ok(format!("open on day {day}"))
    }
}

/// A visitor of the zoo.
#[derive(Serialize, Deserialize, Resource)]
struct Visitor {
    id: String,
    name: String,
    #[resource(index)]
    age: u8,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut config = Config::default();
    config.http.explorer = true;
    let server = Server::new(resources![Animal, Visitor])
        .config(config)
        .open()
        .await?;
    fill(&server, number("VISITORS", 20)?).await?;
    let host = std::env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let listener = TcpListener::bind((host, number("PORT", 8000)?)).await?;
    println!("zoo: http://{}", listener.local_addr()?);
    server.serve(listener, shutdown_signal()).await
}

/// A number from the environment variable `name`.
fn number(name: &str, default: u16) -> Result<u16> {
    let Ok(text) = std::env::var(name) else {
        return Ok(default);
    };
    let wrong = |_| Error::internal(format!("`{name}` is not a number"));
    text.parse().map_err(wrong)
}

/// Creates the initial records.
async fn fill(server: &ServerHandle, visitors: u16) -> Result<()> {
    let elsa = NewAnimal {
        id: Some("elsa".into()),
        name: "Elsa".into(),
        species: "lion".into(),
        diet: Some(Diet::Meat),
        weight: 180.0,
        tame: Some(true),
        enclosure: Some(Enclosure {
            house: "savanna".into(),
            area: 900,
        }),
        tags: Some(vec!["born free".into()]),
        chip: Some(18_446_744_073_709_551_615),
    };
    server.records::<Animal>().create(elsa).await?;
    for at in 0..visitors {
        let visitor = NewVisitor {
            id: Some(format!("v{at:05}")),
            name: format!("Visitor {at}"),
            age: u8::try_from(at % 90).unwrap_or_default(),
        };
        server.records::<Visitor>().create(visitor).await?;
    }
    Ok(())
}
