use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    owner: String,
}

#[remote]
impl Note {
    #[before(update)]
    fn check(&self) {}

    #[remote(name = "rewrite")]
    pub fn update(&mut self) {}
}

fn main() {}
