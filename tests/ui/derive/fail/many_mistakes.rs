use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(nmae = "beast", plural = 7)]
struct Creature {
    #[resource(default)]
    id: String,
    #[resource(default 10)]
    life: i32,
    #[resource(read_only private)]
    secret: String,
    #[resource]
    kind: String,
    #[resource(private = true)]
    age: u32,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Serialize, Deserialize)]
struct Rest {
    more: bool,
}

// What the derive makes is there all the same, and none of this is an error too.
fn _uses(creature: NewCreature) -> sockful::Resources {
    let _ = (creature.life, CreaturePatch::default());
    sockful::resources![Creature]
}

fn main() {}
