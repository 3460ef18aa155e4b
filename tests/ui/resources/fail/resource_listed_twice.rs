use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

const APP: Resources = resources![Creature, Creature];

fn main() {}
