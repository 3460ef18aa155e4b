//! Timestamps with the types of `jiff` and `chrono`.

use crate::support::{Client, TestServer, unix_time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Filter, Resource, Resources, Result, Server, resources};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: u64,
    #[resource(default)]
    text: String,
    #[resource(created_at, index)]
    since: jiff::Timestamp,
    #[resource(updated_at)]
    touched: chrono::DateTime<chrono::Utc>,
}

const NOTES: Resources = resources![Note];
const N: NoteFields = Note::FIELDS;

/// 2024-02-29T12:00:00Z.
const NOON: u64 = 1_709_208_000_000;

fn on_a_clock() -> (Arc<AtomicU64>, Server) {
    let time = Arc::new(AtomicU64::new(NOON));
    let clock = Arc::clone(&time);
    let server = Server::new(NOTES).clock(move || unix_time(clock.load(Ordering::Relaxed)));
    (time, server)
}

async fn notes() -> (Arc<AtomicU64>, TestServer, Client) {
    let (time, server) = on_a_clock();
    let server = TestServer::serve(server).await;
    let client = server.client().await;
    (time, server, client)
}

fn managed(note: &Value) -> [&str; 2] {
    ["since", "touched"].map(|name| note[name].as_str().expect("a text"))
}

#[tokio::test]
async fn stored_timestamp_has_millis_and_is_monotonic() {
    let (time, _server, mut client) = notes().await;
    let note = client.ok("note", "create", json!({"id": 1})).await;
    let noon = "2024-02-29T12:00:00.001Z";
    assert_eq!(managed(&note), [noon; 2]);
    let unchanged = json!({"id": 1, "text": ""});
    assert_eq!(client.ok("note", "update", unchanged).await, note);
    for (now, text, touched) in [
        (NOON + 120, "a", "2024-02-29T12:00:00.121Z"),
        (NOON + 123, "b", "2024-02-29T12:00:00.123Z"),
        (NOON - 500, "c", "2024-02-29T12:00:00.123Z"),
        (u64::MAX, "d", "9999-12-30T21:59:59.999Z"),
    ] {
        time.store(now, Ordering::Relaxed);
        let change = json!({"id": 1, "text": text});
        let note = client.ok("note", "update", change).await;
        assert_eq!(managed(&note), [noon, touched], "{now}");
    }
    let given = json!({"id": 1, "since": noon});
    assert_eq!(client.code("note", "update", given).await, "invalid");
}

#[tokio::test]
async fn timestamp_texts_sort_like_times() {
    let (time, _server, mut client) = notes().await;
    for id in 0..100_u64 {
        time.store(NOON + 950 + id, Ordering::Relaxed);
        client.ok("note", "create", json!({"id": id})).await;
    }
    for order in ["since", "touched"] {
        let query = json!({"$sort": {order: 1}, "$select": ["id"]});
        let all = client.ok("note", "all", query).await;
        let ids: Vec<_> = all.as_array().expect("a list").iter().collect();
        assert!(
            ids.windows(2)
                .all(|pair| pair[0]["id"].as_u64() < pair[1]["id"].as_u64())
        );
    }
    let later = json!({"since": {"$gte": "2024-02-29T12:00:01.000Z"}});
    assert_eq!(client.ok("note", "count", later).await, 50);
    let description = client.ok("sockful", "schema", Value::Null).await;
    let properties = &description["resources"]["note"]["record"]["properties"];
    for name in ["since", "touched"] {
        let expected =
            json!({"type": "string", "format": "date-time", "readOnly": true, "x-order": "time"});
        assert_eq!(properties[name], expected);
    }
}

#[tokio::test]
async fn typed_queries_compare_times_of_any_precision() -> Result<()> {
    let (time, server) = on_a_clock();
    let server = server.open().await?;
    for id in 0..3 {
        time.store(NOON + 121 + id, Ordering::Relaxed);
        let new = NewNote {
            id: Some(id),
            text: None,
        };
        server.records::<Note>().create(new).await?;
    }
    let at = |nanos: i64| {
        jiff::Timestamp::from_nanosecond(i128::from(NOON) * 1_000_000 + i128::from(nanos))
    };
    let at = |nanos: i64| at(nanos).expect("a time");
    let chrono = |time: jiff::Timestamp| {
        let nanos = i64::try_from(time.as_nanosecond()).expect("a near time");
        chrono::DateTime::from_timestamp_nanos(nanos)
    };
    let count = async |filter: Filter<Note>| {
        server
            .records::<Note>()
            .count(filter)
            .await
            .expect("a count")
    };
    for (nanos, less, equal) in [
        (0, 0, 0),
        (120_000_000, 0, 0),
        (120_999_999, 0, 0),
        (121_000_000, 0, 1),
        (121_000_001, 1, 0),
        (122_999_999, 2, 0),
        (123_000_000, 2, 1),
        (123_000_001, 3, 0),
        (1_000_000_000, 3, 0),
    ] {
        let time = at(nanos);
        assert_eq!(count(N.since.lt(time)).await, less, "{time}");
        assert_eq!(count(N.since.lte(time)).await, less + equal, "{time}");
        assert_eq!(count(N.since.eq(time)).await, equal, "{time}");
        assert_eq!(
            count(N.touched.gt(chrono(time))).await,
            3 - less - equal,
            "{time}"
        );
        assert_eq!(count(N.touched.gte(chrono(time))).await, 3 - less, "{time}");
    }
    let found = server
        .records::<Note>()
        .find(N.since.one_of([at(122_000_000)]))
        .await?;
    assert_eq!(found.iter().map(|note| note.id).collect::<Vec<_>>(), [1]);
    Ok(())
}
