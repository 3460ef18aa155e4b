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
    #[can(raed)]
    fn seen_by(who: &User) -> Filter<Self> {
        Self::FIELDS.owner.eq(&who.name)
    }

    #[can(update)]
    async fn owned_by(&mut self, who: &User) {
        assert_eq!(self.owner, who.name);
    }

    #[can(destroy, save)]
    fn admins(who: &User, name: String) -> bool {
        who.name == name
    }
}

fn main() {}
