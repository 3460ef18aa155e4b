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
    fn owned_by(&self, who: &User) -> Result<(), String> {
        if self.owner == who.name { Ok(()) } else { Err("not yours".to_owned()) }
    }
}

fn main() {}
