mod vendor {
    pub use sockful as wet;
}

use serde::{Deserialize, Serialize};

#[derive(Serialize, schemars::JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, vendor::wet::Resource)]
#[resource(crate = vendor::wet, event(roared = Roar))]
struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
}

#[vendor::wet::remote(crate = vendor::wet)]
impl Creature {
    pub fn feed(&mut self, meal: String) {
        self.kind = meal;
    }
}

const APP: vendor::wet::Resources = vendor::wet::resources![crate = vendor::wet, Creature];

fn main() {
    assert!(APP.find("creature", "feed").is_some());
}
