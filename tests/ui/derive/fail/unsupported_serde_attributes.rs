use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[serde(default)]
struct Creature {
    id: String,
    #[serde(skip)]
    cache: u32,
    #[serde(default)]
    life: i32,
    #[serde(alias = "class", skip_serializing_if = "String::is_empty")]
    kind: String,
}

impl Default for Creature {
    fn default() -> Self {
        Self { id: String::new(), cache: 0, life: 0, kind: String::new() }
    }
}

fn main() {}
