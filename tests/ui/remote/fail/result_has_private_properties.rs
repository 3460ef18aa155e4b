use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Vault {
    id: String,
    #[resource(private, default)]
    secret: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn reveal(self_id: String) -> sockful::Result<Vec<Vault>> {
        let _ = self_id;
        Ok(Vec::new())
    }
}

fn main() {}
