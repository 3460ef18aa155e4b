use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
#[resource(new = Egg, patch = Change, only(get, find))]
struct Creature {
    id: String,
    name: String,
}

// The default names remain available.
struct NewCreature;
struct CreaturePatch;

const APP: Resources = resources![Creature];

fn main() {
    let egg = Egg { name: "bob".to_owned(), ..Egg::default() };
    let _ = (egg, Change { name: None }, NewCreature, CreaturePatch);
    assert!(APP.find("creature", "all").is_some() && APP.find("creature", "create").is_none());
}
