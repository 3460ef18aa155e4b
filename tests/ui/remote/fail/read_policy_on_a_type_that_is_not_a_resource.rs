use serde::{Deserialize, Serialize};
use sockful::{Filter, remote};

struct User {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct Note {
    id: String,
    owner: String,
}

#[remote]
impl Note {
    #[can(read)]
    fn seen_by(who: Option<&User>) -> Filter<Self> {
        assert!(who.is_none_or(|who| who.name != "root"));
        Filter::all()
    }

    #[can(update)]
    fn owned_by(&self, who: &User) -> bool {
        self.owner == who.name
    }

    #[can(destroy)]
    fn admins(who: &User) -> bool {
        who.name == "root"
    }
}

fn main() {}
