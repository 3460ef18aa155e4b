use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(sanitize(trim))]
    notes: std::collections::BTreeMap<String, String>,
}

fn main() {}
