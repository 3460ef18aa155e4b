//! Filters and sort order, and invalid queries.

use crate::support::{Client, TestServer};
use serde_json::{Value, json};

/// A server with four creatures, a to d.
pub(super) async fn four() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let creatures = [
        json!({"id": "a", "kind": "dragon", "life": 10, "mood": "calm", "weight": 2.5, "tame": true}),
        json!({"id": "b", "kind": "unicorn", "life": 20, "mood": null, "weight": null, "tame": false}),
        json!({"id": "c", "kind": "Dragon", "life": 10, "mood": "wild", "weight": -0.0, "tame": false}),
        json!({"id": "d", "kind": "drake", "life": -5, "weight": 1e300, "tags": ["x"]}),
    ];
    for creature in creatures {
        client.ok("creature", "create", creature).await;
    }
    (server, client)
}

pub(super) fn ids(records: &Value) -> String {
    let records = records.as_array().expect("a list");
    records
        .iter()
        .map(|record| record["id"].as_str().expect("an id"))
        .collect()
}

/// The ids that match the filter, in the order of the list; also checks `count`.
async fn found(client: &mut Client, query: Value) -> String {
    let found = ids(&client.ok("creature", "find", query.clone()).await);
    if !query.to_string().contains("\"$sort\"") {
        assert_eq!(client.ok("creature", "count", query).await, found.len());
    }
    found
}

async fn assert_found(cases: &[(Value, &str)]) {
    let (_server, mut client) = four().await;
    for (query, expected) in cases {
        assert_eq!(
            found(&mut client, query.clone()).await,
            *expected,
            "{query}"
        );
    }
}

async fn assert_refused(cases: &[(Value, &str)]) {
    let (_server, mut client) = four().await;
    for (query, path) in cases {
        let error = client.err("creature", "find", query.clone()).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!(path)),
            "{query}: {error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn property_value_is_an_equality_condition() {
    assert_found(&[
        (json!({}), "abcd"),
        (json!({"kind": "dragon"}), "a"),
        (json!({"life": 10}), "ac"),
        (json!({"life": 10.0}), "ac"),
        (json!({"life": 10, "tame": false}), "c"),
        (json!({"id": "b"}), "b"),
        (json!({"born": 1990}), "abcd"),
        (json!({"life": 10.5}), ""),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn null_equals_only_null_and_missing_values() {
    assert_found(&[
        (json!({"mood": null}), "bd"),
        (json!({"mood": {"$ne": null}}), "ac"),
        (json!({"mood": ""}), ""),
        (json!({"mood": {"$in": [null, "wild"]}}), "bcd"),
        (json!({"mood": {"$nin": [null, "wild"]}}), "a"),
    ])
    .await;
}

/// So making a property non-null is not a breaking change: the filters of clients remain valid.
#[tokio::test]
pub(crate) async fn null_filter_is_valid_for_non_null_properties() {
    for name in ["id", "kind", "life", "tame", "tags"] {
        assert_found(&[
            (json!({name: null}), ""),
            (json!({name: {"$ne": null}}), "abcd"),
            (json!({"$or": [{name: null}, {"id": "b"}]}), "b"),
        ])
        .await;
    }
}

#[tokio::test]
pub(crate) async fn ne_nin_and_not_are_exact_complements() {
    assert_found(&[
        (json!({"mood": {"$ne": "wild"}}), "abd"),
        (json!({"mood": {"$nin": ["wild", "calm"]}}), "bd"),
        (json!({"$not": {"mood": "wild"}}), "abd"),
        (json!({"$not": {"weight": {"$gt": 0}}}), "bc"),
        (json!({"$not": {"$not": {"weight": {"$gt": 0}}}}), "ad"),
        (json!({"$not": {"kind": "dragon", "life": 10}}), "bcd"),
        (json!({"kind": {"$nin": []}}), "abcd"),
        (json!({"kind": {"$in": []}}), ""),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn comparisons_and_prefixes_are_false_on_null() {
    assert_found(&[
        (json!({"weight": {"$lt": 1}}), "c"),
        (json!({"weight": {"$gte": 0}}), "acd"),
        (json!({"weight": {"$gte": -1e300, "$lte": 2.5}}), "ac"),
        (json!({"mood": {"$prefix": ""}}), "ac"),
        (json!({"mood": {"$lt": "z"}}), "ac"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn strings_compare_bytewise() {
    assert_found(&[
        (json!({"kind": {"$prefix": "dra"}}), "ad"),
        (json!({"kind": {"$lt": "a"}}), "c"),
        (json!({"kind": {"$gt": "dragon", "$lt": "unicorn"}}), "d"),
        (json!({"kind": {"$prefix": "dr%"}}), ""),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn minus_zero_equals_zero_and_false_is_less_than_true() {
    assert_found(&[
        (json!({"weight": 0}), "c"),
        (json!({"weight": -0.0}), "c"),
        (json!({"tame": {"$gt": false}}), "a"),
        (json!({"tame": {"$lt": true}}), "bcd"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn or_and_not_filters_can_be_nested() {
    assert_found(&[
        (json!({"$or": [{"kind": "dragon"}, {"life": {"$gt": 15}}]}), "ab"),
        (json!({"$and": [{"life": 10}, {"tame": true}]}), "a"),
        (json!({"$or": [{"$and": [{"life": 10}, {"$not": {"tame": true}}]}, {"id": "d"}], "life": {"$lt": 100}}), "cd"),
        (json!({"$or": [{}]}), "abcd"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn lists_are_sorted_with_the_id_as_tie_breaker() {
    assert_found(&[
        (json!({"$sort": {"life": 1}}), "dacb"),
        (json!({"$sort": {"life": -1}}), "bacd"),
        (json!({"$sort": {"id": -1}}), "dcba"),
        (json!({"$sort": {"kind": 1}}), "cadb"),
        (json!({"$sort": {"tame": -1}}), "abcd"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn null_sorts_first_and_last_in_reverse() {
    assert_found(&[
        (json!({"$sort": {"weight": 1}}), "bcad"),
        (json!({"$sort": {"weight": -1}}), "dacb"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn invalid_query_is_rejected_with_its_path() {
    assert_refused(&[
        (json!({"colour": "red"}), "colour"),
        (json!({"__proto__": {"$ne": 1}}), "__proto__"),
        (json!({"$where": "1"}), "$where"),
        (json!({"life": {"$regex": "."}}), "life.$regex"),
        (json!({"life": "10"}), "life"),
        (json!({"tame": 1}), "tame"),
        (json!({"kind": {"$gt": 5}}), "kind.$gt"),
        (json!({"life": {"$gt": null}}), "life.$gt"),
        (json!({"life": {"$prefix": "1"}}), "life.$prefix"),
        (json!({"life": [1]}), "life"),
        (json!({"life": {}}), "life"),
        (json!({"life": {"deep": 1}}), "life.deep"),
        (json!({"tags": ["x"]}), "tags"),
        (json!({"tags": "x"}), "tags"),
        (json!({"kind": {"$in": "dragon"}}), "kind.$in"),
        (json!({"kind": {"$in": ["dragon", 7]}}), "kind.$in[1]"),
        (
            json!({"$or": [{"kind": "a"}, {"colour": 1}]}),
            "$or[1].colour",
        ),
        (json!({"$or": []}), "$or"),
        (json!({"$or": {}}), "$or"),
        (json!({"$not": [{}]}), "$not"),
        (json!({"$or": [{"$limit": 1}]}), "$or[0].$limit"),
        (json!({"$sort": {"life": 2}}), "$sort.life"),
        (json!({"$sort": {"tags": 1}}), "$sort.tags"),
        (json!({"$sort": ["life"]}), "$sort"),
        (json!({"$limit": -1}), "$limit"),
        (json!({"$limit": "5"}), "$limit"),
        (json!({"$limit": 1.5}), "$limit"),
        (json!({"$skip": 10_001}), "$skip"),
        (json!({"$select": ["colour"]}), "$select[0]"),
        (json!({"$select": []}), "$select"),
        (json!({"$select": "id"}), "$select"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn private_property_is_rejected_anywhere_in_a_query() {
    assert_refused(&[
        (json!({"secret": "hush"}), "secret"),
        (json!({"secret": {"$prefix": "h"}}), "secret"),
        (
            json!({"$or": [{"$not": {"secret": "hush"}}]}),
            "$or[0].$not.secret",
        ),
        (json!({"$sort": {"secret": 1}}), "$sort.secret"),
        (json!({"$select": ["secret"]}), "$select[0]"),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn count_rejects_other_query_clauses() {
    let (_server, mut client) = four().await;
    for clause in ["$sort", "$limit", "$skip", "$after", "$select"] {
        let error = client.err("creature", "count", json!({clause: 1})).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!(clause)),
            "{error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn query_has_at_most_64_terms() {
    let (_server, mut client) = four().await;
    let terms = |n: usize| json!({"$or": (0..n).map(|n| json!({"life": n})).collect::<Vec<_>>()});
    assert_eq!(found(&mut client, terms(64)).await, "abc");
    assert_eq!(
        client.code("creature", "find", terms(65)).await,
        "invalid_query"
    );
    let empty = json!({"$or": vec![json!({}); 65]});
    assert_eq!(
        client.code("creature", "find", empty).await,
        "invalid_query"
    );
}

#[tokio::test]
pub(crate) async fn conditions_nest_at_most_5_deep() {
    let (_server, mut client) = four().await;
    let nested =
        |depth: usize| (0..depth).fold(json!({"life": 10}), |inner, _| json!({"$and": [inner]}));
    assert_eq!(found(&mut client, nested(5)).await, "ac");
    assert_eq!(
        client.code("creature", "find", nested(6)).await,
        "invalid_query"
    );
}

#[tokio::test]
pub(crate) async fn in_accepts_at_most_1000_values() {
    let (_server, mut client) = four().await;
    let values = |n: i64| json!({"life": {"$in": (0..n).collect::<Vec<_>>()}});
    assert_eq!(found(&mut client, values(1000)).await, "abc");
    assert_eq!(
        client.code("creature", "find", values(1001)).await,
        "invalid_query"
    );
}
