//! The hook table has a row for each hook and phase, in source order.

use serde::{Deserialize, Serialize};
use sockful::macro_support::Remotes;
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

#[remote]
impl Creature {
    #[remote(name = "nourish")]
    pub fn feed(&mut self) {
        self.id.shrink_to_fit();
    }

    #[after(update)]
    #[before(create, feed)]
    #[after(destroy)]
    fn check(&self) {
        assert!(!self.id.is_empty());
    }

    #[before(create)]
    fn first() {}

    #[cfg(any())]
    #[before(create)]
    fn never() {}
}

#[derive(Serialize, Deserialize, Resource)]
struct Plain {
    id: String,
}

#[remote]
impl Plain {
    pub fn feed(&mut self) {
        self.id.shrink_to_fit();
    }
}

#[test]
fn hook_table_has_a_row_per_hook_and_phase() {
    let rows: Vec<String> = Creature::HOOKS
        .iter()
        .map(|hook| format!("{} {:?} {:?}", hook.name, hook.phase, hook.on))
        .collect();
    assert_eq!(
        rows,
        [
            "check After [Update, Destroy]",
            "check Before [Create, Remote(\"nourish\")]",
            "first Before [Create]",
        ]
    );
    assert!(Plain::HOOKS.is_empty());
}
