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
    #[before(update)]
    fn owned_by(&self, who: Option<&User>) -> bool {
        who.is_some_and(|who| self.owner == who.name)
    }
}

fn main() {}
