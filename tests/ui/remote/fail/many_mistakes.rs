use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(self, (amount, more): (i32, i32)) -> impl Sized {
        amount + more
    }

    pub(crate) fn destroy(&mut self, #[resource(defualt)] id: String) {
        drop(id);
    }

    #[remote(nam = "look")]
    pub fn find(&self, id: &mut String) {
        id.clear();
    }
}

// The block is compiled despite the mistakes.
fn _uses(creature: Creature) -> sockful::Resources {
    drop(creature.feed((1, 2)));
    sockful::resources![Creature]
}

fn main() {}
