use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub async fn feed(&mut self) {
        let shared = std::rc::Rc::new(1);
        std::future::ready(()).await;
        self.life += *shared;
    }
}

fn main() {}
