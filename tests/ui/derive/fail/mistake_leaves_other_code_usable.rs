use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(defualt = 10)]
    life: i32,
}

#[remote]
impl Creature {
    pub fn all_of_them() -> Vec<Creature> {
        let new = NewCreature { life: 3, ..Default::default() };
        println!("{new:?}");
        Vec::new()
    }
}

fn main() {}
