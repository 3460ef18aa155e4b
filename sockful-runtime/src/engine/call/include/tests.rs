use crate::core::config::Config;
use crate::store::conformance::sample::{Serving, TOYS};
use serde_json::{Value, json};

/// A hundred samples with three toys each, which have two parts each.
async fn hundred() -> Serving {
    let serving = Serving::start(TOYS, Config::default()).await;
    for n in 0..100 {
        let mut writes = vec![json!(["sample", "create", {"id": format!("{n:02}")}])];
        for toy in 0..3 {
            let id = format!("{n:02}-{toy}");
            writes.push(json!(["toy", "create", {"id": id, "owner_id": format!("{n:02}")}]));
            for part in 0..2 {
                let part = format!("{id}-{part}");
                writes.push(json!(["toy", "create", {"id": part, "part_of_id": id}]));
            }
        }
        let reply = serving.ask(json!(["sockful", "commit", writes, 1])).await;
        assert!(reply["ok"].is_array(), "{reply}");
    }
    serving.take_calls();
    serving
}

async fn ok(serving: &Serving, request: Value) -> Value {
    let mut reply = serving.ask(request).await;
    assert!(reply["err"].is_null(), "{reply}");
    reply["ok"].take()
}

#[tokio::test]
async fn including_children_takes_one_query_per_level() {
    let serving = hundred().await;
    let with = json!({"$with": ["toys.parts", "toys.owner"], "$limit": 100});
    let found = ok(&serving, json!(["sample", "find", with, 1])).await;
    assert_eq!(found[99]["toys"][2]["parts"][1]["id"], "99-2-1");
    assert_eq!(found[99]["toys"][2]["owner"]["id"], "99");
    let calls = serving.take_calls();
    assert_eq!(
        calls,
        ["snapshot", "find", "related", "related", "get_many"]
    );
}

#[tokio::test]
async fn including_parents_takes_one_query_per_level() {
    let serving = hundred().await;
    let with = json!({"id": {"$prefix": "9"}, "$with": ["partOf.owner"], "$limit": 100});
    let found = ok(&serving, json!(["toy", "find", with, 1])).await;
    assert_eq!(found.as_array().map(Vec::len), Some(90));
    assert_eq!(found[89]["partOf"]["owner"]["id"], "99");
    let calls = serving.take_calls();
    assert_eq!(calls, ["snapshot", "find", "get_many", "get_many"]);

    let ids = json!({"id": ["00-0-0", "gone", "77-2-1"], "$with": ["partOf.owner", "parts"]});
    let found = ok(&serving, json!(["toy", "get", ids, 1])).await;
    assert_eq!(found[2]["partOf"]["owner"]["id"], "77");
    assert_eq!((&found[1], &found[2]["parts"]), (&Value::Null, &json!([])));
    let calls = serving.take_calls();
    assert_eq!(
        calls,
        ["snapshot", "get_many", "get_many", "get_many", "related"]
    );
}

#[tokio::test]
async fn include_uses_one_snapshot_and_reads_records_once() {
    let serving = hundred().await;
    let with = json!({"owner_id": "42", "$with": ["owner.toys.parts"]});
    let found = ok(&serving, json!(["toy", "find", with, 1])).await;
    for toy in found.as_array().expect("a list") {
        assert_eq!(toy["owner"]["toys"].as_array().map(Vec::len), Some(3));
        assert_eq!(toy["owner"]["toys"][1]["parts"][0]["id"], "42-1-0");
    }
    let calls = serving.take_calls();
    assert_eq!(
        calls,
        ["snapshot", "find", "get_many", "related", "related"]
    );
}

#[tokio::test]
async fn request_includes_at_most_16_relations() {
    let serving = Serving::start(TOYS, Config::default()).await;
    // Intermediate relations count, too: `parts`, `partOf` and `parts.parts`.
    let mut with = vec!["owner", "lentTo", "pawnedTo"];
    with.extend([
        "parts.owner",
        "parts.lentTo",
        "parts.pawnedTo",
        "parts.partOf",
    ]);
    with.extend([
        "partOf.owner",
        "partOf.lentTo",
        "partOf.pawnedTo",
        "partOf.parts",
    ]);
    with.extend(["partOf.partOf", "parts.parts.owner"]);
    let find = |with: &[&str]| json!(["toy", "find", {"$with": with}, 1]);
    assert_eq!(ok(&serving, find(&with)).await, json!([]));
    with.push("parts.parts.lentTo");
    let reply = serving.ask(find(&with)).await;
    assert_eq!(
        reply["err"]["message"],
        "at most 16 relations can be included"
    );
}
