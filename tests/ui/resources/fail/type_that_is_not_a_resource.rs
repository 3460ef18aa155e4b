use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

struct Rock;

const APP: Resources = resources![Creature, Rock];

fn main() {}
