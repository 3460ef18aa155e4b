//! Several former names, and rollback to an earlier version.

use super::temp_folder::Folder;
use sockful::{Resources, resources};

macro_rules! version {
    ($name:ident, $(#[$resource:meta])* { $($fields:tt)* }) => {
        mod $name {
            use serde::{Deserialize, Serialize};
            use sockful::Resource;

            #[derive(Serialize, Deserialize, Resource)]
            $(#[$resource])*
            pub(super) struct Creature {
                pub(super) id: String,
                $($fields)*
            }
        }
    };
}

version!(first, { pub(super) life: u64, });
version!(second, { pub(super) health: u64, });
version!(third, {
    #[resource(renamed_from("health", "life"))]
    pub(super) vigour: u64,
});
version!(winged, {
    pub(super) life: u64,
    #[resource(default = 2)]
    pub(super) wings: u8,
});
version!(other_wings, {
    pub(super) life: u64,
    #[resource(default = 4)]
    pub(super) wings: u8,
});

mod beast {
    use serde::{Deserialize, Serialize};
    use sockful::Resource;

    #[derive(Serialize, Deserialize, Resource)]
    #[resource(renamed_from("monster", "creature"))]
    pub(super) struct Beast {
        pub(super) id: String,
        #[resource(renamed_from("life"))]
        pub(super) health: u64,
    }
}

const FIRST: Resources = resources![first::Creature];
const WINGED: Resources = resources![winged::Creature];

async fn filled(name: &str) -> Folder {
    let folder = Folder::new(name);
    let handle = folder.open(FIRST).await.expect("a new file");
    let bob = first::NewCreature {
        id: Some("bob".to_owned()),
        life: 7,
    };
    let created = handle.records::<first::Creature>().create(bob).await;
    created.expect("the record is created");
    handle.close().await.expect("the store closes");
    folder
}

fn bob() -> String {
    "bob".to_owned()
}

#[tokio::test]
async fn value_is_kept_from_each_former_name() {
    // Without the intermediate version, and with it.
    let folder = filled("renamed-twice").await;
    let handle = folder.open(resources![third::Creature]).await;
    let handle = handle.expect("the value is kept");
    let creature = handle.records::<third::Creature>().get(&bob()).await;
    assert_eq!(creature.expect("the record exists").vigour, 7);
    handle.close().await.expect("the store closes");

    let folder = Folder::new("renamed-once");
    let handle = folder.open(resources![second::Creature]).await;
    let handle = handle.expect("a new file");
    let new = second::NewCreature {
        id: Some(bob()),
        health: 8,
    };
    let created = handle.records::<second::Creature>().create(new).await;
    created.expect("the record is created");
    handle.close().await.expect("the store closes");
    let handle = folder.open(resources![third::Creature]).await;
    let handle = handle.expect("the value is kept");
    let creature = handle.records::<third::Creature>().get(&bob()).await;
    assert_eq!(creature.expect("the record exists").vigour, 8);
}

#[tokio::test]
async fn resource_has_several_former_names() {
    let folder = filled("renamed-resource").await;
    let handle = folder.open(resources![beast::Beast]).await;
    let handle = handle.expect("the records are kept");
    let beast = handle.records::<beast::Beast>().get(&bob()).await;
    assert_eq!(beast.expect("the record exists").health, 7);
}

#[tokio::test]
async fn version_that_added_a_default_can_be_undone() {
    let folder = filled("undone").await;
    for _ in 0..2 {
        let handle = folder
            .open(WINGED)
            .await
            .expect("the new property has a default");
        let creature = handle.records::<winged::Creature>().get(&bob()).await;
        assert_eq!(creature.expect("the record exists").wings, 2);
        handle.close().await.expect("the store closes");
        let handle = folder.open(FIRST).await.expect("no value is lost");
        let creature = handle.records::<first::Creature>().get(&bob()).await;
        assert_eq!(creature.expect("the record exists").life, 7);
        handle.close().await.expect("the store closes");
    }
    let handle = folder
        .open(WINGED)
        .await
        .expect("the new property has a default");
    let new = winged::NewCreature {
        id: None,
        life: 1,
        wings: Some(3),
    };
    let created = handle.records::<winged::Creature>().create(new).await;
    created.expect("the record is created");
    handle.close().await.expect("the store closes");
    let refused = folder.open(FIRST).await.expect_err("a value would be lost");
    let text = refused.to_string();
    assert!(text.contains("`wings` was removed, but 1 record"), "{text}");
}

#[tokio::test]
async fn another_default_changes_no_record_and_no_history() {
    let folder = filled("other-default").await;
    let handle = folder
        .open(WINGED)
        .await
        .expect("the new property has a default");
    let (epoch, secret) = (handle.store().epoch().to_owned(), handle.store().secret());
    handle.close().await.expect("the store closes");
    let handle = folder.open(resources![other_wings::Creature]).await;
    let handle = handle.expect("nothing has changed");
    assert_eq!(
        (handle.store().epoch(), handle.store().secret()),
        (&*epoch, secret)
    );
    let creature = handle.records::<other_wings::Creature>().get(&bob()).await;
    assert_eq!(creature.expect("the record exists").wings, 2);
    handle.close().await.expect("the store closes");
    // The records have the earlier default as a stored value.
    folder.open(FIRST).await.expect_err("a value would be lost");
}
