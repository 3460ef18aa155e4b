use serde::{Deserialize, Serialize};
use sockful::Resource;

use std::collections::HashMap;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(defualt = HashMap::<String, u8>::new())]
    uses: HashMap<String, u8>,
}

fn main() {}
