use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(create)]
    async fn check(&self) {
        let shared = std::rc::Rc::new(self.life);
        std::future::ready(()).await;
        drop(shared);
    }
}

fn main() {}
