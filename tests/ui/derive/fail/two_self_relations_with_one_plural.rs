use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Category {
    id: String,
    #[resource(parent = Category)]
    parent_id: Option<String>,
    #[resource(parent = Self)]
    root_id: Option<String>,
}

fn main() {}
