use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[serde(rename = "$kind")]
    kind: String,
    #[serde(rename = "a \"life\"")]
    life: i32,
}

fn main() {}
