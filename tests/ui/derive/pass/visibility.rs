mod zoo {
    use serde::{Deserialize, Serialize};
    use sockful::{Resource, remote};

    struct Cave;

    #[derive(Serialize, Deserialize, schemars::JsonSchema)]
    pub(crate) struct Mood(u8);

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        id: String,
        pub(super) kind: String,
        #[resource(default = Mood(1))]
        mood: Mood,
    }

    #[remote]
    impl Creature {
        pub fn lighten(&mut self) {
            self.mood.0 += 1;
            self.hide(&Cave);
        }

        fn hide(&self, _: &Cave) {}
    }

    pub mod deep {
        #[derive(serde::Serialize, serde::Deserialize, sockful::Resource)]
        pub(in crate::zoo) struct Fish {
            id: u64,
            name: String,
        }
    }

    pub(crate) const APP: sockful::Resources = sockful::resources![Creature, deep::Fish];
}

fn main() {
    let new = zoo::NewCreature { id: None, kind: "dragon".to_owned(), mood: None };
    let patch = zoo::CreaturePatch { kind: Some(new.kind), ..Default::default() };
    assert_eq!(format!("{patch:?}"), "CreaturePatch { kind: \"dragon\" }");
    assert_eq!(zoo::APP.entries().len(), 2);
}
