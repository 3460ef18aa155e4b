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
    #[can(create)]
    fn admins(who: &User) -> bool {
        who.name == "root"
    }

    #[remote(name = "make")]
    pub fn create() {}
}

fn main() {}
