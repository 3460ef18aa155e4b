use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

mod other {
    use super::*;

    #[derive(Serialize, Deserialize, Resource)]
    pub struct Creature {
        id: String,
    }
}

const APP: Resources = resources![Creature, other::Creature];

fn main() {}
