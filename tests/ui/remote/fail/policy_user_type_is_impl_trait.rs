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
    fn owned_by(&self, who: &impl AsRef<str>) -> bool {
        self.owner == who.as_ref()
    }
}

fn main() {}
