use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

const APP: Resources = resources![crate = sockful Creature];

fn main() {}
