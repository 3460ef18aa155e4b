use serde::{Deserialize, Serialize};
use sockful::{Filter, Resource, remote};

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
    #[can(read, update)]
    fn seen_by(who: &User) -> Filter<Self> {
        Self::FIELDS.owner.eq(&who.name)
    }
}

fn main() {}
