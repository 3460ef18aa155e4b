//! Routes of relations.

use super::resources::{Beast, Cage, CagePatch, Keeper, NewCage, NewKeeper, local};
use sockful::client::ClientEvent;
use sockful::{ErrorKind, Filter};
use uuid::Uuid;

fn cage(id: u64) -> NewCage {
    NewCage {
        id: Some(id),
        ..NewCage::default()
    }
}

#[tokio::test]
async fn client_writes_reads_and_follows_children() {
    let (_server, client) = local().await;
    let keepers = client.records::<Keeper>();
    let [ann, ben] = ["Ann", "Ben"].map(|name| {
        let new = NewKeeper {
            badge: None,
            name: name.to_owned(),
        };
        keepers.create(new)
    });
    let (ann, ben) = (
        ann.await.expect("the record is created"),
        ben.await.expect("the record is created"),
    );
    let of_ann = keepers.children(Cage::FIELDS.keeper_id, ann.badge);
    let mut events = of_ann.subscribe(Cage::FIELDS.size.lt(10));
    let mut live = of_ann.live(Filter::all());
    assert!(
        matches!(events.next().await, Some(Ok(ClientEvent::Reset { records, .. })) if records.is_empty())
    );

    let created = of_ann.create(cage(1)).await.expect("the parent exists");
    assert_eq!((created.id, created.keeper_id), (1, ann.badge));
    client
        .records::<Cage>()
        .create(NewCage {
            keeper_id: ben.badge,
            ..cage(2)
        })
        .await
        .expect("the record is created");
    assert_eq!(
        of_ann.get(1_u64).await.expect("a child of this parent"),
        created
    );
    let error = of_ann
        .get(2_u64)
        .await
        .expect_err("a child of another parent");
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let bigger = CagePatch {
        size: Some(5),
        ..CagePatch::default()
    };
    let changed = of_ann
        .update(1_u64, bigger)
        .await
        .expect("a child of this parent");
    assert_eq!((changed.size, changed.keeper_id), (5, ann.badge));
    let all = of_ann.find(Filter::all()).await.expect("a list");
    assert_eq!(*all, *std::slice::from_ref(&changed));
    assert!(
        of_ann
            .find(Cage::FIELDS.size.gt(5))
            .await
            .expect("a list")
            .is_empty()
    );
    // A condition on the parent property is combined with the parent of the route.
    let matching = of_ann
        .find(Cage::FIELDS.keeper_id.eq(ann.badge))
        .await
        .expect("a list");
    assert_eq!(matching.len(), 1);
    let other = of_ann
        .find(Cage::FIELDS.keeper_id.eq(ben.badge))
        .await
        .expect("a list");
    assert!(other.is_empty());

    let parent = client
        .records::<Cage>()
        .parent::<Keeper, _>(Cage::FIELDS.keeper_id, 2_u64);
    assert_eq!(parent.await.expect("the parent"), ben);
    assert_eq!(
        of_ann.destroy(1_u64).await.expect("a child of this parent"),
        changed
    );
    let mut received = Vec::new();
    for _ in 0..3 {
        received.push(events.next().await.expect("an event").expect("no error"));
    }
    let shown = format!("{received:?}");
    assert!(
        matches!(
            received.as_slice(),
            [
                ClientEvent::Created { .. },
                ClientEvent::Updated { .. },
                ClientEvent::Destroyed { left: false, .. }
            ]
        ),
        "{shown}"
    );
    while let Some(changed) = live.changed().await {
        changed.expect("no error");
        if live.is_empty() {
            break;
        }
    }
}

#[tokio::test]
async fn client_follows_a_relation_to_its_own_resource() {
    let (_server, client) = local().await;
    let new = NewKeeper {
        badge: None,
        name: "Ann".to_owned(),
    };
    let ann = client
        .records::<Keeper>()
        .create(new)
        .await
        .expect("the record is created");
    let cages = client.records::<Cage>();
    cages
        .create(NewCage {
            keeper_id: ann.badge,
            ..cage(1)
        })
        .await
        .expect("the record is created");
    let inside = cages.children(Cage::FIELDS.inside_id, 1_u64);
    let inner = inside
        .create(NewCage {
            keeper_id: ann.badge,
            ..cage(2)
        })
        .await
        .expect("the record is created");
    assert_eq!(inner.inside_id, Some(1));
    let outer = cages
        .parent::<Cage, _>(Cage::FIELDS.inside_id, 2_u64)
        .await
        .expect("the parent");
    assert_eq!(outer.id, 1);
}

#[tokio::test]
async fn property_without_relation_is_rejected() {
    let (_server, client) = local().await;
    // The property has the type of the id, so the compiler accepts it.
    let kinds = client
        .records::<Beast>()
        .children(Beast::FIELDS.kind, "dragon");
    let error = kinds.find(Filter::all()).await.expect_err("not a relation");
    assert_eq!(
        error.to_string(),
        "`kind` of `beast` is not a relation to `beast`"
    );
    let error = kinds.get("bob").await.expect_err("not a relation");
    assert_eq!(
        error.to_string(),
        "`kind` of `beast` is not a relation to `beast`"
    );
    let parent = client
        .records::<Beast>()
        .parent::<Beast, _>(Beast::FIELDS.mood, "bob");
    assert_eq!(
        parent.await.expect_err("not a relation").to_string(),
        "`mood` of `beast` is not a relation to `beast`"
    );
    let keepers = client
        .records::<Keeper>()
        .children(Cage::FIELDS.keeper_id, Uuid::nil());
    let error = keepers
        .get(1_u64)
        .await
        .expect_err("the parent does not exist");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
