//! Successive versions of one resource.

use super::temp_folder::Folder;
use serde::{Deserialize, Serialize};
use sockful::{Resource, resources};

pub(super) mod first {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        pub(crate) kind: String,
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        pub(crate) note: Option<String>,
    }
}

pub(super) mod more {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        #[resource(index, renamed_from = "kind")]
        pub(crate) species: String,
        #[resource(default = 2)]
        pub(crate) wings: u8,
        pub(crate) life: i32,
        #[resource(private, renamed_from = "secret")]
        pub(crate) whisper: Option<String>,
        pub(crate) nick: Option<String>,
        #[resource(rev)]
        pub(crate) rev: u64,
        #[resource(created_at)]
        pub(crate) since: u64,
    }
}

pub(super) mod indexed {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        #[resource(index)]
        pub(crate) kind: String,
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        pub(crate) note: Option<String>,
    }
}

pub(super) mod bare {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        pub(crate) kind: String,
        pub(crate) life: i32,
    }
}

pub(super) mod unfit {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        pub(crate) kind: String,
        #[resource(range(..=5))]
        pub(crate) life: i32,
        pub(crate) owner: String,
        #[resource(private)]
        pub(crate) secret: Option<u64>,
    }
}

pub(super) mod small {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        pub(crate) kind: String,
        #[resource(range(..=5))]
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        pub(crate) note: Option<String>,
    }
}

pub(super) mod unique {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        #[resource(unique)]
        pub(crate) kind: String,
        #[resource(unique)]
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        #[resource(unique)]
        pub(crate) note: Option<String>,
    }
}

pub(super) mod numbered {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        pub(crate) kind: String,
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        pub(crate) note: Option<String>,
        #[resource(unique)]
        pub(crate) nick: Option<String>,
        #[resource(unique, default = 7)]
        pub(crate) number: i32,
    }
}

pub(super) mod renamed {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    #[resource(renamed_from = "creature")]
    pub(crate) struct Beast {
        pub(crate) id: String,
        pub(crate) kind: String,
        pub(crate) life: i32,
        #[resource(private)]
        pub(crate) secret: Option<String>,
        pub(crate) note: Option<String>,
    }
}

pub(super) mod sanitized {
    use super::{Deserialize, Resource, Serialize};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Creature {
        pub(crate) id: String,
        #[resource(unique, sanitize(trim, lowercase))]
        pub(crate) kind: String,
        pub(crate) life: i32,
        #[resource(private, sanitize(Self::mark))]
        pub(crate) secret: Option<String>,
        #[resource(index)]
        pub(crate) note: Option<jiff::Timestamp>,
    }

    impl Creature {
        fn mark(text: Option<String>) -> Option<String> {
            text.map(|text| text + "!")
        }
    }
}

/// Creates a file with three records of the first version.
pub(super) async fn filled(name: &str) -> Folder {
    let folder = Folder::new(name);
    let handle = folder.open(resources![first::Creature]).await;
    let handle = handle.expect("a new file");
    for (id, life) in [("ann", 3), ("bob", 10), ("eve", 7)] {
        let creature = first::NewCreature {
            id: Some(id.into()),
            kind: "dragon".into(),
            life,
            secret: (id == "bob").then(|| "hush".into()),
            note: None,
        };
        let created = handle.records::<first::Creature>().create(creature).await;
        created.expect("the record is created");
    }
    folder
}
