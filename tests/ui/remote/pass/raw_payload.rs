use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, remote, resources};
use std::collections::BTreeMap;

// It is never serialized, so `Serialize` is not required.
#[derive(Deserialize, schemars::JsonSchema)]
struct Meal {
    amount: i32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, #[payload] meal: Meal) {
        self.life += meal.amount;
    }

    // A raw payload needs no name.
    pub async fn import(_: &Context, #[payload] Meal { amount }: Meal) -> sockful::Result<i32> {
        Ok(amount)
    }

    pub fn tally(&self, #[payload] mut all: BTreeMap<String, i32>, context: &Context) -> usize {
        all.retain(|_, _| context.peer().is_some());
        all.len()
    }

    // Its name has no special meaning elsewhere.
    pub fn keep(payload: Meal2) -> u8 {
        payload.0
    }
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Meal2(u8);

const APP: Resources = resources![Creature];

fn main() {
    assert!(APP.find("creature", "import").is_some());
}
