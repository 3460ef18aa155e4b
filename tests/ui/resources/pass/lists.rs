use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

mod other {
    #[derive(super::Serialize, super::Deserialize, super::Resource)]
    #[resource(name = "beast")]
    pub struct Creature {
        id: String,
    }
}

type Alias = other::Creature;

const NONE: Resources = resources![];
const SOME: Resources = resources![self::Creature, Alias,];
static KEPT: Resources = resources! { Creature, crate::other::Creature };

fn main() {
    let here: Resources = resources!(Creature);
    assert!(NONE.find("creature", "get").is_none() && NONE.routes().is_empty());
    assert!(SOME.find("beast", "get").is_some() && KEPT.find("beast", "all").is_some());
    assert!(here.find("creature", "save").is_some());
}
