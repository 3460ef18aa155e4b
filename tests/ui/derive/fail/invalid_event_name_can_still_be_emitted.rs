use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Result, remote};

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(has_roared = Roar))]
struct Creature {
    id: String,
}

#[remote]
impl Creature {
    pub fn roar(&self, context: &Context) -> Result<()> {
        context.emit(&self.id, Roar)
    }
}

fn main() {}
