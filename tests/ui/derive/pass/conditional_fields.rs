use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[cfg(unix)]
    id: String,
    #[cfg(not(unix))]
    id: u64,
    #[cfg_attr(unix, serde(rename = "kind"))]
    #[cfg_attr(unix, resource(default = "dragon"))]
    class: String,
    #[cfg(not(unix))]
    life: Nothing,
}

fn main() {
    let new = NewCreature { id: Some("bob".to_owned()), class: Some("cat".to_owned()) };
    assert_eq!(format!("{new:?}"), "NewCreature { id: \"bob\", kind: \"cat\" }");
}
