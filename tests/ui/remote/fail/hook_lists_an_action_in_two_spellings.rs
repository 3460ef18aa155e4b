use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    owner: String,
}

#[remote]
impl Note {
    #[before(update, r#update)]
    fn check(&self) {}
}

fn main() {}
