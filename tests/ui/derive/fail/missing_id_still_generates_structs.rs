use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    name: String,
}

fn _uses() -> (NewCreature, CreaturePatch) {
    let new = NewCreature { name: "bob".to_owned() };
    let patch = CreaturePatch { name: None };
    println!("{new:?} {patch:?}");
    (new, patch)
}

fn main() {}
