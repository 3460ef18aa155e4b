use super::*;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::store::commit::{Expect, Operation};
use crate::store::conformance;
use crate::store::conformance::sample;
use crate::store::conformance::sample::Sample;
use crate::store::conformance::wait;
use crate::store::search::tests::{check_fitting_way, check_planning, few_visits};

fn opened(memory: Memory) -> Memory {
    wait(memory.open(&[Sample::DEFINITION])).expect("the memory store opens");
    memory
}

fn with_log_capacity(log_capacity: usize) -> Memory {
    let mut config = Config::default();
    config.store.log_capacity = log_capacity;
    opened(Memory::with_config(&config))
}

fn put(model: &Model, id: &str, life: u64) -> Operation {
    Operation::Put {
        resource: 0,
        record: sample::record(model, &format!(r#"{{"id":"{id}","life":{life}}}"#)),
        expect: Expect::Any,
    }
}

fn commit(memory: &Memory, operations: Vec<Operation>) -> Arc<Committed> {
    wait(memory.commit(Commit {
        operations,
        ..Commit::default()
    }))
    .expect("no expectation can fail")
}

fn everything() -> Query {
    Query {
        filter: QueryFilter::All,
        order: Vec::new(),
        limit: usize::MAX,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    }
}

#[test]
fn memory_passes_store_conformance() {
    conformance::check(1_000, Memory::with_config);
}

#[test]
fn planning_cost_does_not_grow_with_branches() {
    check_planning(&Memory::new());
}

#[test]
fn query_is_served_if_one_way_is_short_enough() {
    check_fitting_way(&Memory::with_config(&few_visits()));
}

#[test]
fn full_log_drops_oldest_and_keeps_newest() {
    let (model, memory) = (sample::model(), with_log_capacity(4_000));
    for n in 0..100 {
        commit(&memory, vec![put(&model, "bob", n)]);
    }
    assert_eq!(wait(memory.log(0, 1)).err(), Some(Expired));
    let kept = (0..100).find(|&after| wait(memory.log(after, 1)).is_ok());
    let kept = kept.expect("the log has the newest commit");
    assert!((80..=99).contains(&kept), "{kept}");
    assert_eq!(
        wait(memory.log(kept, 1)).expect("the log has the commit")[0].seq,
        kept + 1
    );

    let tiny = with_log_capacity(0);
    for n in 1..4 {
        commit(&tiny, vec![put(&model, "bob", n)]);
        assert_eq!(
            wait(tiny.log(n - 1, 9))
                .expect("the log has the newest commit")
                .len(),
            1
        );
        assert_eq!(
            wait(tiny.log(n, 9))
                .expect("the position is the head")
                .len(),
            0
        );
    }
}

fn emit(id: &str, data: &str) -> Operation {
    Operation::Emit {
        resource: 0,
        id: id.into(),
        event: 0,
        data: data.into(),
    }
}

#[test]
fn log_weight_includes_events_and_their_records() {
    // The log holds the record of a commit that only emits events.
    let (model, memory) = (sample::model(), with_log_capacity(40_000));
    let heavy = format!(r#"{{"id":"bob","name":"{}"}}"#, "x".repeat(10_000));
    let heavy = Operation::Put {
        resource: 0,
        record: sample::record(&model, &heavy),
        expect: Expect::Any,
    };
    commit(&memory, vec![heavy, put(&model, "eve", 1)]);
    for _ in 0..9 {
        commit(&memory, vec![emit("bob", "1")]);
    }
    assert!(wait(memory.log(6, 9)).is_err());
    assert_eq!(
        wait(memory.log(7, 9))
            .expect("the log has three commits")
            .len(),
        3
    );
    // Many events of one record hold the record once, and each its own data.
    let many = (0..100).map(|_| emit("bob", "1")).collect();
    let seq = commit(&memory, many).seq;
    assert!(wait(memory.log(seq - 2, 9)).is_ok());
    commit(&memory, vec![emit("eve", &"9".repeat(39_000))]);
    assert!(wait(memory.log(seq - 1, 9)).is_err());
    assert_eq!(wait(memory.log(seq, 9)).expect("the newest").len(), 1);
}

#[test]
fn deleting_an_absent_record_takes_no_seq() {
    let (model, memory) = (sample::model(), opened(Memory::new()));
    commit(&memory, vec![put(&model, "bob", 1)]);
    let absent = || Operation::Delete {
        resource: 0,
        id: "eve".into(),
        expect: Expect::Any,
    };
    let nothing = commit(&memory, vec![absent()]);
    assert_eq!((nothing.seq, nothing.changes.len()), (1, 0));
    let some = commit(&memory, vec![absent(), put(&model, "bob", 2)]);
    assert_eq!((some.seq, some.changes.len()), (2, 1));
}

#[test]
fn commit_to_unknown_resource_changes_nothing() {
    let (model, memory) = (sample::model(), opened(Memory::new()));
    let unknown = Operation::Assert {
        resource: 7,
        id: "bob".into(),
        expect: Expect::Any,
    };
    let operations = vec![put(&model, "bob", 1), unknown];
    assert!(matches!(
        wait(memory.commit(Commit {
            operations,
            ..Commit::default()
        })),
        Err(Rejected::Failed(_))
    ));
    assert_eq!(wait(memory.head()).expect("a head"), 0);
    assert!(wait(memory.get(7, "bob")).is_err());
}

#[test]
fn find_returns_whole_commits_and_the_last_seq() {
    let (model, memory) = (sample::model(), opened(Memory::new()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=2_000 {
                commit(&memory, vec![put(&model, "bob", n), put(&model, "eve", n)]);
            }
        });
        let mut seq = 0;
        while seq < 2_000 {
            let found = wait(memory.find(0, everything())).expect("a list");
            seq = found.seq;
            for record in &found.value.records {
                assert_eq!((record.rev(), record.value(3)), (seq, &*seq.to_string()));
            }
            assert_eq!(found.value.records.len(), if seq == 0 { 0 } else { 2 });
        }
    });
}

#[test]
fn tags_differ_for_equal_seqs_of_two_stores() {
    let model = sample::model();
    let tag = |memory: Memory| commit(&opened(memory), vec![put(&model, "bob", 1)]).tag;
    assert_ne!(tag(Memory::new()), tag(Memory::new()));
}

#[test]
fn memory_get_and_commit_are_ready_immediately() {
    let memory = opened(Memory::new());
    assert!(matches!(
        memory.get(0, "bob"),
        futures_util::future::Either::Left(_)
    ));
    assert!(matches!(
        memory.commit(Commit::default()),
        futures_util::future::Either::Left(_)
    ));
}

#[test]
fn long_find_runs_in_background_with_equal_result() {
    let (model, memory) = (sample::model(), opened(Memory::new()));
    let puts = (0..3_000).map(|n| put(&model, &format!("{n:04}"), n % 7));
    commit(&memory, puts.collect());
    let query = crate::query::Query {
        filter: crate::query::QueryFilter::All,
        order: Vec::new(),
        limit: 3,
        skip: 2_000,
        after: None,
        max_bytes: usize::MAX,
    };
    let answer = memory.find(0, query);
    assert!(matches!(&answer, futures_util::future::Either::Right(_)));
    let view = wait(answer).expect("a list");
    let ids: Vec<&str> = view
        .value
        .records
        .iter()
        .map(|record| record.id())
        .collect();
    assert_eq!((view.seq, ids), (1, vec!["2000", "2001", "2002"]));
}

#[test]
fn paging_continues_after_the_cursor_record_is_gone() {
    use crate::query::{By, QueryOrder, cursor_after};
    let (model, memory) = (sample::model(), opened(Memory::new()));
    for (id, life) in [("a", 3), ("b", 2), ("c", 2), ("d", 1)] {
        commit(&memory, vec![put(&model, id, life)]);
    }
    for order in [
        vec![],
        vec![QueryOrder {
            by: By::Property(3),
            descending: true,
        }],
    ] {
        let first = Query {
            order: order.clone(),
            limit: 2,
            ..everything()
        };
        let page = wait(memory.find(0, first)).expect("a list").value;
        let cursor = cursor_after(&order, &model, &page.records[1]);
        commit(
            &memory,
            vec![Operation::Delete {
                resource: 0,
                id: "b".into(),
                expect: Expect::Any,
            }],
        );
        let sort = if order.is_empty() {
            "{}"
        } else {
            r#"{"life":-1}"#
        };
        let text = format!(r#"{{"$sort":{sort},"$after":"{cursor}"}}"#);
        let given = crate::core::json::object::Object::parse(&text).expect("an object");
        let next = crate::query::parse(
            &model,
            &given,
            crate::query::RelationScope::NONE,
            &Config::default(),
        )
        .expect("a query");
        let page = wait(memory.find(0, next)).expect("a list").value;
        let ids: Vec<_> = page.records.iter().map(|record| record.id()).collect();
        assert_eq!(ids, ["c", "d"]);
        commit(&memory, vec![put(&model, "b", 2)]);
    }
}

/// A thousand records: each has a different life, and one in a hundred is a griffin.
fn thousand(definition: &'static crate::model::definition::ResourceDef) -> Memory {
    let (model, memory) = (sample::model(), Memory::new());
    wait(memory.open(&[definition])).expect("the memory store opens");
    for n in 0..1_000 {
        let kind = if n % 100 == 0 { "griffin" } else { "dragon" };
        let json = format!(
            r#"{{"id":"{:03}","life":{n},"kind":"{kind}"}}"#,
            n * 7 % 1_000
        );
        let put = Operation::Put {
            resource: 0,
            record: sample::record(&model, &json),
            expect: Expect::Absent,
        };
        commit(&memory, vec![put]);
    }
    memory
}

fn visited(memory: &Memory, query: &str) -> usize {
    let given = crate::core::json::object::Object::parse(query).expect("an object");
    let query = crate::query::parse(
        &sample::model(),
        &given,
        crate::query::RelationScope::NONE,
        &Config::default(),
    );
    let query = query.expect("a query");
    wait(memory.find(0, query)).expect("a list").value.visited
}

#[test]
fn index_limits_records_visited_by_find() {
    let (plain, indexed) = (thousand(Sample::DEFINITION), thousand(sample::SORTED));
    for (query, few) in [
        (r#"{"kind":"griffin"}"#, 10),
        (r#"{"kind":{"$prefix":"gri"},"$sort":{"name":1}}"#, 10),
        (r#"{"life":{"$in":[1,500,2000]}}"#, 2),
        (r#"{"life":{"$gte":990,"$lt":995}}"#, 5),
        // The index with fewer entries is used. Counting them reads no record.
        (r#"{"life":{"$gte":990,"$lt":995},"tame":false}"#, 5),
        (r#"{"life":{"$gt":999}}"#, 0),
        (r#"{"life":7,"kind":"griffin"}"#, 1),
        (r#"{"$sort":{"life":1},"$limit":5}"#, 6),
        (r#"{"$sort":{"life":-1},"$limit":5,"life":{"$lt":500}}"#, 6),
        (r#"{"kind":"dragon","$sort":{"life":-1},"$limit":5}"#, 6),
    ] {
        assert_eq!(visited(&indexed, query), few, "{query}");
        assert_eq!(visited(&plain, query), 1_000, "{query}");
    }
    // If most records match, the order of ids finds enough of them soon.
    let most = r#"{"life":{"$gte":3},"$limit":5}"#;
    assert!(visited(&indexed, most) < 31);
}

#[test]
fn index_limits_records_visited_by_count() {
    let (plain, indexed) = (thousand(Sample::DEFINITION), thousand(sample::SORTED));
    let counted = |memory: &Memory, filter: &str| {
        let given = crate::core::json::object::Object::parse(filter).expect("an object");
        let filter =
            crate::query::conditions(&sample::model(), &given, crate::query::RelationScope::NONE)
                .expect("conditions");
        let counted = wait(memory.count(0, filter)).expect("a count").value;
        (counted.count, counted.visited)
    };
    for (filter, count) in [(r#"{"kind":"griffin"}"#, 10), (r#"{"life":{"$lt":3}}"#, 3)] {
        assert_eq!(counted(&indexed, filter), (count, count), "{filter}");
        assert_eq!(counted(&plain, filter), (count, 1_000), "{filter}");
    }
    assert_eq!(counted(&indexed, "{}"), (1_000, 0));
}

#[test]
fn unique_values_may_be_swapped_but_not_shared() {
    let (model, memory) = (sample::model(), Memory::new());
    wait(memory.open(&[sample::INDEXED])).expect("the memory store opens");
    let named = |id: &str, name: &str| Operation::Put {
        resource: 0,
        record: sample::record(&model, &format!(r#"{{"id":"{id}","name":{name}}}"#)),
        expect: Expect::Any,
    };
    commit(&memory, vec![named("a", "\"x\""), named("b", "\"y\"")]);
    commit(&memory, vec![named("a", "\"y\""), named("b", "\"x\"")]);
    commit(&memory, vec![named("c", "null"), named("d", "null")]);
    for operations in [
        vec![named("e", "\"z\""), named("f", "\"z\"")],
        vec![named("e", "\"z\""), named("f", "\"x\"")],
    ] {
        assert!(matches!(
            wait(memory.commit(Commit {
                operations,
                ..Commit::default()
            })),
            Err(Rejected::Taken {
                operation: 1,
                resource: 0,
                property: 1
            })
        ));
    }
    let delete = Operation::Delete {
        resource: 0,
        id: "a".into(),
        expect: Expect::Any,
    };
    commit(&memory, vec![named("e", "\"y\""), delete]);
    assert_eq!(wait(memory.head()).expect("a head"), 4);
}

#[test]
fn long_searches_run_on_another_thread() {
    let (model, memory) = (sample::model(), opened(Memory::new()));
    let text = "x".repeat(30_000);
    let put = |n: usize| Operation::Put {
        resource: 0,
        record: sample::record(&model, &format!(r#"{{"id":"{n}","kind":"{text}"}}"#)),
        expect: Expect::Absent,
    };
    commit(&memory, (0..200).map(put).collect());
    let count = |conditions: &str| {
        let given = crate::core::json::object::Object::parse(conditions).expect("an object");
        let filter = crate::query::conditions(&model, &given, crate::query::RelationScope::NONE)
            .expect("conditions");
        let count = memory.count(0, filter);
        let is_at_once = matches!(count, futures_util::future::Either::Left(_));
        (is_at_once, wait(count).expect("a count").value.count)
    };
    // Little is compared, and one record is found fast.
    assert_eq!(count(r#"{"life":10}"#), (true, 200));
    assert_eq!(count(r#"{"id":"7","kind":{"$ne":"q"}}"#), (true, 1));
    // A plan for so many values takes a while, even if it has no effect.
    let values: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    let lists = vec![format!(r#"{{"life":{{"$in":[{}]}}}}"#, values.join(",")); 4];
    let lists = format!(r#"{{"id":"none","$and":[{}]}}"#, lists.join(","));
    assert_eq!(count(&lists), (false, 0));
    // Few records with long texts cost as much as many short ones.
    let terms = vec![r#"{"kind":{"$ne":"q"}}"#; 60].join(",");
    assert_eq!(count(&format!(r#"{{"$and":[{terms}]}}"#)), (false, 200));
    assert_eq!(count(r#"{"kind":{"$ne":"q"}}"#), (false, 200));
}
