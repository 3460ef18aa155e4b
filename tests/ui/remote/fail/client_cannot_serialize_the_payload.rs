//! Only a call of a client requires it: the server does not serialize payloads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Resource, client::Client, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

#[derive(Deserialize, JsonSchema)]
struct Meal {
    meat: u32,
}

#[remote]
impl Creature {
    pub fn serve(&mut self, #[payload] meal: Meal) -> u32 {
        meal.meat
    }
}

async fn ask(client: Client) {
    let _ = client.records::<Creature>().serve("bob", Meal { meat: 1 }).await;
}

fn main() {}
