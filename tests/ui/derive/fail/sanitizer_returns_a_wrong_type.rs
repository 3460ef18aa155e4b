use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(sanitize(self::count))]
    kind: String,
}

fn count(kind: String) -> usize {
    kind.len()
}

fn main() {}
