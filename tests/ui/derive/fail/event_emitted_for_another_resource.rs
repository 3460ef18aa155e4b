use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Result, remote};

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
struct Creature {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Engine {
    id: u32,
}

#[remote]
impl Engine {
    pub async fn roar(&self, context: &Context) -> Result<()> {
        context.records::<Self>().emit(&self.id, Roar).await
    }
}

fn main() {}
