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
    fn owned_by(&self, context: &sockful::Context) -> bool {
        context.peer().is_some() && self.owner.is_empty()
    }
}

fn main() {}
