use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

#[remote]
impl Creature {
    #[cfg(unix)]
    pub fn feed(&self, amount: u8) -> u8 {
        amount
    }

    #[cfg(not(unix))]
    pub fn feed(&self) -> Missing {}

    #[cfg(not(unix))]
    #[remote(name = "feed")]
    pub fn feed_elsewhere(&self, nothing: Nothing) -> Missing {}
}

const APP: Resources = resources![Creature];

fn main() {
    assert_eq!(APP.routes().iter().filter(|route| route.name == "feed").count(), 1);
}
