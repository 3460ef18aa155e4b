//! Typed queries of the client match those of the server.

use super::resources::{Beast, Hoard, NewHoard, beast, local};
use sockful::{ErrorKind, Filter};

#[tokio::test]
async fn every_condition_matches_equally_on_both_sides() {
    let (server, client) = local().await;
    let (there, here) = (server.records::<Beast>(), client.records::<Beast>());
    for (at, kind) in ["dragon", "dra\"gon", "wyrm", "ゾウ"]
        .into_iter()
        .enumerate()
    {
        for life in [-1, 0, 1 << 53, 5] {
            let mut new = beast(&format!("{at}:{life}"), kind);
            new.life = Some(life.min((1 << 53) - 1));
            new.weight = Some(f64::from(u8::try_from(at).expect("a few")) / 3.0);
            new.tame = Some(at % 2 == 0);
            new.mood = (life > 0).then(|| "calm".to_owned());
            here.create(new).await.expect("there is none");
        }
    }
    let its = Beast::FIELDS;
    let conditions = || {
        [
            Filter::all(),
            its.kind.eq("dra\"gon"),
            its.kind.ne("dragon"),
            its.kind.prefix("dra"),
            its.kind.one_of(["wyrm", "ゾウ", "none"]),
            its.kind.none_of(["wyrm"]),
            its.life.eq((1 << 53) - 1),
            its.life.gt(0),
            its.life.gte(0),
            its.life.lt(5),
            its.life.lte(-1),
            its.weight.eq(1.0 / 3.0),
            its.weight.gt(0.5),
            its.weight.eq(0.0),
            its.tame.eq(true),
            its.mood.is_null(),
            its.mood.is_not_null(),
            its.mood.eq("calm"),
            its.id.gt("1"),
            its.rev.gt(4),
        ]
    };
    let mut asked = 0;
    for one in conditions() {
        for other in conditions() {
            for filter in [one.clone() & other.clone(), one.clone() | !other.clone()] {
                let expected = there.find(filter.clone()).await.expect("a list");
                let expected: Vec<_> = expected.iter().map(|it| &*it.id).collect();
                let found = here.find(filter.clone()).await.expect("a list");
                let found: Vec<_> = found.iter().map(|it| &*it.id).collect();
                assert_eq!(found, expected, "{filter:?}");
                let count = here.count(filter.clone()).await.expect("a number");
                assert_eq!(count, expected.len(), "{filter:?}");
                asked += expected.len();
            }
        }
    }
    assert!(asked > 1_000, "they are of something: {asked}");
    let error = here
        .find(its.weight.eq(f64::NAN))
        .await
        .expect_err("nothing equals it");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    let error = here
        .find(its.secret.eq("hush"))
        .await
        .expect_err("it is private");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
}

#[tokio::test]
async fn client_lists_are_sorted_and_paged() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    for life in 0..7 {
        let mut new = beast(&format!("b{life}"), "dragon");
        new.life = Some(life / 2);
        beasts.create(new).await.expect("there is none");
    }
    let its = Beast::FIELDS;
    let list = || {
        beasts
            .find(Filter::all())
            .sort(its.life.descending())
            .sort(its.id.descending())
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
        let made = hoards.create(hoard).await.expect("there is none");
        assert_eq!((made.gold, made.debt), (gold, debt));
        let found = hoards
            .find(Hoard::FIELDS.gold.eq(gold))
            .await
            .expect("a list");
        assert_eq!(*found, [made]);
        let found = hoards
            .find(Hoard::FIELDS.debt.ne(debt))
            .await
            .expect("a list");
        assert!(found.iter().all(|it| it.id != id));
    }
}
