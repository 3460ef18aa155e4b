//! Typed queries of application code.

use crate::support::unix_time;
use serde::{Deserialize, Serialize};
use sockful::{Filter, Plain, Resource, Resources, Result, Server, ServerHandle, resources};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
enum Mood {
    Calm,
    Wild,
}

impl Plain for Mood {}

#[derive(Serialize, Deserialize, Resource)]
struct Beast {
    id: String,
    /// The species.
    #[resource(index)]
    kind: String,
    life: i32,
    weight: f64,
    tame: bool,
    mood: Mood,
    nick: Option<String>,
    age: Option<u8>,
    #[resource(wide)]
    gold: u64,
    #[resource(wide)]
    debt: Option<i128>,
    #[resource(private, default = "hush")]
    secret: String,
    #[resource(write_only)]
    password: String,
    #[resource(created_at)]
    since: u64,
    #[resource(updated_at)]
    touched: i64,
    #[resource(rev)]
    rev: u64,
}

const APP: Resources = resources![Beast];
const B: BeastFields = Beast::FIELDS;

fn beast(id: &str, life: i32) -> NewBeast {
    NewBeast {
        id: Some(id.to_owned()),
        kind: if life > 5 { "dragon" } else { "griffin" }.to_owned(),
        life,
        weight: f64::from(life) / 2.0,
        tame: life == 5,
        mood: if life > 8 { Mood::Wild } else { Mood::Calm },
        nick: (life > 6).then(|| format!("n{life}")),
        age: (life < 3).then_some(7),
        gold: u64::MAX - u64::from(life.cast_unsigned()),
        debt: (life == 1).then_some(i128::MIN),
        secret: None,
        password: format!("p{life}"),
    }
}

async fn ten() -> Result<ServerHandle> {
    let server = Server::new(APP).open().await?;
    for life in 0..10 {
        server
            .records::<Beast>()
            .create(beast(&format!("b{life}"), life))
            .await?;
    }
    Ok(server)
}

async fn lives(server: &ServerHandle, filter: Filter<Beast>) -> Vec<i32> {
    let found = server
        .records::<Beast>()
        .find(filter.clone())
        .await
        .expect("a list");
    let counted = server
        .records::<Beast>()
        .count(filter)
        .await
        .expect("a count");
    assert_eq!(counted, found.len());
    found.iter().map(|beast| beast.life).collect()
}

#[tokio::test]
async fn typed_operators_match_the_json_operators() -> Result<()> {
    let server = ten().await?;
    for (filter, expected) in [
        (Filter::all(), (0..10).collect::<Vec<_>>()),
        (B.life.eq(3), vec![3]),
        (B.life.ne(3) & B.life.lt(5), vec![0, 1, 2, 4]),
        (B.life.gt(7), vec![8, 9]),
        (B.life.gte(7) & !B.tame.eq(true), vec![7, 8, 9]),
        (B.life.lte(1), vec![0, 1]),
        (B.weight.lt(1.0), vec![0, 1]),
        (B.life.one_of([1, 3, 99]), vec![1, 3]),
        (B.life.none_of(2..10), vec![0, 1]),
        (B.kind.eq("griffin") & B.life.gt(3), vec![4, 5]),
        (B.kind.eq("griffin".to_owned()) & B.life.gt(4), vec![5]),
        (B.kind.prefix("gr") & (B.life.eq(1) | B.life.eq(9)), vec![1]),
        (B.tame.eq(true) | B.life.eq(0), vec![0, 5]),
        (B.mood.eq(Mood::Wild), vec![9]),
        (
            B.mood.one_of([Mood::Wild, Mood::Calm]) & B.id.eq("b2"),
            vec![2],
        ),
        (B.id.gt("b7"), vec![8, 9]),
    ] {
        assert_eq!(lives(&server, filter.clone()).await, expected, "{filter:?}");
    }
    Ok(())
}

#[tokio::test]
async fn none_equals_only_none() -> Result<()> {
    let server = ten().await?;
    for (filter, expected) in [
        (B.age.is_null() & B.life.lt(5), vec![3, 4]),
        (B.age.eq(None) & B.life.lt(5), vec![3, 4]),
        (B.age.is_not_null(), vec![0, 1, 2]),
        (B.age.eq(7), vec![0, 1, 2]),
        (B.age.gt(3), vec![0, 1, 2]),
        (B.age.ne(7) & B.life.lt(5), vec![3, 4]),
        (B.nick.eq("n8") | B.nick.prefix("n9"), vec![8, 9]),
        (B.nick.lt("z"), vec![7, 8, 9]),
        (B.debt.is_not_null(), vec![1]),
        (B.weight.eq(f64::NAN), vec![]),
    ] {
        assert_eq!(lives(&server, filter.clone()).await, expected, "{filter:?}");
    }
    Ok(())
}

#[tokio::test]
async fn bigint_and_write_only_properties_can_be_filtered() -> Result<()> {
    let server = ten().await?;
    for (filter, expected) in [
        (B.gold.eq(u64::MAX - 4), vec![4]),
        (B.gold.one_of([u64::MAX, u64::MAX - 1]), vec![0, 1]),
        (B.debt.eq(i128::MIN), vec![1]),
        (B.secret.eq("hush") & B.life.eq(1), vec![1]),
        (B.password.eq("p6"), vec![6]),
    ] {
        assert_eq!(lives(&server, filter.clone()).await, expected, "{filter:?}");
    }
    let rich = server.records::<Beast>().get(&"b1".to_owned()).await?;
    assert_eq!((rich.gold, rich.debt), (u64::MAX - 1, Some(i128::MIN)));
    Ok(())
}

#[tokio::test]
async fn typed_lists_are_sorted_and_limited() -> Result<()> {
    let server = ten().await?;
    let found = server
        .records::<Beast>()
        .find(B.life.lt(9))
        .sort(B.kind.ascending())
        .sort(B.life.descending())
        .skip(1)
        .limit(3)
        .await?;
    let lives: Vec<i32> = found.iter().map(|beast| beast.life).collect();
    assert_eq!(lives, [7, 6, 5]);
    assert_eq!(format!("{:?}", B.life), r#"Field("life")"#);
    Ok(())
}

#[tokio::test]
async fn timestamps_and_rev_change_only_with_a_change() -> Result<()> {
    let time = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&time);
    let server = Server::new(APP)
        .clock(move || unix_time(clock.load(Ordering::Relaxed)))
        .open()
        .await?;
    let beasts = server.records::<Beast>();
    let (bob, larry) = ("bob".to_owned(), "larry".to_owned());
    let managed = |beast: &Beast| (beast.since, beast.touched, beast.rev);
    let tamed = |tame| BeastPatch {
        tame: Some(tame),
        ..Default::default()
    };

    assert_eq!(
        managed(&beasts.create(beast("bob", 3)).await?),
        (1_000, 1_000, 1)
    );
    time.store(2_000, Ordering::Relaxed);
    assert_eq!(
        managed(&beasts.update(&bob, tamed(false)).await?),
        (1_000, 1_000, 1)
    );
    assert_eq!(
        managed(&beasts.update(&bob, tamed(true)).await?),
        (1_000, 2_000, 2)
    );
    assert_eq!(
        managed(&beasts.create(beast("larry", 3)).await?),
        (2_000, 2_000, 3)
    );
    // `updated_at` never decreases, even if the clock is set back.
    time.store(500, Ordering::Relaxed);
    assert_eq!(
        managed(&beasts.update(&bob, tamed(false)).await?),
        (1_000, 2_000, 4)
    );
    // A recreated record starts with the revision of its commit.
    beasts.destroy(&larry).await?;
    assert_eq!(
        managed(&beasts.create(beast("larry", 3)).await?),
        (500, 500, 6)
    );
    Ok(())
}
