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

// The derive generates its code despite the mistakes, so these lines cause no errors.
fn _uses(creature: NewCreature) -> sockful::Resources {
    let _ = (creature.life, CreaturePatch::default());
    sockful::resources![Creature]
}

fn main() {}
