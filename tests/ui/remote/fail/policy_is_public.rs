use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

struct User {
    name: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    owner: String,
}

#[remote]
impl Note {
    #[can(update)]
    pub fn owned_by(&self) -> bool {
        self.owner.is_empty()
    }
}

fn main() {}
