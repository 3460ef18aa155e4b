//! The value that a property is compared with has the same spellings as in `create`.

use crate::support::{Client, TestServer, for_random_values};
use proptest::prelude::*;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Plain, Resource, Resources, Server, resources};
use uuid::Uuid;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mood {
    #[serde(alias = "quiet", alias = "CALM")]
    Calm,
    Wild,
}

impl Plain for Mood {}

/// A text that is stored in upper case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String")]
struct Code(String);

impl From<String> for Code {
    fn from(text: String) -> Self {
        Self(text.to_uppercase())
    }
}

impl Plain for Code {}

#[derive(Serialize, Deserialize, Resource)]
struct Event {
    id: Uuid,
    #[resource(index)]
    owner: Uuid,
    helper: Option<Uuid>,
    #[resource(index)]
    starts: jiff::Timestamp,
    ends: Option<chrono::DateTime<chrono::Utc>>,
    #[resource(index)]
    local: Option<chrono::DateTime<chrono::FixedOffset>>,
    #[resource(index)]
    price: Decimal,
    tip: Option<Decimal>,
    #[resource(index, sanitize(trim, lowercase))]
    email: String,
    #[resource(index)]
    mood: Mood,
    #[resource(index)]
    code: Code,
    count: i16,
    #[resource(index)]
    share: f32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Ticket {
    id: u32,
    #[resource(parent = Event)]
    event_id: Uuid,
}

const EVENTS: Resources = resources![Event, Ticket];

fn event(id: Uuid) -> Value {
    json!({
        "id": id, "owner": id, "starts": "2024-05-01T10:00:00Z", "price": "1", "email": "a@x.org",
        "mood": "wild", "code": "a", "count": 1, "share": 0.5,
    })
}

async fn events() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(EVENTS)).await;
    let client = server.client().await;
    (server, client)
}

/// A property, the spelling of its value in `create`, and other spellings of it.
#[derive(Clone, Debug)]
struct Spelled {
    property: &'static str,
    created: Value,
    others: Vec<Value>,
    is_ordered: bool,
}

fn spelled(property: &'static str, is_ordered: bool, mut spellings: Vec<Value>) -> Spelled {
    Spelled {
        property,
        created: spellings.remove(0),
        others: spellings,
        is_ordered,
    }
}

fn uuid(property: &'static str) -> impl Strategy<Value = Spelled> {
    any::<u128>().prop_map(move |bits| {
        let id = Uuid::from_u128(bits);
        let texts = [
            id.to_string().to_uppercase(),
            id.to_string(),
            id.simple().to_string(),
            id.urn().to_string(),
            id.braced().to_string(),
        ];
        spelled(property, true, texts.map(Value::from).to_vec())
    })
}

/// Times whose spellings differ in the offset or the number of digits.
fn time(property: &'static str) -> impl Strategy<Value = Spelled> {
    let seconds = prop_oneof![0..100_i64, -62_000_000_000..250_000_000_000_i64];
    let millis = prop_oneof![Just(0), (0..10_i64).prop_map(|it| it * 100), 0..1_000_i64];
    (seconds, millis, any::<bool>()).prop_map(move |(seconds, millis, is_offset_first)| {
        let time = jiff::Timestamp::from_millisecond(seconds * 1_000 + millis).expect("a time");
        let ahead = time + jiff::SignedDuration::from_mins(90);
        let mut texts = vec![
            format!("{}+01:30", format!("{ahead:.3}").trim_end_matches('Z')),
            format!("{time:.9}"),
            format!("{time:.3}"),
            time.to_string(),
        ];
        if !is_offset_first {
            texts.rotate_left(1);
        }
        spelled(property, true, texts.into_iter().map(Value::from).collect())
    })
}

fn decimal(property: &'static str) -> impl Strategy<Value = Spelled> {
    let digits = prop_oneof![-100..100_i64, any::<i32>().prop_map(i64::from)];
    (digits, 0..6_u32).prop_map(move |(digits, scale)| {
        let number = Decimal::new(digits, scale);
        let mut longer = number;
        longer.rescale(scale + 3);
        let texts = [number, longer, number.normalize()];
        let mut spellings = texts.map(|it| Value::from(it.to_string())).to_vec();
        if scale == 0 {
            spellings.push(json!(digits));
        }
        spelled(property, true, spellings)
    })
}

fn text(property: &'static str, texts: &[&str]) -> Spelled {
    let texts = texts.iter().map(|&text| text.into()).collect();
    spelled(property, false, texts)
}

fn any_spelled() -> impl Strategy<Value = Spelled> {
    prop_oneof![
        uuid("owner"),
        uuid("helper"),
        time("starts"),
        time("ends"),
        time("local"),
        decimal("price"),
        decimal("tip"),
        "[ \t]?[a-zA-Z]{1,4}@[x-z]{1,2}[ \n]?".prop_map(|email| {
            let trimmed = email.trim();
            let texts = [
                &*email,
                trimmed,
                &trimmed.to_uppercase(),
                &trimmed.to_lowercase(),
            ];
            text("email", &texts)
        }),
        Just(text("mood", &["quiet", "calm", "CALM"])),
        Just(text("mood", &["calm", "quiet", "CALM"])),
        "[a-zé]{1,4}".prop_map(|code| text("code", &[&code, &code.to_uppercase()])),
        any::<i16>().prop_map(|it| spelled("count", true, vec![json!(it), json!(it)])),
        (-1e9..1e9_f32).prop_map(|it| spelled(
            "share",
            true,
            vec![json!(it), json!(f64::from(it))]
        )),
    ]
}

#[test]
pub(crate) fn filters_accept_every_spelling_that_create_accepts() {
    for_random_values(64, &any_spelled(), events, async |(_, client), given| {
        let Spelled {
            property, created, ..
        } = &given;
        let id = Uuid::now_v7();
        let mut record = event(id);
        record[*property] = created.clone();
        let reply = client.reply("event", "create", record).await;
        prop_assert!(reply["err"].is_null(), "{}: {}", created, reply);
        let mut found = async |condition: Value, expected: bool| {
            let query = json!({"id": id, *property: condition});
            let count = client.ok("event", "count", query.clone()).await;
            prop_assert_eq!(count, json!(u8::from(expected)), "{} of {}", query, created);
            let found = client.ok("event", "find", query).await;
            prop_assert_eq!(found.as_array().map(Vec::len), Some(usize::from(expected)));
            Ok(())
        };
        for spelling in [created].into_iter().chain(&given.others) {
            found(spelling.clone(), true).await?;
            found(json!({"$ne": spelling}), false).await?;
            found(json!({"$in": [spelling]}), true).await?;
            found(json!({"$nin": [spelling]}), false).await?;
            if given.is_ordered {
                for (word, expected) in [
                    ("$lt", false),
                    ("$lte", true),
                    ("$gt", false),
                    ("$gte", true),
                ] {
                    found(json!({word: spelling}), expected).await?;
                }
            }
        }
        Ok(())
    });
}

#[tokio::test]
pub(crate) async fn times_and_decimals_are_sorted_by_value() {
    let (_server, mut client) = events().await;
    let ascending = [
        ("-002024-05-01T10:00:00Z", "-100"),
        ("1969-12-31T23:59:59.9Z", "-20.5"),
        ("2024-05-01T11:59:59+02:00", "-3"),
        ("2024-05-01T10:00:00Z", "0.00"),
        ("2024-05-01T10:00:00.12Z", "0.001"),
        ("2024-05-01T10:00:00.123Z", "0.1"),
        ("2024-05-01T08:30:00.25-01:30", "9.99"),
        ("2024-05-01T10:00:01Z", "10"),
    ];
    let mut ids = Vec::new();
    for (time, price) in ascending.iter().rev() {
        let id = Uuid::now_v7();
        let mut record = event(id);
        (record["starts"], record["ends"]) = (json!(time), json!(time));
        record["local"] = json!(time.replace("-002024", "0024"));
        (record["price"], record["tip"]) = (json!(price), json!(price));
        client.ok("event", "create", record).await;
        ids.insert(0, json!(id));
    }
    for property in ["starts", "ends", "local", "price", "tip"] {
        for direction in [1, -1] {
            let mut found = Vec::new();
            let mut query = json!({"$sort": {property: direction}, "$limit": 3});
            loop {
                let reply = client.reply("event", "find", query.clone()).await;
                let page = reply["ok"].as_array().expect("a list").iter();
                found.extend(page.map(|record| record["id"].clone()));
                let Some(next) = reply.get("next") else {
                    break;
                };
                query["$after"] = next.clone();
            }
            if direction == -1 {
                found.reverse();
            }
            assert_eq!(found, ids, "{property} {direction}");
        }
    }
    for (property, value) in [("starts", "2024-05-01T10:00:00.000Z"), ("price", "0")] {
        for (word, expected) in [("$lt", 3), ("$lte", 4), ("$gt", 4), ("$gte", 5)] {
            let query = json!({property: {word: value}});
            assert_eq!(
                client.ok("event", "count", query.clone()).await,
                expected,
                "{query}"
            );
        }
    }
}

#[tokio::test]
pub(crate) async fn operands_invalid_for_the_type_are_rejected() {
    let (_server, mut client) = events().await;
    for (query, path) in [
        (json!({"owner": "bob"}), "owner"),
        (json!({"id": "bob"}), "id"),
        (json!({"owner": {"$ne": 5}}), "owner.$ne"),
        (json!({"starts": {"$lt": "tomorrow"}}), "starts.$lt"),
        (json!({"starts": "2024-05-01"}), "starts"),
        (json!({"starts": {"$gte": 1_714_557_600}}), "starts.$gte"),
        (json!({"starts": {"$prefix": "2024"}}), "starts.$prefix"),
        (
            json!({"local": {"$in": ["2024-05-01T10:00:00Z", "x"]}}),
            "local.$in[1]",
        ),
        (json!({"price": {"$gt": "much"}}), "price.$gt"),
        (json!({"price": {"$prefix": "1"}}), "price.$prefix"),
        (json!({"mood": "tame"}), "mood"),
        (json!({"count": "1"}), "count"),
    ] {
        let error = client.err("event", "find", query.clone()).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!(path)),
            "{query}: {error}"
        );
    }
    for query in [
        json!({"id": "5"}),
        json!({"id": {"$ne": "5"}}),
        json!({"id": {"$in": ["5"]}}),
    ] {
        let code = client.code("ticket", "find", query.clone()).await;
        assert_eq!(code, "invalid_query", "{query}");
    }
}

#[tokio::test]
pub(crate) async fn live_filters_accept_every_spelling() {
    let (server, mut client) = events().await;
    let owner = Uuid::from_u128(0xabcd_ef00);
    let conditions = [
        json!({"owner": owner.to_string().to_uppercase()}),
        json!({"owner": {"$in": [owner.simple().to_string()]}}),
        json!({"starts": "2024-05-01T12:00:00.000+02:00"}),
        json!({"starts": {"$gte": "2024-05-01T10:00:00.000Z", "$lt": "2024-05-01T10:00:00.1Z"}}),
        json!({"price": "1.00"}),
        json!({"email": " A@X.org "}),
        json!({"email": {"$prefix": " A@x"}}),
        json!({"code": "b"}),
    ];
    for (ack, condition) in conditions.iter().enumerate() {
        let frame = json!(["event", "subscribe", condition, ack]);
        let reply = client.ask(frame).await;
        assert!(reply[2]["err"].is_null(), "{condition}: {reply}");
    }
    let mut record = event(owner);
    record["code"] = json!("B");
    let mut writer = server.client().await;
    writer.ok("event", "create", record).await;
    let mut reported = Vec::new();
    while reported.len() < conditions.len() {
        let frame = client.recv().await;
        if frame[1] == "created" {
            reported.push(frame[3].as_u64().expect("a subscription"));
        }
    }
    reported.sort_unstable();
    assert!(reported.into_iter().eq(0..8));

    let upper = owner.to_string().to_uppercase();
    writer
        .ok("ticket", "create", json!({"id": 1, "event_id": upper}))
        .await;
    for (resource, action, payload) in [
        ("event", "get", json!({"id": upper})),
        ("event", "get", json!({"id": upper, "$with": ["tickets"]})),
        ("event", "tickets", json!({"event_id": upper})),
        ("ticket", "find", json!({"event_id": upper})),
        ("event", "update", json!({"id": upper, "count": 2})),
    ] {
        let found = writer.ok(resource, action, payload.clone()).await;
        assert_ne!(found, json!([]), "{action} {payload}");
    }
}
