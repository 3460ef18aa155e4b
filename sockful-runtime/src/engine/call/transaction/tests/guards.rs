use super::*;
use crate::model::scalar::Scalar;
use crate::query::CompareOp;

/// Three creatures: `a`, `b` and `c` with life 1, 2 and 3.
fn abc() -> Stored {
    let creatures = [("a", 1), ("b", 2), ("c", 3)];
    Stored::new(&creatures.map(|(id, life)| json!({"id": id, "life": life})))
}

fn life(is: CompareOp, life: u32) -> QueryFilter {
    QueryFilter::Compare {
        property: 3,
        is,
        value: Scalar::Number(life.into()),
    }
}

impl Stored {
    fn count(&self, transaction: &Transaction, filter: QueryFilter, protection: ListProtection) {
        wait(transaction.count(&self.memory, 0, filter, protection)).expect("a count");
    }

    /// Writes another record and commits the transaction. Returns whether the commit was accepted.
    fn ends(&self, transaction: &Transaction) -> bool {
        self.put(transaction, "mine", Some(&json!({"life": 100})));
        let finished = transaction.finish().expect("the transaction is open");
        let committed = wait(self.memory.commit(Commit {
            operations: finished.operations,
            guards: finished.guards,
            ..Commit::default()
        }));
        match committed {
            Ok(_) => true,
            Err(Rejected::GuardFailed(_)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn count_guard_fails_if_a_match_changes() {
    for (id, to, holds) in [
        ("a", 5, false),
        ("c", 1, false),
        ("c", 4, false),
        ("new", 3, false),
        ("a", 2, true),
        ("new", 1, true),
    ] {
        let (stored, transaction) = (abc(), Transaction::default());
        let filter = life(CompareOp::GreaterOrEqual, 3);
        stored.count(&transaction, filter, ListProtection::Guarded);
        stored.interfere(id, to);
        assert_eq!(stored.ends(&transaction), holds, "{id} {to}");
    }
}

#[test]
fn cut_list_is_guarded_up_to_its_last_record() {
    let sorted = r#"{"$sort":{"life":1},"$limit":1,"$skip":1}"#;
    let behind_a = first_behind_a();
    for (query, id, to, holds) in [
        (sorted, "c", 4, true),
        (sorted, "new", 9, true),
        (sorted, "a", 9, false),
        (sorted, "c", 2, true),
        (sorted, "new", 2, true),
        (sorted, "0", 2, false),
        (sorted, "c", 0, false),
        (r#"{"$limit":0}"#, "a", 9, true),
        (r#"{"$limit":3}"#, "d", 9, false),
        (&behind_a, "a", 9, true),
        (&behind_a, "b", 9, false),
        (&behind_a, "c", 9, true),
    ] {
        let (stored, transaction) = (abc(), Transaction::default());
        stored.find(Some(&transaction), query);
        stored.interfere(id, to);
        assert_eq!(stored.ends(&transaction), holds, "{query} {id} {to}");
    }
}

fn first_behind_a() -> String {
    let stored = abc();
    let (records, _) = stored.find(None, r#"{"$limit":1}"#);
    let cursor = query::cursor_after(&[], &stored.model, &records[0]);
    format!(r#"{{"$limit":1,"$after":"{cursor}"}}"#)
}

#[test]
fn list_over_own_writes_is_guarded() {
    for (id, holds) in [("b", false), ("aa", false), ("c", true), ("z", true)] {
        let (stored, transaction) = (abc(), Transaction::default());
        stored.put(&transaction, "a", None);
        let (records, more) = stored.find(Some(&transaction), r#"{"$limit":1}"#);
        assert_eq!((records[0].id(), more), ("b", true));
        stored.interfere(id, 7);
        assert_eq!(stored.ends(&transaction), holds, "{id}");
    }
}

#[test]
fn unguarded_list_may_change() {
    let (stored, transaction) = (abc(), Transaction::default());
    stored.count(&transaction, QueryFilter::All, ListProtection::Unguarded);
    let query = stored.query("{}");
    let list = transaction.find(&stored.memory, 0, query, ListProtection::Unguarded);
    wait(list).expect("a list");
    stored.interfere("a", 7);
    assert!(stored.ends(&transaction));
}

#[test]
fn single_list_needs_no_guard_and_two_are_guarded() {
    for reads in 1..3 {
        let (stored, transaction) = (abc(), Transaction::default());
        for _ in 0..reads {
            stored.count(&transaction, QueryFilter::All, ListProtection::Guarded);
        }
        let finished = transaction.finish().expect("the transaction is open");
        assert_eq!((finished.writes, finished.guards.len()), (false, reads - 1));
    }
}

#[test]
fn many_lists_become_one_guard_of_the_resource() {
    let (stored, transaction) = (abc(), Transaction::default());
    for other in 0..200 {
        let filter = life(CompareOp::Equal, other + 10);
        stored.count(&transaction, filter, ListProtection::Guarded);
    }
    stored.put(&transaction, "mine", Some(&json!({})));
    let finished = transaction.finish().expect("the transaction is open");
    assert!(finished.guards.len() <= 64, "{}", finished.guards.len());
    let is_whole = |it: &Guard| it.filter == QueryFilter::All && it.read_seq == 1;
    assert!(finished.guards.iter().any(is_whole));
}

#[test]
fn equal_lists_are_guarded_since_the_first() {
    let (stored, transaction) = (abc(), Transaction::default());
    for _ in 0..3 {
        stored.count(
            &transaction,
            life(CompareOp::Less, 2),
            ListProtection::Guarded,
        );
        stored.interfere("z", 50);
    }
    stored.put(&transaction, "mine", Some(&json!({})));
    let finished = transaction.finish().expect("the transaction is open");
    let reads: Vec<_> = finished.guards.iter().map(|it| it.read_seq).collect();
    assert_eq!(reads, [1]);
}

#[test]
fn lists_of_children_of_one_relation_are_one_guard() {
    let transaction = Transaction::default();
    for nth in 0..200 {
        let parents = [Scalar::Number(nth.into())];
        let guarded = transaction.guard_children(0, 3, &parents, 7);
        guarded.expect("the transaction is open");
    }
    let finished = transaction.finish().expect("the transaction is open");
    let [guard] = &*finished.guards else {
        panic!("{:?}", finished.guards);
    };
    assert!(matches!(&guard.filter, QueryFilter::In { values, .. } if values.len() == 200));
}
