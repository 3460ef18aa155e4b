use serde::{Deserialize, Serialize};
use sockful::{Filter, Resource, remote};

struct User {
    name: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    owner: String,
    published: bool,
}

#[remote]
impl Note {
    #[can(read)]
    fn seen_by(context: Option<&sockful::Context>) -> Filter<Self> {
        Self::FIELDS.published.eq(context.is_none())
    }
}

fn main() {}
