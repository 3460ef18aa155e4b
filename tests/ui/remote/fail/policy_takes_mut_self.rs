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
    fn owned_by(&mut self, who: &User) -> bool {
        self.owner == who.name
    }
}

fn main() {}
