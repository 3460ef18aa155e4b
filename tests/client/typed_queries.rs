//! Typed queries of the client match those of the server.

use super::resources::{Beast, Hoard, NewHoard, beast, local};
use sockful::{ErrorKind, Filter};

#[tokio::test]
async fn every_condition_matches_equally_on_both_sides() {
    let (server, client) = local().await;
    let (on_server, on_client) = (server.records::<Beast>(), client.records::<Beast>());
    for (nth, kind) in ["dragon", "dra\"gon", "wyrm", "ゾウ"]
        .into_iter()
        .enumerate()
    {
        for life in [-1, 0, 1 << 53, 5] {
            let mut new = beast(&format!("{nth}:{life}"), kind);
            new.life = Some(life.min((1 << 53) - 1));
            new.weight = Some(f64::from(u8::try_from(nth).expect("a small number")) / 3.0);
            new.tame = Some(nth % 2 == 0);
            new.mood = (life > 0).then(|| "calm".to_owned());
            on_client.create(new).await.expect("the record is created");
        }
    }
    let fields = Beast::FIELDS;
    let conditions = || {
        [
            Filter::all(),
            fields.kind.eq("dra\"gon"),
            fields.kind.ne("dragon"),
            fields.kind.prefix("dra"),
            fields.kind.one_of(["wyrm", "ゾウ", "none"]),
            fields.kind.none_of(["wyrm"]),
            fields.life.eq((1 << 53) - 1),
            fields.life.gt(0),
            fields.life.gte(0),
            fields.life.lt(5),
            fields.life.lte(-1),
            fields.weight.eq(1.0 / 3.0),
            fields.weight.gt(0.5),
            fields.weight.eq(0.0),
            fields.tame.eq(true),
            fields.mood.is_null(),
            fields.mood.is_not_null(),
            fields.mood.eq("calm"),
            fields.id.gt("1"),
            fields.rev.gt(4),
        ]
    };
    let mut matches = 0;
    for one in conditions() {
        for other in conditions() {
            for filter in [one.clone() & other.clone(), one.clone() | !other.clone()] {
                let expected = on_server.find(filter.clone()).await.expect("a list");
                let expected: Vec<_> = expected.iter().map(|it| &*it.id).collect();
                let found = on_client.find(filter.clone()).await.expect("a list");
                let found: Vec<_> = found.iter().map(|it| &*it.id).collect();
                assert_eq!(found, expected, "{filter:?}");
                let count = on_client.count(filter.clone()).await.expect("a number");
                assert_eq!(count, expected.len(), "{filter:?}");
                matches += expected.len();
            }
        }
    }
    assert!(matches > 1_000, "too few matches: {matches}");
    let error = on_client
        .find(fields.weight.eq(f64::NAN))
        .await
        .expect_err("NaN cannot be compared");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    let error = on_client
        .find(fields.secret.eq("hush"))
        .await
        .expect_err("the property is private");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
}

#[tokio::test]
async fn client_lists_are_sorted_and_paged() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    for life in 0..7 {
        let mut new = beast(&format!("b{life}"), "dragon");
        new.life = Some(life / 2);
        beasts.create(new).await.expect("the record is created");
    }
    let fields = Beast::FIELDS;
    let list = || {
        beasts
            .find(Filter::all())
            .sort(fields.life.descending())
            .sort(fields.id.descending())
    };
    let all: Vec<_> = list()
        .await
        .expect("a list")
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(all, ["b6", "b5", "b4", "b3", "b2", "b1", "b0"]);
    let (mut pages, mut next) = (Vec::new(), None);
    loop {
        let page = list().limit(3);
        let page = match next {
            None => page,
            Some(next) => page.after(next),
        };
        let page = page.await.expect("a page");
        pages.extend(page.iter().map(|it| it.id.clone()));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(pages, all);
    let skipped = list().skip(5).await.expect("a list");
    assert_eq!(
        skipped.iter().map(|it| &*it.id).collect::<Vec<_>>(),
        ["b1", "b0"]
    );
}

#[tokio::test]
async fn bigint_conditions_and_values_round_trip() {
    let (_server, client) = local().await;
    let hoards = client.records::<Hoard>();
    for (id, gold, debt) in [("most", u64::MAX, i128::MIN), ("none", 0, i128::MAX)] {
        let hoard = NewHoard {
            id: Some(id.into()),
            gold,
            debt,
        };
        let created = hoards.create(hoard).await.expect("the record is created");
        assert_eq!((created.gold, created.debt), (gold, debt));
        let found = hoards
            .find(Hoard::FIELDS.gold.eq(gold))
            .await
            .expect("a list");
        assert_eq!(*found, [created]);
        let found = hoards
            .find(Hoard::FIELDS.debt.ne(debt))
            .await
            .expect("a list");
        assert!(found.iter().all(|it| it.id != id));
    }
}
