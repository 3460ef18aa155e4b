#![allow(unreachable_patterns)]
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    kind: String,
    #[serde(rename = "kind")]
    class: String,
}

fn main() {}
