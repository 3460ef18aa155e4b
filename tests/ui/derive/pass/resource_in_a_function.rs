fn main() {
    use sockful::{Resource, Resources, remote, resources};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, Clone, Copy)]
    struct Life(i32);

    const FULL: Life = Life(10);

    #[derive(serde::Serialize, serde::Deserialize, Resource)]
    struct Creature {
        id: String,
        #[resource(default = FULL)]
        life: Life,
        #[resource(default)]
        young: Vec<Self>,
    }

    #[remote]
    impl Creature {
        pub fn weigh(&self, #[resource(default = FULL)] life: Life) -> i32 {
            self.life.0 - life.0
        }

        pub fn same(other: Option<Box<Self>>) -> Option<Box<Self>> {
            other
        }
    }

    const APP: Resources = resources![Creature];
    assert!(APP.find("creature", "weigh").is_some());
}
