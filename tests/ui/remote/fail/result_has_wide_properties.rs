use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(wide)]
    gold: u64,
}

#[remote]
impl Creature {
    pub fn itself(self_id: String) -> Option<Creature> {
        let _ = self_id;
        None
    }
}

fn main() {}
