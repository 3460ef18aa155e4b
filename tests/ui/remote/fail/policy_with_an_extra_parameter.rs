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
    fn owned_by(&self, who: &User, context: &sockful::Context) -> bool {
        context.peer().is_some() && self.owner == who.name
    }
}

fn main() {}
