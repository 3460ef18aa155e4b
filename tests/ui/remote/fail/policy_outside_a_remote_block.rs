use serde::{Deserialize, Serialize};
use sockful::{Resource, can};

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    owner: String,
}

impl Note {
    #[can(update)]
    fn owned_by(&self) -> bool {
        self.owner.is_empty()
    }
}

fn main() {}
