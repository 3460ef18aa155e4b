//! Integers beyond the safe range of JavaScript, and numbers that are not finite.

use super::property_access::{accounts, fault};
use crate::support::{Client, TestServer, for_random_values};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, resources};

/// A record with a wide integer of each type.
#[derive(Serialize, Deserialize, Resource)]
struct Purse {
    id: u32,
    #[resource(wide)]
    coins: u64,
    #[resource(wide, index)]
    change: i64,
    #[resource(wide, index)]
    shares: u128,
    #[resource(wide)]
    debt: Option<i128>,
}

const PURSES: Resources = resources![Purse];

#[tokio::test]
pub(crate) async fn bigints_are_decimal_strings_both_ways() {
    let (_server, mut client) = accounts().await;
    let (gold, debt) = (u64::MAX.to_string(), i128::MIN.to_string());
    let payload = json!({"id": "bob", "gold": gold, "debt": debt});
    let bob = client.ok("account", "create", payload).await;
    assert_eq!((&bob["gold"], &bob["debt"]), (&json!(gold), &json!(debt)));
    assert_eq!(client.ok("account", "get", json!({"id": "bob"})).await, bob);
    for conditions in [
        json!({"gold": gold, "debt": debt}),
        json!({"gold": {"$in": ["7", gold]}, "debt": {"$ne": null}}),
        json!({"gold": {"$nin": ["7"]}, "debt": {"$ne": "7"}}),
    ] {
        assert_eq!(client.ok("account", "count", conditions).await, 1);
    }
    client
        .ok(
            "account",
            "update",
            json!({"id": "bob", "debt": null, "gold": "0"}),
        )
        .await;
    client
        .ok("account", "earn", json!({"id": "bob", "gold": gold}))
        .await;
    let bob = client.ok("account", "get", json!({"id": "bob"})).await;
    assert_eq!((&bob["gold"], &bob["debt"]), (&json!(gold), &Value::Null));
}

/// Any integer, often one at the limits of its type or of the safe range of JavaScript.
macro_rules! integer {
    ($integer:ty) => {
        prop_oneof![
            3 => any::<$integer>(),
            1 => proptest::sample::select(vec![<$integer>::MIN, 0, 1, <$integer>::MAX]),
            1 => proptest::sample::select(vec![1 << 53, (1 << 53) - 1, (1 << 53) + 1]),
        ]
    };
}

async fn purses() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(PURSES)).await;
    let client = server.client().await;
    (server, client)
}

#[test]
fn random_bigints_round_trip_and_are_found() {
    let debt = proptest::option::weighted(0.8, integer!(i128));
    let made = (integer!(u64), integer!(i64), integer!(u128), debt);
    for_random_values(200, &made, purses, async |(_, client), made| {
        let (coins, change, shares, debt) = made;
        let purse = json!({
            "id": 1, "coins": coins.to_string(), "change": change.to_string(),
            "shares": shares.to_string(), "debt": debt.map(|debt| debt.to_string()),
        });
        // Removes the record of the previous case, which may have failed.
        client.reply("purse", "destroy", json!({"id": 1})).await;
        let created = client.ok("purse", "create", purse.clone()).await;
        prop_assert_eq!(&created, &purse);
        let got = client.ok("purse", "get", json!({"id": 1})).await;
        prop_assert_eq!(&got, &purse);
        let neighbours = [
            ("coins", json!(coins.wrapping_add(1).to_string())),
            ("change", json!(change.wrapping_add(1).to_string())),
            ("shares", json!(shares.wrapping_add(1).to_string())),
            (
                "debt",
                json!(debt.map_or(0, |debt| debt.wrapping_add(1)).to_string()),
            ),
        ];
        for (name, neighbour) in neighbours {
            let by_itself = client.ok("purse", "find", json!({name: purse[name]})).await;
            prop_assert_eq!(&by_itself, &json!([purse]), "{}", name);
            let beside = client.ok("purse", "find", json!({name: neighbour})).await;
            prop_assert_eq!(beside, json!([]), "{}", name);
        }
        Ok(())
    });
}

#[tokio::test]
pub(crate) async fn bigint_in_other_spelling_is_rejected() {
    let (_server, mut client) = accounts().await;
    for gold in [
        json!(7),
        json!("07"),
        json!("+7"),
        json!("7.0"),
        json!("-1"),
        json!(""),
        json!("18446744073709551616"),
    ] {
        let (rule, path) = fault(&mut client, "create", json!({"gold": gold})).await;
        assert_eq!((&*rule, &*path), ("type", "gold"), "{gold}");
    }
}

#[tokio::test]
pub(crate) async fn bigints_are_compared_by_equality_only() {
    let (_server, mut client) = accounts().await;
    for (payload, path) in [
        (json!({"gold": {"$gt": "7"}}), "gold.$gt"),
        (json!({"gold": {"$lte": "7"}}), "gold.$lte"),
        (json!({"gold": {"$prefix": "7"}}), "gold.$prefix"),
        (json!({"gold": 7}), "gold"),
        (json!({"gold": "07"}), "gold"),
        (json!({"gold": {"$in": [7]}}), "gold.$in[0]"),
        (json!({"$sort": {"gold": 1}}), "$sort.gold"),
    ] {
        let error = client.err("account", "find", payload).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!(path)),
            "{error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn non_finite_number_is_never_stored_at_any_depth() {
    let (_server, mut client) = accounts().await;
    client
        .ok("account", "create", json!({"id": "bob", "height": 1.5}))
        .await;
    client
        .ok("account", "walk", json!({"id": "bob", "path": -0.5}))
        .await;
    for (action, path) in [("walk", "path"), ("grow", "height"), ("lose", "points")] {
        let (rule, named) = fault(&mut client, action, json!({"id": "bob"})).await;
        assert_eq!((&*rule, &*named), ("finite", path), "{action}");
    }
    let bob = client.ok("account", "get", json!({"id": "bob"})).await;
    assert_eq!(
        json!([bob["path"], bob["height"], bob["points"]]),
        json!([[-0.5], 1.5, 0.0])
    );
}

#[tokio::test]
pub(crate) async fn minus_zero_equals_zero() {
    let (_server, mut client) = accounts().await;
    client
        .ask_text(r#"["account","create",{"id":"bob","points":-0.0},1]"#)
        .await;
    assert_eq!(client.ok("account", "count", json!({"points": 0})).await, 1);
    assert_eq!(
        client
            .ok("account", "count", json!({"points": {"$lt": 0}}))
            .await,
        0
    );
    assert_eq!(
        client
            .ok("account", "count", json!({"points": {"$in": [0]}}))
            .await,
        1
    );
}

#[tokio::test]
pub(crate) async fn nested_inexact_integers_are_rejected() {
    let (_server, mut client) = accounts().await;
    let exact = (1_u64 << 53) - 1;
    client
        .ok(
            "account",
            "create",
            json!({"id": "bob", "numbers": [exact]}),
        )
        .await;
    let payload = json!({"id": "eve", "numbers": [1, exact + 1]});
    let (rule, path) = fault(&mut client, "create", payload).await;
    assert_eq!((&*rule, &*path), ("range", "numbers"));
    let (rule, path) = fault(&mut client, "number", json!({"id": "bob"})).await;
    assert_eq!((&*rule, &*path), ("range", "numbers"));
}

#[tokio::test]
pub(crate) async fn results_with_inexact_integers_are_internal_errors() {
    let (_server, mut client) = accounts().await;
    assert_eq!(
        client.code("account", "numbers", Value::Null).await,
        "internal"
    );
    let exact = client.ok("account", "exact", Value::Null).await;
    assert_eq!(exact, json!([(1_u64 << 53) - 1, u64::MAX.to_string()]));
}
