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
    #[can(read)]
    fn seen_by(who: &User) -> bool {
        who.name == "bob"
    }
}

fn main() {}
