use serde::{Deserialize, Serialize};
use sockful::{Resource, Result, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, amount: String) -> Result<i32> {
        self.life += amount.parse::<i32>()?;
        Ok(self.life)
    }
}

fn main() {}
