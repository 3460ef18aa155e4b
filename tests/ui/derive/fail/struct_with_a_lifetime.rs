use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature<'a> {
    id: String,
    kind: std::borrow::Cow<'a, str>,
}

fn main() {}
