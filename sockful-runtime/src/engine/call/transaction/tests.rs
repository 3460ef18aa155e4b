mod guards;

use super::*;
use crate::core::config::Config;
use crate::core::error::ErrorKind;
use crate::core::json::object::Object;
use crate::model::resource_model::Model;
use crate::query;
use crate::store::Memory;
use crate::store::commit::{Commit, Committed, Expect, Rejected};
use crate::store::conformance::cases;
use crate::store::conformance::cases::Case;
use crate::store::conformance::sample;
use crate::store::conformance::wait;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// A store of creatures, with indexes, and the model that reads them.
struct Stored {
    model: Model,
    memory: Memory,
}

impl Stored {
    /// A store with these creatures.
    fn new(creatures: &[Value]) -> Self {
        let stored = Self {
            model: sample::model(),
            memory: Memory::new(),
        };
        wait(stored.memory.open(&[sample::SORTED])).expect("the memory store opens");
        let puts = creatures.iter().map(|creature| Operation::Put {
            resource: 0,
            record: sample::record(&stored.model, &creature.to_string()),
            expect: Expect::Absent,
        });
        let puts: Vec<_> = puts.collect();
        if !puts.is_empty() {
            stored.commit(puts).expect("the ids are new");
        }
        stored
    }

    fn bob() -> Self {
        Self::new(&[json!({"id": "bob", "life": 1}), json!({"id": "eve"})])
    }

    fn commit(&self, operations: Vec<Operation>) -> Result<Arc<Committed>, Rejected> {
        wait(self.memory.commit(Commit {
            operations,
            ..Commit::default()
        }))
    }

    fn get(&self, transaction: &Transaction, id: &str) -> Option<Arc<Record>> {
        wait(transaction.get(&self.memory, 0, id)).expect("the transaction is open")
    }

    /// Replaces what the transaction sees.
    fn put(&self, transaction: &Transaction, id: &str, creature: Option<&Value>) {
        let seen = self.get(transaction, id);
        let after = creature.map(|creature| {
            let mut creature = creature.clone();
            creature["id"] = id.into();
            Arc::new(sample::record(&self.model, &creature.to_string()))
        });
        let is_taken = transaction.put(0, id, seen.as_ref(), after);
        assert!(is_taken.expect("the transaction is open"));
    }

    /// Writes a record outside of the transaction.
    fn interfere(&self, id: &str, life: i64) {
        let creature = json!({"id": id, "life": life});
        let put = Operation::Put {
            resource: 0,
            record: sample::record(&self.model, &creature.to_string()),
            expect: Expect::Any,
        };
        self.commit(vec![put]).expect("nothing is expected");
    }

    fn query(&self, text: &str) -> Query {
        let given = Object::parse(text).expect("an object");
        query::parse(
            &self.model,
            &given,
            crate::query::RelationScope::NONE,
            &Config::default(),
        )
        .expect("a query")
    }

    /// The result of a query in the transaction, or in the store if `None`, and whether there are
    /// more records.
    fn find(&self, transaction: Option<&Transaction>, query: &str) -> (Vec<Arc<Record>>, bool) {
        let query = self.query(query);
        let found = match transaction {
            Some(transaction) => {
                wait(transaction.find(&self.memory, 0, query, ListProtection::Guarded))
            }
            None => wait(self.memory.find(0, query)),
        };
        let found = found.expect("a list").value;
        (found.records, found.more)
    }
}

fn text((records, more): &(Vec<Arc<Record>>, bool)) -> (Vec<String>, bool) {
    let texts = records
        .iter()
        .map(|it| format!("{}{}", it.sent(), it.kept()));
    (texts.collect(), *more)
}

/// Writes of records; `None` deletes the record.
type Writes = Vec<(String, Option<Value>)>;

/// Compares what a transaction reads after these writes with the store after its commit.
fn check(case: &Case, writes: &Writes) -> Result<(), TestCaseError> {
    let (stored, transaction) = (Stored::new(&case.creatures), Transaction::default());
    for (id, creature) in writes {
        stored.put(&transaction, id, creature.as_ref());
    }
    let conditions = case.conditions.to_string();
    let given = Object::parse(&conditions).expect("an object");
    let filter = query::conditions(&stored.model, &given, crate::query::RelationScope::NONE)
        .expect("conditions");

    let mut queries = vec![
        case.query(case.limit, case.skip, None),
        case.query(100, 0, None),
    ];
    let (records, _) = stored.find(Some(&transaction), &case.query(case.limit.max(1), 0, None));
    if let Some(last) = records.last() {
        let order = stored.query(&case.query(0, 0, None)).order;
        let cursor = query::cursor_after(&order, &stored.model, last);
        queries.push(case.query(case.limit, case.skip, Some(&cursor)));
    }
    let seen: Vec<_> = queries
        .iter()
        .map(|it| text(&stored.find(Some(&transaction), it)))
        .collect();
    let count = wait(transaction.count(&stored.memory, 0, filter.clone(), ListProtection::Guarded))
        .expect("a count");
    let ones: Vec<_> = writes
        .iter()
        .map(|(id, _)| stored.get(&transaction, id))
        .collect();

    let outcome = transaction.finish().expect("the transaction is open");
    stored
        .commit(outcome.operations)
        .expect("no other commit interfered");
    for (query, seen) in queries.iter().zip(seen) {
        prop_assert_eq!(seen, text(&stored.find(None, query)), "{}", query);
    }
    let counted = wait(stored.memory.count(0, filter)).expect("a count");
    prop_assert_eq!(count, counted.value.count);
    for ((id, _), seen) in writes.iter().zip(ones) {
        let now = wait(stored.memory.get(0, id)).expect("a response").value;
        let sent = |record: &Option<Arc<Record>>| record.as_ref().map(|it| it.sent().to_owned());
        prop_assert_eq!(sent(&seen), sent(&now));
    }
    Ok(())
}

#[test]
fn transaction_reads_match_the_store_after_commit() {
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let creature = prop_oneof![
        2 => cases::creature().prop_map(Some),
        1 => Just(None),
    ];
    let writes = vec((cases::id(), creature), 0..30);
    let run = TestRunner::new(config).run(&(cases::case(), writes), |(case, writes)| {
        check(&case, &writes)
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn writes_that_cancel_out_commit_nothing() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    stored.put(&transaction, "bob", Some(&json!({"life": 2})));
    stored.put(&transaction, "bob", Some(&json!({"life": 1})));
    stored.put(&transaction, "new", Some(&json!({"life": 2})));
    stored.put(&transaction, "new", None);
    stored.put(&transaction, "eve", None);
    stored.put(&transaction, "eve", Some(&json!({})));
    let outcome = transaction.finish().expect("the transaction is open");
    assert!(!outcome.writes);
    assert_eq!(outcome.seq, Some(1));
    let is_assert = |it: &Operation| matches!(it, Operation::Assert { .. });
    assert!(outcome.operations.iter().all(is_assert), "{outcome:?}");
    let committed = stored
        .commit(outcome.operations)
        .expect("no other commit interfered");
    assert_eq!((committed.seq, committed.changes.len()), (1, 0));
}

#[test]
fn single_read_adds_no_dependency() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    stored.get(&transaction, "bob");
    assert!(
        transaction
            .finish()
            .expect("the transaction is open")
            .operations
            .is_empty()
    );
}

#[test]
fn two_reads_must_be_consistent_at_commit() {
    for (id, does_clash) in [("bob", true), ("new", true), ("eve", false)] {
        let (stored, transaction) = (Stored::bob(), Transaction::default());
        stored.get(&transaction, "bob");
        stored.get(&transaction, "new");
        stored.interfere(id, 7);
        let outcome = transaction.finish().expect("the transaction is open");
        let answer = stored.commit(outcome.operations);
        assert_eq!(
            matches!(answer, Err(Rejected::Conflict(_))),
            does_clash,
            "{id}: {answer:?}"
        );
    }
}

#[test]
fn asserted_record_may_change_but_not_be_deleted() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    let write = |transaction: &Transaction| {
        assert!(
            wait(transaction.exists(&stored.memory, 0, "bob")).expect("the transaction is open")
        );
        stored.put(transaction, "new", Some(&json!({})));
        stored.put(transaction, "new", None);
        stored.put(transaction, "another", Some(&json!({})));
    };
    write(&transaction);
    stored.interfere("bob", 7);
    let outcome = transaction.finish().expect("the transaction is open");
    stored.commit(outcome.operations).expect("bob is there");

    let transaction = Transaction::default();
    assert!(wait(transaction.exists(&stored.memory, 0, "bob")).expect("the transaction is open"));
    stored.put(&transaction, "one more", Some(&json!({})));
    let gone = Operation::Delete {
        resource: 0,
        id: "bob".into(),
        expect: Expect::Any,
    };
    stored.commit(vec![gone]).expect("nothing is expected");
    let outcome = transaction.finish().expect("the transaction is open");
    let answer = stored.commit(outcome.operations);
    assert!(matches!(answer, Err(Rejected::Conflict(0))), "{answer:?}");
}

#[test]
fn record_read_and_asserted_may_not_change() {
    for is_read_first in [true, false] {
        let (stored, transaction) = (Stored::bob(), Transaction::default());
        if is_read_first {
            stored.get(&transaction, "bob");
        }
        assert!(
            wait(transaction.exists(&stored.memory, 0, "bob")).expect("the transaction is open")
        );
        stored.get(&transaction, "bob");
        stored.put(&transaction, "new", Some(&json!({})));
        stored.interfere("bob", 7);
        let outcome = transaction.finish().expect("the transaction is open");
        let answer = stored.commit(outcome.operations);
        assert!(matches!(answer, Err(Rejected::Conflict(0))), "{answer:?}");
    }
}

#[test]
fn put_with_stale_record_is_not_applied() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    let seen = stored.get(&transaction, "bob");
    stored.put(&transaction, "bob", Some(&json!({"life": 2})));
    assert!(
        !transaction
            .put(0, "bob", seen.as_ref(), None)
            .expect("the transaction is open")
    );
    assert!(
        !transaction
            .put(0, "bob", None, None)
            .expect("the transaction is open")
    );
    assert_eq!(
        stored
            .get(&transaction, "bob")
            .expect("it is there")
            .value(3),
        "2"
    );
}

#[test]
fn track_applies_writes_of_the_transaction() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    let (listed, _) = stored.find(Some(&transaction), "{}");
    stored.put(&transaction, "eve", None);
    let track = |at: usize| {
        transaction
            .track(0, Arc::clone(&listed[at]))
            .expect("the transaction is open")
    };
    assert_eq!(track(0).as_deref(), Some(&*listed[0]));
    assert_eq!(track(1), None);
    stored.interfere("bob", 7);
    let outcome = transaction.finish().expect("the transaction is open");
    let answer = stored.commit(outcome.operations);
    assert!(matches!(answer, Err(Rejected::Conflict(_))), "{answer:?}");
}

#[test]
fn finished_transaction_rejects_use() {
    let (stored, transaction) = (Stored::bob(), Transaction::default());
    transaction.finish().expect("the transaction is open");
    let memory = &stored.memory;
    let query = stored.query("{}");
    let errors = [
        wait(transaction.get(memory, 0, "bob")).err(),
        wait(transaction.exists(memory, 0, "bob")).err(),
        wait(transaction.find(memory, 0, query, ListProtection::Guarded)).err(),
        wait(transaction.count(memory, 0, QueryFilter::All, ListProtection::Guarded)).err(),
        transaction.put(0, "bob", None, None).err(),
        transaction
            .assert_no_children((0, "bob"), 0, 1, "\"bob\"")
            .err(),
        transaction.finish().err(),
    ];
    for (nth, error) in errors.into_iter().enumerate() {
        assert_eq!(
            error.map(|error| error.kind()),
            Some(ErrorKind::Internal),
            "{nth}"
        );
    }
}
