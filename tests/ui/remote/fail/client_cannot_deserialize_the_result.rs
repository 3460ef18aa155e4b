//! Only a call of a client requires it: the server does not deserialize results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Resource, client::Client, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

#[derive(Serialize, JsonSchema)]
struct Report {
    text: String,
}

#[remote]
impl Creature {
    pub fn report(&self) -> Report {
        Report { text: self.id.clone() }
    }
}

async fn ask(client: Client) {
    let _ = client.records::<Creature>().report("bob").await;
}

fn main() {}
