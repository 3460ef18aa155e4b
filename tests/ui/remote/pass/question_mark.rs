//! `?` on errors of other libraries, in methods and hooks that return `AnyError`.

#![deny(warnings)]

use serde::{Deserialize, Serialize};
use sockful::{AnyError, Context, Error, ErrorKind, Filter, Resource, Server, remote, resources};
use std::fmt;

/// An error like those of database libraries: an enum with a source.
#[derive(Debug)]
enum QueryError {
    Io(std::io::Error),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the query failed")
    }
}

impl std::error::Error for QueryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let Self::Io(error) = self;
        Some(error)
    }
}

async fn query(text: &str) -> Result<u32, QueryError> {
    std::fs::read(text).map_err(QueryError::Io)?;
    Ok(1)
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default)]
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, amount: String) -> Result<i32, AnyError> {
        if amount.is_empty() {
            Err(Error::refused("no_amount", "how much?"))?;
        }
        self.life += amount.parse::<i32>()?;
        Ok(self.life)
    }

    pub async fn rows(context: &Context, table: String) -> Result<u32, AnyError> {
        context.records::<Creature>().count(Filter::all()).await?;
        Ok(query(&table).await?)
    }

    #[before(create, update)]
    fn check(&self) -> Result<(), AnyError> {
        self.id.parse::<u64>()?;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let server = Server::new(resources![Creature]).open().await?;
    let creatures = server.records::<Creature>();
    let new = |id: &str| NewCreature { id: Some(id.to_owned()), life: None };
    creatures.create(new("7")).await?;
    let error = creatures.create(new("bob")).await.err().expect("the id is not a number");
    assert_eq!(error.kind(), ErrorKind::Internal);
    Ok(())
}
