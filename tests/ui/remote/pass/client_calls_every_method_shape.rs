//! Methods of every shape, called by a client, in a crate that denies all warnings.

#![deny(warnings)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::client::Client;
use sockful::{Context, Error, Resource, Result, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(id)]
    number: u32,
}

/// Types that the server only serializes, or only deserializes.
#[derive(Serialize, JsonSchema)]
struct Seen;

#[derive(Deserialize, JsonSchema)]
struct Meal {
    _meat: u32,
}

mod deep {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Words {
        pub(crate) words: Vec<String>,
    }
}

type Answer<T> = Result<T, Error>;

#[remote]
impl Creature {
    pub fn nothing(&self) {}

    pub fn look(&self) -> Seen {
        Seen
    }

    pub fn eat(&mut self, #[payload] _: Meal) {}

    /// The client's method names the record `of`, since `id` is a parameter.
    pub fn swap(&mut self, id: u32, r#type: Option<String>, context: &Context) -> Result<deep::Words> {
        let _ = context;
        self.number = id;
        Ok(deep::Words { words: r#type.into_iter().collect() })
    }

    pub async fn numbers(#[resource(wide)] most: u64) -> std::result::Result<Vec<u64>, Error> {
        Ok(vec![most])
    }

    pub fn itself(&self) -> Result<Self> {
        Ok(Self { number: self.number })
    }

    pub fn borrowed(&self) -> &str {
        "a text"
    }

    pub fn parts(&self) -> Result<std::borrow::Cow<'_, str>> {
        Ok("a text".into())
    }

    pub fn unread(&self) -> Option<&str> {
        None
    }

    #[cfg(any())]
    pub fn absent(&self, of: NoSuchType) {}

    #[deprecated]
    pub fn old(&self) {}

    pub fn send(&self, to: String) -> String {
        to
    }

    pub fn payload(&mut self, payload: u32) -> u32 {
        payload
    }

    pub fn payload_to() {}

    pub fn answered() -> Answer<u32> {
        Ok(1)
    }
}

#[allow(dead_code)]
async fn ask(client: Client) -> Result<()> {
    let creatures = client.records::<Creature>();
    let () = creatures.nothing(1_u32).await?;
    let swapped: deep::Words = creatures.swap(1_u32, 2, None).await?;
    let all: Vec<u64> = creatures.numbers(7).await?;
    let itself: Creature = creatures.itself(1_u32).await?;
    let sent: String = creatures.send(1_u32, "bob".to_owned()).await?;
    let payload: u32 = creatures.payload(1_u32, 2).await?;
    creatures.payload_to().await?;
    let borrowed: String = creatures.borrowed(1_u32).await?;
    let parts: std::borrow::Cow<'static, str> = creatures.parts(1_u32).await?;
    drop((swapped.words, all, itself, sent, payload, borrowed, parts));
    Ok(())
}

fn main() {}
