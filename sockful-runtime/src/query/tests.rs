//! Which queries are accepted, what they mean, and the errors of those that are not.

use super::*;
use crate::core::error::Error;
use crate::model::codec::Codec;
use crate::model::definition::{Property, ResourceDef};
use crate::model::reader::Reader;
use crate::model::record::Record;
use crate::model::resource::{Resource, Writer};
use crate::model::resource_model::{Model, Shape};
use crate::model::scalar::Scalar;
use crate::store::conformance::sample;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::Cell;
use std::thread::LocalKey;

fn parsed(query: &str) -> Result<Query> {
    let given = Object::parse(query).expect("an object without repeated keys");
    if let Some(raw) = given.take("$select") {
        select(&sample::model(), raw)?;
    }
    parse(
        &sample::model(),
        &given,
        RelationScope::NONE,
        &Config::default(),
    )
}

fn refused(query: &str) -> Error {
    match parsed(query) {
        Ok(parsed) => panic!("{query} was accepted: {parsed:?}"),
        Err(error) => error,
    }
}

/// Returns the `path` of an error as it is sent.
fn path_of(error: &Error) -> String {
    let response = serde_json::to_value(error).expect("an error is JSON");
    assert_eq!(response["code"], "invalid_query", "{response}");
    response["path"].as_str().unwrap_or_default().to_owned()
}

fn bob() -> Record {
    let bob = r#"{"id":"bob","life":10,"weight":-0.0,"secret":"gold","kind":"dra\"gon"}"#;
    sample::record(&sample::model(), bob)
}

fn matches(conditions: &str) -> bool {
    let parsed = parsed(conditions).unwrap_or_else(|error| panic!("{conditions}: {error}"));
    parsed.filter.matches(&bob())
}

#[test]
fn null_matches_only_null_and_missing_values() {
    assert!(matches(r#"{"name":null}"#));
    assert!(matches(r#"{"name":{"$in":["x",null]}}"#));
    assert!(!matches(r#"{"name":""}"#));
    assert!(!matches(r#"{"life":null}"#));
    assert!(matches(r#"{"tags":null}"#));
    assert!(!matches(r#"{"tags":{"$ne":null}}"#));
}

#[test]
fn ne_nin_and_not_are_exact_complements() {
    for (plain, complement) in [
        (r#"{"name":"x"}"#, r#"{"name":{"$ne":"x"}}"#),
        (r#"{"name":null}"#, r#"{"name":{"$ne":null}}"#),
        (r#"{"name":{"$in":["x"]}}"#, r#"{"name":{"$nin":["x"]}}"#),
        (r#"{"name":{"$in":[]}}"#, r#"{"name":{"$nin":[]}}"#),
        (
            r#"{"name":{"$lt":"x"}}"#,
            r#"{"$not":{"name":{"$lt":"x"}}}"#,
        ),
        (r"{}", r#"{"$not":{}}"#),
    ] {
        assert_ne!(matches(plain), matches(complement), "{plain}");
    }
}

#[test]
fn comparisons_are_false_on_null() {
    for operator in ["$gt", "$gte", "$lt", "$lte", "$prefix"] {
        assert!(!matches(&format!(r#"{{"name":{{"{operator}":""}}}}"#)));
    }
    assert!(matches(r#"{"kind":{"$prefix":""}}"#));
}

#[test]
fn values_compare_by_meaning_not_by_spelling() {
    assert!(matches(r#"{"weight":0,"life":1e1}"#));
    assert!(matches(r#"{"weight":{"$gte":0,"$lte":-0.0}}"#));
    assert!(matches(r#"{"life":{"$gt":9.5,"$lt":10.5}}"#));
    assert!(matches(r#"{"\u006bind":"\u0064ra\u0022gon"}"#));
    assert!(matches(r#"{"kind":{"$prefix":"dra\""}}"#));
    assert!(matches(r#"{"tame":{"$lt":true}}"#));
}

#[test]
fn conditions_are_combined_with_and() {
    assert!(matches(r#"{"life":{"$gt":9,"$ne":11},"tame":false}"#));
    assert!(!matches(r#"{"life":{"$gt":9,"$ne":10}}"#));
    assert!(!matches(r#"{"life":10,"tame":true}"#));
    assert!(matches(r#"{"$or":[{"life":1},{"tame":false}]}"#));
    assert!(!matches(r#"{"$and":[{"life":1},{"tame":false}]}"#));
}

#[test]
fn private_property_is_reported_as_unknown() {
    let response = |name: &str| {
        let places = [
            format!(r#"{{"{name}":"x"}}"#),
            format!(r#"{{"$sort":{{"{name}":1}}}}"#),
            format!(r#"{{"$select":["{name}"]}}"#),
            format!(r#"{{"$or":[{{"{name}":{{"$ne":{{}}}}}}]}}"#),
        ];
        places.map(|query| {
            let response = serde_json::to_string(&refused(&query)).expect("an error is JSON");
            response.replace(name, "…")
        })
    };
    assert_eq!(response("secret"), response("strong"));
    assert!(!refused(r#"{"secrets":1}"#).to_string().contains("`secret`"));
}

#[test]
fn query_fault_has_its_path() {
    for (query, path) in [
        (r#"{"life":"10"}"#, "life"),
        (r#"{"life":{"$gt":null}}"#, "life.$gt"),
        (r#"{"life":{"$gt":true}}"#, "life.$gt"),
        (r#"{"life":{"$prefix":"1"}}"#, "life.$prefix"),
        (r#"{"kind":{"$prefix":1}}"#, "kind.$prefix"),
        (r#"{"kind":{"$prefix":null}}"#, "kind.$prefix"),
        (r#"{"kind":{"$in":["a",1]}}"#, "kind.$in[1]"),
        (r#"{"kind":{"$in":"a"}}"#, "kind.$in"),
        (r#"{"kind":{"$like":"a"}}"#, "kind.$like"),
        (r#"{"kind":{"$or":[]}}"#, "kind.$or"),
        (r#"{"kind":{}}"#, "kind"),
        (r#"{"kind":{"zip":1}}"#, "kind.zip"),
        (r#"{"kind":{"$ne":{}}}"#, "kind.$ne"),
        (r#"{"kind":{"$ne":1,"$ne":2}}"#, "kind.$ne"),
        (r#"{"kind":["a"]}"#, "kind"),
        (r#"{"kind":"\ud800"}"#, "kind"),
        (r#"{"kind":"\u0000"}"#, "kind"),
        (r#"{"weight":1e999}"#, "weight"),
        (r#"{"tame":1}"#, "tame"),
        (r#"{"tags":["a"]}"#, "tags"),
        (r#"{"tags":"a"}"#, "tags"),
        (r#"{"tags":{"$in":[null]}}"#, "tags.$in[0]"),
        (r#"{"$or":[{"life":1},{"knd":2}]}"#, "$or[1].knd"),
        (r#"{"$or":[{"life":1,"life":2}]}"#, "$or[0].life"),
        (r#"{"$or":[{"$limit":1}]}"#, "$or[0].$limit"),
        (r#"{"$or":[null]}"#, "$or[0]"),
        (r#"{"$or":[]}"#, "$or"),
        (r#"{"$and":{}}"#, "$and"),
        (r#"{"$not":[]}"#, "$not"),
        (r#"{"$not":null}"#, "$not"),
        (r#"{"$gt":1}"#, "$gt"),
        (r#"{"$without":["songs"]}"#, "$without"),
        (r#"{"$sort":"life"}"#, "$sort"),
        (r#"{"$sort":{"life":"1"}}"#, "$sort.life"),
        (r#"{"$sort":{"life":1,"life":1}}"#, "$sort.life"),
        (r#"{"$sort":{"tags":1}}"#, "$sort.tags"),
        (r#"{"$limit":1001}"#, "$limit"),
        (r#"{"$limit":-1}"#, "$limit"),
        (r#"{"$limit":"1"}"#, "$limit"),
        (r#"{"$limit":1.5}"#, "$limit"),
        (r#"{"$skip":10001}"#, "$skip"),
        (r#"{"$select":[]}"#, "$select"),
        (r#"{"$select":"id"}"#, "$select"),
        (r#"{"$select":["id","id"]}"#, "$select[1]"),
        (r#"{"$select":[1]}"#, "$select[0]"),
        (r#"{"$after":"?"}"#, "$after"),
        (r#"{"$after":7}"#, "$after"),
    ] {
        let error = refused(query);
        assert_eq!(path_of(&error), path, "{query}: {error}");
    }
}

#[test]
fn query_error_message_suggests_a_fix() {
    for (query, message) in [
        (
            r#"{"lief":1}"#,
            "`sample` has no property `lief`; did you mean `life`?",
        ),
        (r#"{"life":"1"}"#, "`life` must be compared with a number"),
        (
            r#"{"life":{"$gtt":1}}"#,
            "`$gtt` is not an operator; did you mean `$gt`?",
        ),
        (
            r#"{"$without":[]}"#,
            "`$without` is not an operator; write one of `$sort` `$limit` `$skip` `$after` `$select` `$with` `$or` `$and` `$not`",
        ),
        (
            r#"{"$limit":1001}"#,
            "`$limit` must be an integer from 0 to 1000",
        ),
    ] {
        assert_eq!(refused(query).to_string(), message);
    }
}

#[test]
fn query_limits_are_enforced() {
    let terms = |n: usize| format!(r#"{{"$or":[{}]}}"#, vec![r#"{"life":1}"#; n].join(","));
    assert!(parsed(&terms(64)).is_ok());
    assert_eq!(path_of(&refused(&terms(65))), "$or[64].life");
    let empty = |n: usize| format!(r#"{{"$or":[{}]}}"#, vec!["{}"; n].join(","));
    assert!(parsed(&empty(64)).is_ok());
    assert_eq!(path_of(&refused(&empty(65))), "$or[64]");
    let deep = |n: usize| format!("{}{{}}{}", r#"{"$not":"#.repeat(n), "}".repeat(n));
    assert!(parsed(&deep(5)).is_ok());
    assert_eq!(path_of(&refused(&deep(6))), ["$not"; 6].join("."));
    let values = |n: usize| format!(r#"{{"life":{{"$in":[{}]}}}}"#, vec!["1"; n].join(","));
    assert!(parsed(&values(1_000)).is_ok());
    assert_eq!(path_of(&refused(&values(1_001))), "life.$in");
}

#[test]
fn count_accepts_conditions_only() {
    let model = sample::model();
    for query in [
        r#"{"$sort":{"id":1}}"#,
        r#"{"$limit":1}"#,
        r#"{"$skip":1}"#,
        r#"{"$after":""}"#,
        r#"{"$select":["id"]}"#,
    ] {
        let given = Object::parse(query).expect("an object");
        assert!(
            path_of(&conditions(&model, &given, RelationScope::NONE).expect_err(query))
                .starts_with('$')
        );
    }
    let given = Object::parse(r#"{"life":10}"#).expect("an object");
    assert!(
        conditions(&model, &given, RelationScope::NONE)
            .expect("conditions")
            .matches(&bob())
    );
}

#[test]
fn empty_query_has_the_defaults() {
    let query = parsed("{}").expect("a query");
    assert_eq!((query.limit, query.skip, query.after), (100, 0, None));
    assert_eq!((query.filter, query.order), (QueryFilter::All, vec![]));
}

#[test]
fn members_already_taken_are_not_conditions() {
    let model = sample::model();
    let given = Object::parse(r#"{"album_id":"x","life":10}"#).expect("an object");
    given.take("album_id");
    assert!(parse(&model, &given, RelationScope::NONE, &Config::default()).is_ok());
    assert_eq!(given.unknown().count(), 0);
}

#[test]
fn selected_properties_keep_the_requested_order() {
    let selected = select(&sample::model(), r#"["life","id"]"#);
    assert_eq!(selected.expect("known names"), [3, 0]);
}

#[test]
fn equivalent_sorts_are_normalized() {
    let order = |query: &str| parsed(query).expect("a query").order;
    assert_eq!(order(r#"{"$sort":{"id":1,"life":-1}}"#), []);
    assert_eq!(
        order(r#"{"$sort":{"life":-1,"id":1}}"#),
        order(r#"{"$sort":{"life":-1}}"#)
    );
    let id = QueryOrder {
        by: By::Id,
        descending: true,
    };
    assert_eq!(order(r#"{"$sort":{"id":-1,"life":-1}}"#), [id]);
}

#[test]
fn cursor_is_valid_for_its_own_sort_only() {
    let model = sample::model();
    let sorts = [
        "{}",
        r#"{"life":1}"#,
        r#"{"life":-1}"#,
        r#"{"life":1,"name":1}"#,
        r#"{"id":-1}"#,
    ];
    for a in sorts {
        let order = parsed(&format!(r#"{{"$sort":{a}}}"#))
            .expect("a query")
            .order;
        let cursor = cursor_after(&order, &model, &bob());
        assert!(
            cursor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{cursor}"
        );
        for b in sorts {
            // The cursor may come before the `$sort` that it belongs to.
            let query = format!(r#"{{"$after":"{cursor}","$sort":{b}}}"#);
            match parsed(&query) {
                Ok(parsed) => {
                    let after = parsed.after.expect("a cursor");
                    assert_eq!(a, b);
                    assert!(after.compare(&order, &bob()).is_eq(), "{after:?}");
                }
                Err(error) => {
                    assert_eq!(path_of(&error), "$after");
                    assert_ne!(a, b);
                }
            }
        }
    }
}

#[test]
fn cursor_is_written_as_the_values_of_a_record() {
    for (sort, values) in [
        ("{}", r#"{"id":"bob"}"#),
        (r#"{"id":-1}"#, r#"{"id":"bob"}"#),
        (r#"{"life":1}"#, r#"{"id":"bob","life":10}"#),
        (
            r#"{"name":1,"life":-1}"#,
            r#"{"life":10.0,"id":"bob","name":null}"#,
        ),
    ] {
        let query = parsed(&format!(r#"{{"$after":{values},"$sort":{sort}}}"#)).expect(sort);
        let after = query.after.expect("a position");
        assert!(
            after.compare(&query.order, &bob()).is_eq(),
            "{sort} {after:?}"
        );
    }
    for (query, path) in [
        (r#"{"$after":{}}"#, "$after.id"),
        (r#"{"$after":{"id":7}}"#, "$after.id"),
        (r#"{"$after":{"id":"bob","life":7}}"#, "$after.life"),
        (
            r#"{"$after":{"id":"bob"},"$sort":{"life":1}}"#,
            "$after.life",
        ),
        (
            r#"{"$after":{"id":"bob","life":"7"},"$sort":{"life":1}}"#,
            "$after.life",
        ),
        (
            r#"{"$after":{"id":"bob","life":[]},"$sort":{"life":1}}"#,
            "$after.life",
        ),
    ] {
        assert_eq!(path_of(&refused(query)), path, "{query}");
    }
}

#[test]
fn forged_cursor_is_rejected() {
    for json in [
        r#"[["+life"],["10"],"bob"]"#,
        r#"[["+life"],[],"bob"]"#,
        r#"[["+life"],[1,2],"bob"]"#,
        r#"[["+life"],[{}],"bob"]"#,
        r#"[["+life"],[1],7]"#,
        r#"[["+secret"],[1],"bob"]"#,
        r#"[["+life"],[1],"bob",1]"#,
        "null",
        "",
    ] {
        let cursor = data_encoding::BASE64URL_NOPAD.encode(json.as_bytes());
        let error = refused(&format!(r#"{{"$sort":{{"life":1}},"$after":"{cursor}"}}"#));
        assert_eq!(path_of(&error), "$after", "{json}");
    }
}

#[test]
fn each_property_is_parsed_once_for_all_terms() {
    let model = sample::model();
    let text = "x".repeat(30_000);
    let record = sample::record(&model, &format!(r#"{{"id":"bob","kind":"{text}"}}"#));
    let terms = vec![r#"{"kind":{"$ne":"q"}}"#; 32].join(",");
    let not = vec![r#"{"kind":"r"}"#; 30].join(",");
    let query = format!(r#"{{"$and":[{terms}],"$not":{{"$or":[{not}]}},"life":10}}"#);
    let filter = parsed(&query).expect("a query").filter;
    let mut values = RecordValues::with(&record, filter.repeated());
    assert!(filter.evaluate(&mut values));
    // The quotes, and the two digits of `life`.
    assert_eq!(values.parsed(), 30_002 + 2);
    // A second filter on the same record, such as that of a policy, adds only its comparisons.
    let mut values = RecordValues::new(&record);
    assert!((0..50).all(|_| filter.evaluate(&mut values)));
    assert_eq!(values.parsed(), 30_002 + 2);
    let (is_match, work) = Matcher::new(&filter).matches(&record);
    assert!(is_match && (31_000..35_000).contains(&work), "{work}");
}

thread_local! {
    static READS: Cell<usize> = const { Cell::new(0) };
    static DESCRIPTIONS: Cell<usize> = const { Cell::new(0) };
}

fn count(counter: &'static LocalKey<Cell<usize>>) {
    counter.with(|count| count.set(count.get() + 1));
}

/// A number that counts how often its schema is generated.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Level(i64);

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        count(&DESCRIPTIONS);
        i64::json_schema(generator)
    }
}

/// A resource whose level is at most 100.
#[derive(Debug)]
struct Clamped {
    id: String,
    level: Level,
}

const CLAMPED_ID: Codec<String> = Codec::new();
const LEVEL: Codec<Level> =
    Codec::new().with_sanitizer(|level, _| Level(level.0.min(100)), |level, _| level);

impl Resource for Clamped {
    type Id = String;
    type New = sample::NewSample;
    type Patch = sample::SamplePatch;
    const NAME: &'static str = "clamped";
    const DEFINITION: &'static ResourceDef = &ResourceDef {
        name: Self::NAME,
        properties: &[Property::new("id", ""), Property::new("level", "")],
        ..*sample::Sample::DEFINITION
    };

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        count(&READS);
        let id = reader.next(&CLAMPED_ID);
        let level = reader.next(&LEVEL);
        Some(Self {
            id: id?,
            level: level?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.put(&CLAMPED_ID, &self.id);
        writer.put(&LEVEL, &self.level);
    }
}

fn clamped(query: &str) -> QueryFilter {
    let model = Model::new(&Shape::of::<Clamped>(), 0, &mut SchemaGenerator::default());
    READS.set(0);
    DESCRIPTIONS.set(0);
    let given = Object::parse(query).expect("an object without repeated keys");
    let query = parse(&model, &given, RelationScope::NONE, &Config::default());
    query.unwrap_or_else(|error| panic!("{error}")).filter
}

#[test]
fn values_of_a_list_are_parsed_in_one_read() {
    let levels: Vec<_> = (0..1_000).map(|n| f64::from(n) + 0.5).collect();
    let query = serde_json::json!({"level": {"$in": levels}});
    clamped(&query.to_string());
    assert_eq!(READS.get(), 1);
    // No integer equals these, so no schema is needed to explain it.
    assert_eq!(DESCRIPTIONS.get(), 0);
}

#[test]
fn sanitizers_apply_to_equality_only() {
    let number = |number: f64| Scalar::Number(number);
    for (query, is, expected) in [
        (r#"{"level":500}"#, CompareOp::Equal, 100.0),
        (r#"{"level":{"$lt":500}}"#, CompareOp::Less, 500.0),
        (r#"{"level":{"$lte":500}}"#, CompareOp::LessOrEqual, 500.0),
        (r#"{"level":{"$gt":500}}"#, CompareOp::Greater, 500.0),
        (
            r#"{"level":{"$gte":500}}"#,
            CompareOp::GreaterOrEqual,
            500.0,
        ),
    ] {
        let compare = QueryFilter::Compare {
            property: 1,
            is,
            value: number(expected),
        };
        assert_eq!(clamped(query), compare, "{query}");
    }
}
