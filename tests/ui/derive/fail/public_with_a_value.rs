use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(public = true)]
struct Note {
    id: String,
}

fn main() {}
